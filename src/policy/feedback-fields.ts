// What a policy says of those who judge its answers: how much each source's word weighs, and the model that reads a share of them.
import { z } from 'zod';
import { isModelKey, modelKey } from '../core/offer.ts';
import { measured, share, word } from './fields.ts';
import * as unit from './units.ts';

const SOURCE = /^[a-z0-9][a-z0-9_.-]{0,31}$/;
const MOST_SOURCES = 20;
const HEAVIEST = 100;

export const weights = z
  .record(
    word(SOURCE, 'the name of a source, such as user, eval, judge, schema, tools, finish or repeat'),
    z.number({ error: 'expected a number from 0 to 100' }).min(0).max(HEAVIEST),
  )
  .refine((sources) => Object.keys(sources).length <= MOST_SOURCES, { error: `at most ${MOST_SOURCES} sources` })
  .optional()
  .describe(
    'How much the word of each source weighs: eval 2, user 1, judge 0.5, others 1 where nothing is said. schema, tools, finish and repeat ' +
      'count only where nobody has judged; with a weight they count beside those who have, with 0 not at all.',
  );

const judgeModel = word(/^\S{3,200}$/, 'a model as author/name')
  .refine(isModelKey, { error: 'expected a model as author/name' })
  .transform(modelKey);

export const judge = z
  .union(
    [
      z.literal('off'),
      z.strictObject({
        model: judgeModel.describe(
          'Who judges. It never judges itself, and its sellers must meet `require.data` and `require.providers`.',
        ),
        share: share().optional().describe('Share of the answers that are judged; 2% where nothing is said.'),
        spend: measured(unit.PER_DAY).describe('Most that judging may cost a day.'),
      }),
    ],
    { error: 'expected off, or { model: author/name, share: 2%, spend: $1/day }' },
  )
  .optional()
  .describe('A model that reads a share of the answers and says how good they are, paid from its own budget.');

// The language of policy files: every field, what it takes and means. schema.json and the docs are made from it.
import { z } from 'zod';
import { isModelKey, modelKey } from '../core/offer.ts';
import { TASKS } from '../core/profile.ts';
import { measured, measuredOrNone, oneOrMore, share, word } from './fields.ts';
import { judge, weights } from './feedback-fields.ts';
import { explore, fallback, models, objective, ownLimits, price_of_a_second, require } from './sections.ts';
import { SPEND } from './spend-unit.ts';
import * as unit from './units.ts';

const MOST_RULES = 50;
const MOST_EXAMPLES = 200;
const LONGEST_TEXT = 4000;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const LANGUAGE = /^(?:[a-z]{2}|und)$/;

const limits = z
  .strictObject({
    ...ownLimits,
    spend: measuredOrNone(SPEND)
      .optional()
      .describe(
        'Cap per UTC hour, day, week or month. Hard: room is reserved before a call and settled to the true cost; ' +
          '`$40/day soft` reserves nothing, so what is under way may pass it.',
      ),
  })
  .optional()
  .describe('Bounds of one request, and of the policy’s spend.');

const when = z
  .strictObject({
    task: oneOrMore(z.enum(TASKS)).optional().describe('Kinds of work.'),
    difficulty: measured(unit.DIFFICULTY_TEST).optional().describe('0 (anyone can) to 1 (few can).'),
    needs: oneOrMore(z.enum(['tools', 'vision', 'json']))
      .optional()
      .describe('What the request uses: tools, images, or output by a schema.'),
    language: oneOrMore(word(LANGUAGE, 'a language as two letters, or und'))
      .optional()
      .describe('Language of the request, as two letters (ISO 639-1); und: not recognised.'),
    input_tokens: measured(unit.TOKENS_TEST).optional().describe('Estimated size of the whole prompt.'),
  })
  .meta({ minProperties: 1 })
  .refine((conditions) => Object.keys(conditions).length > 0, {
    error: 'a rule needs a condition; what always holds is written above the rules',
  })
  .describe('Conditions that must all hold; within a list one is enough.');

const rule = z.strictObject({
  when,
  models,
  require,
  objective,
  price_of_a_second,
  explore,
  fallback,
  limits: z.strictObject(ownLimits).optional().describe('Bounds of one request; limits.spend is the policy’s alone.'),
});

const example = z.strictObject({
  say: z.string().min(1).max(LONGEST_TEXT).describe('What a person would type.'),
  expect: z
    .strictObject({
      rule: z
        .union([z.literal('none'), z.int().min(1).max(MOST_RULES)])
        .optional()
        .describe('Number of the rule that must match, from 1; none: no rule.'),
      task: z.enum(TASKS).optional().describe('Kind of work it must be taken for.'),
      difficulty: measured(unit.DIFFICULTY_TEST).optional().describe('Test its difficulty must pass.'),
    })
    .meta({ minProperties: 1 })
    .refine((expected) => Object.keys(expected).length > 0, { error: 'expect a rule, a task or a difficulty' })
    .describe('What must be true of it; at least one.'),
});

export const PolicyFile = z.strictObject({
  version: z.literal(1, { error: 'expected 1, the version of this language' }).describe('Version of the language.'),
  name: word(NAME, 'small letters, digits and hyphens').describe('As in auto/<name>; the file is <name>.yaml.'),
  about: z.string().min(1).max(LONGEST_TEXT).describe('What the policy is for, in a sentence.'),
  models,
  require,
  objective,
  price_of_a_second,
  rules: z
    .array(rule)
    .max(MOST_RULES)
    .optional()
    .describe('Read from the top: the first whose conditions hold changes what it names, and nothing else.'),
  explore,
  fallback,
  limits,
  feedback: z
    .strictObject({
      half_life: measured(unit.DURATION).optional().describe('Age at which what was learned counts half.'),
      holdout: share()
        .optional()
        .describe('Share sent to the baseline whatever is believed, so that savings are measured.'),
      baseline: word(/^\S{3,200}$/, 'a model as author/name, or none')
        .refine((text) => text === 'none' || isModelKey(text), { error: 'expected a model as author/name, or none' })
        .transform((text) => (text === 'none' ? text : modelKey(text)))
        .optional()
        .describe(
          'What you would use without a router; savings are counted against it. Without one there is no holdout.',
        ),
      weights,
      judge,
    })
    .optional()
    .describe('How answers are learned from.'),
  store: z
    .strictObject({
      prompts: z
        .literal('never', { error: 'only never for now: no prompt or answer text can be kept yet' })
        .optional()
        .describe('Only never for now: no prompt or answer text is kept.'),
    })
    .optional()
    .describe('What is kept of a request besides numbers.'),
  examples: z
    .array(example)
    .max(MOST_EXAMPLES)
    .optional()
    .describe('Requests with what must be true of them; bourse policies check runs them.'),
});

/** A policy file after its units have been read; nothing filled in. */
export type PolicyFile = z.output<typeof PolicyFile>;
export type RuleFile = z.output<typeof rule>;

// Sellers that quote what they should not where only a word belongs: in types, codes, fields and reasons, all of which are put on record.
import { type Act, always, ANSWER_TOKENS, end, head, opens, send } from '../../support/truth-bill/acts.ts';
import { CANARIES } from '../../support/truth-bill/canaries.ts';
import { type Cell } from '../cell.ts';
import { told } from './expect.ts';
import { cellsOf, type Row } from './rows.ts';

/** Every secret there is, in turn with words. */
const QUOTED = CANARIES.map((secret) => `because of ${secret}`).join(' and ');
const quoted = (at: number): string => CANARIES[at % CANARIES.length] ?? QUOTED;

const base = { modes: 'N', group: 'beyond' } as const;
const counted: Act = { act: 'count', tokens: ANSWER_TOKENS };
const ANYHOW = [400, 401, 429, 500, 502, 503, 504] as const;

const errors = {
  openai: { error: { type: QUOTED, code: quoted(0), param: quoted(3), message: QUOTED } },
  anthropic: { type: 'error', error: { type: quoted(1), message: QUOTED, details: { error_code: QUOTED } } },
  gemini: {
    error: {
      status: quoted(2),
      message: QUOTED,
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: quoted(2) },
        { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field: QUOTED }] },
      ],
    },
  },
};

const reasons = {
  openai: { choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: quoted(0) }] },
  anthropic: { type: 'message', content: [{ type: 'text', text: 'x' }], stop_reason: quoted(1) },
  gemini: { candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: quoted(2) }] },
};

const SPEAKERS = ['openai', 'anthropic', 'gemini'] as const;

const rows: readonly Row[] = SPEAKERS.flatMap((primary): readonly Row[] => [
  ...([400, 503] as const).map(
    (status): Row => ({
      ...base,
      id: `X-leaky-${primary}-${status}`,
      about: `Quotes secrets in the structure of its error ${status}.`,
      primary,
      script: always(head(status), send(JSON.stringify(errors[primary])), end),
      zero: told(status, { primary: [1, 2], total: [1, 2] }),
    }),
  ),
  {
    ...base,
    id: `X-leaky-${primary}-reason`,
    about: 'Quotes secrets as the reason why its answer ended.',
    primary,
    script: always(head(200), counted, send(JSON.stringify(reasons[primary])), end),
    zero: told(502, { primary: [1, 2], total: [1, 2], flagged: true }),
  },
  {
    ...base,
    id: `X-leaky-${primary}-inband`,
    about: 'Quotes secrets in an error inside its stream.',
    primary,
    modes: 'S',
    script: always(opens, send(`event: error\ndata: ${JSON.stringify(errors[primary])}\n\n`), end),
    zero: told(502, { status: ANYHOW, primary: [1, 2], total: [1, 2] }),
  },
]);

export const LEAKY: readonly Cell[] = rows.flatMap(cellsOf);

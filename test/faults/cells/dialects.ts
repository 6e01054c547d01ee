// The same troubles in the other dialects, and calls of tools that break off.
import {
  type Act,
  always,
  ANSWER_TOKENS,
  done,
  end,
  fin,
  finish,
  forever,
  head,
  inband,
  opens,
  reset,
  role,
  send,
  silence,
  tokens,
  tool,
  usage,
  wait,
} from '../../support/truth-bill/acts.ts';
import { type Cell } from '../cell.ts';
import { another, broken, ONE, own, told } from './expect.ts';
import { cellsOf, type Row } from './rows.ts';

const begun: readonly Act[] = [opens, role, tokens(20)];
const BAD = send('data: {"half":\n\n');

const troubles = (primary: 'anthropic' | 'gemini'): readonly Row[] => {
  const base = { primary, modes: 'S', group: 'beyond' } as const;
  const after = (id: string, about: string, limit: object, ...acts: readonly Act[]): Row => ({
    ...base,
    id: `X-${primary}-${id}`,
    about,
    script: always(...acts),
    plus: broken({
      by: primary,
      flagged: true,
      withinMs: 5e3,
      ...limit,
    }),
    zero: broken({
      flagged: true,
      withinMs: 5e3,
      ...limit,
    }),
  });
  return [
    {
      ...base,
      id: `X-${primary}-inband-first`,
      about: 'An error before any content.',
      script: always(
        opens,
        role,
        inband({
          status: 503,
          ...(primary === 'anthropic' ? { type: 'overloaded_error' } : {}),
        }),
        end,
      ),
      plus: another({
        withinMs: 1500,
        health: 'counted',
      }),
      zero: told(503),
    },
    {
      ...base,
      id: `X-${primary}-quiet`,
      about: 'A stream that begins and brings nothing.',
      script: always(opens, role, forever({ bytes: ': quiet\n\n' }, 1e3)),
      plus: another({
        withinMs: 10500,
        flagged: true,
      }),
      zero: told(504, { withinMs: 10500 }),
    },
    after('inband-after', 'An error after content.', {}, ...begun, inband({ status: 500 }), end),
    after('reset', 'A reset after content.', {}, ...begun, wait(2_000), reset),
    after('fin', 'The connection ends after content.', {}, ...begun, wait(500), fin),
    after('ended', 'A proper end without a finish.', {}, ...begun, end),
    after('stall', 'Silence after content.', { withinMs: 31_000 }, ...begun, silence),
    after('trickle', 'Half a token a second.', { withinMs: 65_000 }, opens, role, forever('token', 2_000)),
    {
      ...base,
      id: `X-${primary}-malformed`,
      about: 'One event that is not JSON, after content.',
      script: always(...begun, BAD, tokens(ANSWER_TOKENS - 20), finish(), usage(), done, end),
      zero: own({ total: ONE }),
    },
    {
      ...base,
      id: `X-${primary}-whole-cut`,
      modes: 'N',
      about: 'Half an answer that was to come whole.',
      script: always(head(200), send('{"id":"x","candidates":[{"content":{"par'), wait(500), fin),
      plus: another({
        primary: [1, 2],
        withinMs: 3e3,
        flagged: true,
      }),
      zero: told(502, { primary: [1, 2] }),
    },
  ];
};

const TOOLS = {
  tools: [
    {
      type: 'function',
      function: { name: 'find', parameters: { type: 'object', properties: { parcel: { type: 'string' } } } },
    },
  ],
};

const toolCalls: readonly Row[] = (['openai', 'anthropic', 'gemini'] as const).flatMap((primary): readonly Row[] => {
  const base = { primary, modes: 'S', body: TOOLS, group: 'beyond' } as const;
  const calls = primary === 'gemini' ? [tool('rest')] : [tool('start'), tool('half')];
  return [
    {
      ...base,
      id: `X-${primary}-tool-half`,
      about: 'A tool call that breaks off in its arguments.',
      script: always(opens, role, ...calls, wait(500), fin),
      plus: broken({
        by: primary,
        flagged: true,
      }),
      zero: broken({ flagged: true }),
    },
    {
      ...base,
      id: `X-${primary}-tool-continue`,
      about: 'The same under a policy that would take answers up: not a call.',
      script: always(opens, role, ...calls, wait(500), fin),
      policy: {
        fallback: {
          attempts: 3,
          stream: 'continue',
        },
      },
      fallback: primary === 'openai' ? 'mistral' : 'together',
      plus: broken({
        by: primary,
        flagged: true,
      }),
    },
    {
      ...base,
      id: `X-${primary}-tool-whole`,
      about: 'A tool call that is whole.',
      script: always(
        opens,
        role,
        ...calls,
        ...(primary === 'gemini' ? [] : [tool('rest')]),
        finish(primary === 'openai' ? 'tool_calls' : primary === 'anthropic' ? 'tool_use' : 'stop'),
        usage(),
        done,
        end,
      ),
      zero: own({
        text: '',
        finish: 'tool_calls',
      }),
    },
  ];
});

export const DIALECTS: readonly Cell[] = [...troubles('anthropic'), ...troubles('gemini'), ...toolCalls].flatMap(
  cellsOf,
);

// F17 to F25, F27, F28, F31: what goes wrong once a provider has said 200.
import {
  type Act,
  ANSWER_TOKENS,
  done,
  end,
  fin,
  finish,
  forever,
  head,
  inband,
  JSON_TYPE,
  opens,
  refuses,
  reset,
  role,
  send,
  silence,
  tokens,
  usage,
  type UsageLie,
  wait,
  whole,
  always,
} from '../../support/truth-bill/acts.ts';
import { another, broken, ONE, own, told } from './expect.ts';
import type { Row } from './rows.ts';

const begun: readonly Act[] = [opens, role, tokens(20)];
const HTML = '<!doctype html><title>Sign in</title>';

/** What is not an answer, under 200, to a request that wants it whole. */
const wholeFaults: readonly Row[] = (
  [
    ['F17-error-json', 'an error under 200', [head(200), { act: 'error-body', error: { status: 500 } }, end]],
    ['F17-html', 'a page under 200', [head(200, { 'content-type': 'text/html' }), send(HTML), end]],
    ['F17-empty', 'an empty body under 200', [head(200, JSON_TYPE, 0), end]],
    ['F17-short', 'fewer bytes than its content-length says', [head(200, JSON_TYPE, 4_000), whole({ count: 20 }), fin]],
    [
      'F17-truncated',
      'half a JSON document, properly ended',
      [head(200), send('{"id":"x","choices":[{"index":0,"mess'), end],
    ],
  ] as const
).map(([id, about, acts]) => ({
  id,
  about: `The answer is ${about}.`,
  primary: 'openai',
  modes: 'N',
  script: always(...acts),
  plus: another({ primary: [1, 2], withinMs: 3_000, health: 'counted' }),
  zero: told(502, { primary: [1, 2], total: [1, 2] }),
}));

const quiet: readonly Row[] = [
  {
    id: 'F18-redirect',
    about: 'A redirect to an address inside.',
    primary: 'openai',
    modes: 'SN',
    script: always(head(302, { location: 'http://169.254.169.254/latest/meta-data' }, 0), end),
    plus: another({ health: 'cooled', withinMs: 1_500 }),
  },
  {
    id: 'F19-comments',
    about: 'Keep-alive comments and no content.',
    primary: 'openai',
    modes: 'S',
    script: always(opens, role, forever({ bytes: ': keep-alive\n\n' }, 1_000)),
    plus: another({ withinMs: 10_500, atLeastMs: 9_000, flagged: true }),
    zero: told(504, { withinMs: 10_500 }),
  },
  {
    id: 'F19-blank-lines',
    about: 'Blank lines and no answer.',
    primary: 'openai',
    modes: 'N',
    script: always(head(200), forever({ bytes: '\n' }, 1_000)),
    plus: another({ withinMs: 120_000, flagged: true }),
    zero: told(504, { withinMs: 120_000 }),
  },
  {
    id: 'F20-inband-first',
    about: 'An error as the first event of a stream.',
    primary: 'openai',
    modes: 'S',
    script: always(opens, inband({ status: 503, code: 'server_is_overloaded' }), end),
    plus: another({ withinMs: 1_500, health: 'counted' }),
    zero: told(503, { status: [502, 503] }),
  },
];

/** Streams that break after their first words. */
export const BREAKS: readonly Row[] = (
  [
    ['F21-inband-429', 'a rate limit inside the stream', [...begun, inband({ status: 429 }), end]],
    ['F21-inband-500', 'an internal error inside the stream', [...begun, inband({ status: 500 }), end]],
    ['F21-inband-400', 'an invalid request inside the stream', [...begun, inband({ status: 400 }), end]],
    ['F22-reset', 'a reset after 40 of 60 tokens', [opens, role, tokens(40), wait(2_000), reset]],
    ['F22-fin', 'an end of the connection after 40 of 60 tokens', [opens, role, tokens(40), wait(500), fin]],
    ['F22-ended', 'a proper end after 40 of 60 tokens, without a finish', [opens, role, tokens(40), end]],
    ['F23-stall', 'silence after 20 tokens', [...begun, silence]],
    ['F24-trickle', 'half a token a second', [opens, role, forever('token', 2_000)]],
  ] as const
).map(([id, about, acts]): Row => {
  const limit = id === 'F23-stall' ? { withinMs: 31_000, atLeastMs: 25_000 } : { withinMs: 5_000 };
  const expect = broken({
    ...(id === 'F24-trickle' ? { withinMs: 65_000 } : limit),
    flagged: true,
    health: id === 'F21-inband-400' ? 'untouched' : 'any',
  });
  return {
    id,
    about: `Breaks: ${about}.`,
    primary: 'openai',
    modes: 'S',
    script: always(...acts),
    plus: { ...expect, by: 'openai' },
    zero: expect,
  };
});

const BAD = send('data: {"choices":[{"index":0,"delta":{"content":\n\n');

export const MALFORMED: readonly Row[] = [
  {
    id: 'F25-one',
    about: 'One event that is not JSON.',
    primary: 'openai',
    modes: 'S',
    script: always(...begun, BAD, tokens(ANSWER_TOKENS - 20), finish(), usage(), done, end),
    plus: own({ by: 'openai', total: ONE }),
    zero: own({ total: ONE }),
  },
  {
    id: 'F25-two',
    about: 'Two events that are not JSON.',
    primary: 'openai',
    modes: 'S',
    script: always(...begun, BAD, tokens(10), BAD, tokens(30), finish(), usage(), done, end),
    plus: broken({ by: 'openai' }),
    zero: broken(),
  },
];

const lying = (lie: UsageLie): readonly Act[] => [opens, role, tokens(ANSWER_TOKENS), finish(), usage(lie), done, end];

const usages: readonly Row[] = (
  [
    [
      'F27-no-done',
      'no [DONE], and a connection that stays',
      [opens, role, tokens(ANSWER_TOKENS), finish(), usage(), silence],
      false,
    ],
    ['F27-no-usage', 'no usage', [opens, role, tokens(ANSWER_TOKENS), finish(), done, end], true],
    ['F27-zero', 'usage of nothing', lying({ input: 0, output: 0 }), true],
    ['F27-negative', 'usage below nothing', lying({ input: -1, output: -1 }), true],
    ['F27-absurd', 'usage of 10¹² tokens', lying({ input: 1e12, output: 1e12 }), true],
    ['F27-nan', 'usage that is not a number', lying({ input: Number.NaN, output: Number.NaN }), true],
    [
      'F27-shrinking',
      'usage that shrinks',
      [opens, role, tokens(ANSWER_TOKENS), finish(), usage(), usage({ input: 3, output: 1 }), done, end],
      false,
    ],
  ] as const
).map(([id, about, acts, flagged]) => ({
  id,
  about: `A whole stream with ${about}.`,
  primary: 'openai',
  modes: 'S',
  script: always(...acts),
  zero: own({ withinMs: 2_500, health: 'untouched', flagged }),
}));

const ends: readonly Row[] = [
  {
    id: 'F28-prefill',
    about: 'Broken off, and the seller that should continue refuses to be prompted with what there is.',
    primary: 'openai',
    modes: 'S',
    script: always(opens, role, tokens(40), wait(2_000), reset),
    second: always(...refuses({ status: 400 })),
    policy: { fallback: { attempts: 3, stream: 'continue' } },
    fallback: 'mistral',
    plus: broken({ by: 'openai', total: [1, 2], continued: true }),
  },
  {
    id: 'F31-model',
    about: 'The answer names another model than the one asked.',
    primary: 'openai',
    modes: 'N',
    script: always(head(200), whole({ model: 'gpt-somebody-else' }), end),
    zero: own({ health: 'untouched' }),
  },
  {
    id: 'F31-two-finishes',
    about: 'Two finishes.',
    primary: 'openai',
    modes: 'S',
    script: always(opens, role, tokens(ANSWER_TOKENS), finish(), finish('length'), usage(), done, end),
    zero: own({ finish: 'stop' }),
  },
  ...(['', 'error', 'because'] as const).map(
    (reason): Row => ({
      id: `F31-finish-${reason || 'empty'}`,
      about: `A finish_reason of "${reason}".`,
      primary: 'openai',
      modes: 'S',
      script: always(opens, role, tokens(ANSWER_TOKENS), finish(reason), usage(), done, end),
      zero: broken({ withinMs: 5_000 }),
    }),
  ),
];

export const MID_ANSWER: readonly Row[] = [...wholeFaults, ...quiet, ...BREAKS, ...MALFORMED, ...usages, ...ends];

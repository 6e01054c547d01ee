// F01 to F09: no connection, no bytes, and what is the caller's own fault.
import {
  type Act,
  always,
  done,
  end,
  fin,
  finish,
  head,
  healthy,
  opens,
  refuses,
  reset,
  role,
  type Script,
  silence,
  usage,
  whole,
} from '../../support/truth-bill/acts.ts';
import { type Count } from '../cell.ts';
import { another, ONE, own, told } from './expect.ts';
import { type Row } from './rows.ts';

/** Goes wrong on the first call only. */
const once =
  (...acts: readonly Act[]): Script =>
  (asked) =>
    asked.call === 1 ? acts : healthy(asked);
const RETRIED: Count = [2, 2];

const connecting: readonly Row[] = (
  [
    ['F01-nxdomain', 'nowhere', 'a name that does not exist', ONE],
    ['F01-refused', 'refused', 'a port nobody listens on', [1, 2]],
    ['F01-tls-expired', 'expired', 'a certificate that has run out', [1, 2]],
    ['F01-tls-reset', 'tlsreset', 'a reset in the handshake', [1, 2]],
  ] as const
).map(([id, primary, about, tries]) => ({
  id,
  about: `Calls to ${about}.`,
  primary,
  modes: 'SN',
  script: healthy,
  speed: 2,
  plus: another({ primary: tries, withinMs: 500, health: 'counted' }),
  zero: told(502, { primary: [1, 2], withinMs: 1_500, retry: 'false' }),
}));

const silent: readonly Row[] = [
  {
    id: 'F02-black-hole',
    about: 'A connection that is never accepted.',
    primary: 'blackhole',
    modes: 'SN',
    script: healthy,
    plus: another({ withinMs: 3_500, atLeastMs: 2_500 }),
    zero: told(504, { primary: [1, 2], withinMs: 6_500 }),
  },
  {
    id: 'F03-reset-once',
    about: 'A reset before the headers, once.',
    primary: 'openai',
    modes: 'SN',
    script: once(reset),
    plus: own({ primary: RETRIED, by: 'openai', withinMs: 2_000, flagged: true }),
    zero: own({ primary: RETRIED, withinMs: 2_000, flagged: true }),
  },
  {
    id: 'F04-reset-always',
    about: 'A reset before the headers, every time.',
    primary: 'openai',
    modes: 'SN',
    script: always(reset),
    plus: another({ primary: RETRIED, withinMs: 3_000 }),
    zero: told(502, { primary: RETRIED, total: [2, 2], withinMs: 3_000 }),
  },
  {
    id: 'F05-fin',
    about: 'The connection ends before the headers.',
    primary: 'openai',
    modes: 'SN',
    script: always(fin),
    plus: another({ primary: RETRIED, withinMs: 3_000 }),
    zero: told(502, { primary: RETRIED, total: [2, 2], withinMs: 3_000 }),
  },
  {
    id: 'F06-silence',
    about: 'Accepts the request and says nothing for two minutes.',
    primary: 'openai',
    modes: 'SN',
    script: always(silence),
    wholeWithinMs: 41_000,
    plus: another({ withinMs: 10_500, atLeastMs: 9_000, flagged: true }),
    zero: told(504, { withinMs: 10_500, flagged: true }),
  },
];

const callers: readonly Row[] = [
  ...([400, 413, 422] as const).map(
    (status): Row => ({
      id: `F07-${status}`,
      about: `The caller's own fault: ${status}.`,
      primary: status === 413 ? 'anthropic' : 'openai',
      modes: 'SN',
      script: always(...refuses({ status })),
      plus: told(status, { total: ONE, health: 'untouched', retry: 'false' }),
      zero: told(status, { total: ONE, health: 'untouched', retry: 'false' }),
    }),
  ),
  {
    id: 'F08-context',
    about: 'The prompt is longer than the context; the other seller has no larger one.',
    primary: 'openai',
    modes: 'SN',
    script: always(...refuses({ status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' })),
    plus: told(400, { total: ONE, health: 'untouched', codes: ['context_length_exceeded'] }),
    zero: told(400, { total: ONE, health: 'untouched', codes: ['context_length_exceeded'] }),
  },
  ...([400, 403] as const).map(
    (status): Row => ({
      id: `F09-policy-${status}`,
      about: `A content policy says no with ${status}.`,
      primary: 'openai',
      modes: 'SN',
      script: always(
        ...refuses({
          status,
          type: 'invalid_request_error',
          code: status === 400 ? 'content_policy_violation' : 'moderation',
        }),
      ),
      plus: told(400, { status: [400, 403], total: ONE, health: 'untouched', codes: ['content_refused'] }),
      zero: told(400, { status: [400, 403], total: ONE, health: 'untouched', codes: ['content_refused'] }),
    }),
  ),
  {
    id: 'F09-filtered',
    about: 'A content policy says no under 200, with finish_reason content_filter.',
    primary: 'openai',
    modes: 'SN',
    script: ({ stream }) =>
      stream
        ? [opens, role, finish('content_filter'), usage(), done, end]
        : [head(200), whole({ reason: 'content_filter', count: 0 }), end],
    plus: own({ by: 'openai', finish: 'content_filter', text: '', health: 'untouched', total: ONE }),
    zero: own({ finish: 'content_filter', text: '', health: 'untouched', total: ONE }),
  },
];

export const BEFORE_ANSWER: readonly Row[] = [...connecting, ...silent, ...callers];

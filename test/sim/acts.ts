// What a seller does with one call: drawn from the regime it is in. Structure only, in the spellings of real providers.
import type { FailureCause } from '../../src/core/failure.ts';
import type { Rng } from '../../src/core/ports.ts';
import type { Blame } from './evidence.ts';
import type { Regime } from './kinds.ts';
import { pick } from './scenario.ts';

export type Act = {
  readonly name: string;
  readonly blame: Blame;
  /** To the first content, or to the failure where there is none. */
  readonly firstMs: number;
  readonly perTokenMs: number;
  /** Content that is written before it ends. */
  readonly tokens: number;
  /** Pieces of a stream. */
  readonly pieces: number;
  /** Ends with a failure in place of a finish. */
  readonly cause?: FailureCause;
  readonly finish?: 'stop' | 'content_filter';
  /** true: as it was · absurd: as nobody can have used · none: not a word. */
  readonly usage: 'true' | 'absurd' | 'none';
  /** Whether its bill can be known from outside. */
  readonly sure: boolean;
  /** Whether the prompt had been read when it failed. */
  readonly isSent: boolean;
};

const HANG_MS = 3_600_000;

const answer = (rng: Rng, change: Partial<Act> = {}): Act => ({
  name: 'answer',
  blame: 'none',
  firstMs: 100 + 900 * rng.next() ** 2,
  perTokenMs: 5 + 25 * rng.next(),
  tokens: 5 + Math.floor(75 * rng.next()),
  pieces: 1 + Math.floor(3 * rng.next()),
  finish: 'stop',
  usage: 'true',
  sure: true,
  isSent: true,
  ...change,
});

const failing = (
  rng: Rng,
  name: string,
  blame: Blame,
  cause: Partial<FailureCause>,
  change: Partial<Act> = {},
): Act => {
  const { finish: _, ...rest } = answer(rng);
  return {
    ...rest,
    name,
    blame,
    firstMs: 20 + 100 * rng.next(),
    tokens: 0,
    cause: { sort: 'http', phase: 'headers', message: '', ...cause },
    ...change,
  };
};

const WAITS_MS = [0, 400, 2_000, 20_000, 120_000] as const;

const LIMITS: readonly Partial<FailureCause>[] = [{ status: 429, code: 'rate_limit_exceeded' }, { status: 429 }];
const BUSY: readonly Partial<FailureCause>[] = [
  { status: 503 },
  { status: 529, type: 'overloaded_error' },
  { status: 504 },
];
const FAULTS: readonly Partial<FailureCause>[] = [
  { status: 500 },
  { status: 502 },
  { status: 500, type: 'server_error' },
];
const PICKY: readonly Partial<FailureCause>[] = [
  { status: 400, type: 'invalid_request_error' },
  { status: 422 },
  { status: 413 },
  { status: 400, code: 'unsupported_parameter' },
  { status: 400, code: 'context_length_exceeded' },
];
const LOCKED: readonly Partial<FailureCause>[] = [
  { status: 401 },
  { status: 403 },
  { status: 404 },
  { status: 402 },
  { status: 429, code: 'insufficient_quota' },
];

const wait = (rng: Rng): Partial<FailureCause> => {
  const retryAfterMs = pick(rng, WAITS_MS);
  return rng.next() < 0.2 ? {} : { retryAfterMs };
};

const BAD: Readonly<Record<Exclude<Regime, 'fine'>, (rng: Rng) => Act>> = {
  slow: (rng) => answer(rng, { name: 'slow', firstMs: 4_000 + 16_000 * rng.next(), perTokenMs: 150 }),
  limited: (rng) => failing(rng, 'limit', 'cool', { ...pick(rng, LIMITS), ...wait(rng) }),
  errors: (rng) => {
    const kind = rng.next();
    if (kind < 0.3)
      return failing(rng, 'busy', 'failure', { ...pick(rng, BUSY), ...(rng.next() < 0.2 ? wait(rng) : {}) });
    if (kind < 0.6) return failing(rng, 'fault', 'failure', pick(rng, FAULTS));
    if (kind < 0.8) return failing(rng, 'shut', 'failure', { sort: 'network', phase: 'connect' }, { isSent: false });
    return failing(rng, 'reset', 'failure', { sort: 'network', phase: 'headers' }, { sure: false });
  },
  hanging: (rng) =>
    rng.next() < 0.6
      ? answer(rng, { name: 'hang', firstMs: HANG_MS })
      : answer(rng, { name: 'stall', perTokenMs: HANG_MS, pieces: 2 }),
  cut: (rng) => {
    const tokens = 5 + Math.floor(30 * rng.next());
    return rng.next() < 0.7
      ? failing(rng, 'cut', 'failure', { sort: 'cut', phase: 'stream' }, { tokens, sure: false })
      : failing(rng, 'inband', 'failure', { sort: 'inband', phase: 'stream', status: 500 }, { tokens });
  },
  garbled: (rng) => {
    const kind = rng.next();
    if (kind < 0.4)
      return failing(rng, 'malformed', 'failure', { sort: 'malformed', phase: 'stream' }, { sure: false });
    return answer(rng, { name: 'odd usage', usage: kind < 0.7 ? 'absurd' : 'none', sure: false });
  },
  refusing: (rng) =>
    rng.next() < 0.5
      ? answer(rng, { name: 'filtered', tokens: 0, finish: 'content_filter' })
      : failing(rng, 'refused', 'none', { status: 400, code: 'content_policy_violation' }),
  picky: (rng) =>
    rng.next() < 0.8
      ? failing(rng, 'picky', 'none', pick(rng, PICKY))
      : failing(rng, 'unclear', 'none', { status: 418 }),
  locked: (rng) => failing(rng, 'locked', 'cool', pick(rng, LOCKED)),
};

/** Share of calls that fare as the regime says; the others are answered. */
const BAD_SHARE = 0.85;

export const actIn = (regime: Regime, rng: Rng): Act =>
  regime === 'fine' || rng.next() > BAD_SHARE ? answer(rng) : BAD[regime](rng);

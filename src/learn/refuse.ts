// What a caller is told when no offer may take the request: whose fault it is, and whether waiting helps.
import { CONSTRAINTS, type Rejection } from '../core/decision.ts';
import { RouterError } from '../core/errors.ts';

/** An offer on trial reports back soon; nobody knows when. */
const TRIAL_WAIT_MS = 1_000;

/** Tested before the two below, so an offer that fails these would not have served whatever the request looked like. */
const BESIDE_THE_POINT: ReadonlySet<Rejection['by']> = new Set(['model', 'provider', 'capability']);

/** True where that one constraint turned away everyone who could have served. */
const onlyBy = (rejected: readonly Rejection[], by: Rejection['by']): boolean => {
  const relevant = rejected.filter((entry) => !BESIDE_THE_POINT.has(entry.by));
  return relevant.length > 0 && relevant.every((entry) => entry.by === by);
};

/** Until the first of those that are only left alone for now may be asked; undefined where waiting changes nothing. */
const waitMs = (rejected: readonly Rejection[], at: number): number | undefined => {
  const sick = rejected.filter((entry) => entry.by === 'health');
  if (sick.length === 0) return undefined;
  return Math.max(0, Math.min(...sick.map(({ untilMs = at + TRIAL_WAIT_MS }) => untilMs)) - at);
};

/** The error for a request that no offer may take: the caller's own fault where that alone is the reason. */
export const refuse = ({
  rejected,
  at,
}: {
  readonly rejected: readonly Rejection[];
  readonly at: number;
}): RouterError => {
  if (onlyBy(rejected, 'context'))
    return new RouterError(
      'context_length_exceeded',
      `The prompt, with the room its answer asks for, is too long for every model: ${rejected.find(({ by }) => by === 'context')?.detail ?? ''}.`,
      { param: 'messages' },
    );
  if (onlyBy(rejected, 'feature')) {
    const detail = rejected.find(({ by }) => by === 'feature')?.detail ?? '';
    const param = /field:(\w[\w.]*)/.exec(detail)?.[1];
    return new RouterError(
      'unsupported_parameter',
      `Nobody on offer takes what the request asks for: ${detail}.`,
      param === undefined ? {} : { param },
    );
  }
  const retryAfterMs = waitMs(rejected, at);
  const counts = CONSTRAINTS.map((by) => ({ by, count: rejected.filter((entry) => entry.by === by).length }));
  const named = counts.filter(({ count }) => count > 0).map(({ by, count }) => `${by} removed ${count}`);
  const why =
    named.length > 0 ? `of ${rejected.length} offers, ${named.join(', ')}` : 'no offer of its models is configured';
  return new RouterError(
    'no_candidate',
    `No offer can take this request: ${why}.`,
    retryAfterMs === undefined ? {} : { retryAfterMs },
  );
};

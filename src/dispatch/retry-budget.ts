// Whether a further attempt may be made at all: retries are a tenth of the traffic, or an outage is answered with a storm.
import type { Clock } from '../core/ports.ts';

/** Every first attempt earns this much of a retry. */
const SHARE = 0.1;
/** Retries that may be made at once after a quiet time. */
const CAPACITY = 50;
/** Where there is little traffic a tenth of it would be nothing: so many come back a minute in any case. */
const PER_MINUTE = 10;
/** Buckets that are kept: callers with their policies, and providers. Past it the fullest memory is not worth a leak. */
const MOST_BUCKETS = 20_000;

type Bucket = { tokens: number; atMs: number };

/** Who pays: the caller under its policy, and the provider that would be called. Neither may burn another's. */
export type Payers = { readonly tenant: string; readonly provider: string };

/**
 * Token buckets. A retry costs one from both payers' buckets; one that is answered gets its token back, so that a healthy
 * second choice is never rationed and only retries that come to nothing are (as the standard retry mode of the AWS SDKs does it).
 */
export const createRetryBudget = ({ clock }: { readonly clock: Clock }) => {
  const buckets = new Map<string, Bucket>();

  const bucketOf = (name: string): Bucket => {
    const now = clock.elapsed();
    const known = buckets.get(name);
    if (!known) {
      if (buckets.size >= MOST_BUCKETS) buckets.clear();
      const fresh = { tokens: CAPACITY, atMs: now };
      buckets.set(name, fresh);
      return fresh;
    }
    known.tokens = Math.min(CAPACITY, known.tokens + ((now - known.atMs) / 60_000) * PER_MINUTE);
    known.atMs = now;
    return known;
  };
  const both = ({ tenant, provider }: Payers): readonly [Bucket, Bucket] => [
    bucketOf(`tenant ${tenant}`),
    bucketOf(`provider ${provider}`),
  ];
  const add = (payers: Payers, tokens: number): void => {
    for (const bucket of both(payers)) bucket.tokens = Math.min(CAPACITY, bucket.tokens + tokens);
  };

  return {
    /** A first attempt is made. */
    earn: (payers: Payers): void => add(payers, SHARE),

    /** True: one more attempt may be made, and is paid for. */
    take(payers: Payers): boolean {
      const pair = both(payers);
      if (pair.some(({ tokens }) => tokens < 1)) return false;
      for (const bucket of pair) bucket.tokens -= 1;
      return true;
    },

    /** The retry was answered. */
    giveBack: (payers: Payers): void => add(payers, 1),
  };
};

export type RetryBudget = ReturnType<typeof createRetryBudget>;

// What a set of holds asks of each counter: several holds may name one counter, and are checked and taken together.
import { addUsd, type NanoUsd, nanoUsd, ZERO_USD } from '../core/money.ts';
import type { Hold } from '../core/ports.ts';

const tighter = (a: NanoUsd | undefined, b: NanoUsd | undefined): NanoUsd | undefined =>
  a === undefined || b === undefined ? (a ?? b) : nanoUsd(Math.min(a, b));

/** One hold per counter, in the order the counters were first named: amounts added, the tightest limit, the longest life. */
export const mergeHolds = (holds: readonly Hold[]): readonly Hold[] => {
  const totals = new Map<string, Hold>();
  for (const hold of holds) {
    const earlier = totals.get(hold.key);
    const limit = tighter(earlier?.limit, hold.limit);
    totals.set(hold.key, {
      key: hold.key,
      amount: addUsd(earlier?.amount ?? ZERO_USD, hold.amount),
      ...(limit === undefined ? {} : { limit }),
      ttlMs: Math.max(earlier?.ttlMs ?? 0, hold.ttlMs),
    });
  }
  return [...totals.values()];
};

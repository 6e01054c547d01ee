// What this replica has spent on each counter in all: with it a shared store that has lost everything can be told anew.
import { addUsd, type NanoUsd, nanoUsd, ZERO_USD } from '../core/money.ts';
import type { Clock, Hold } from '../core/ports.ts';

type Total = { readonly spent: NanoUsd; readonly ttlMs: number; readonly until: number };

/** Counters whose window is not over; beyond it the one unused longest is forgotten. */
const MOST_TOTALS = 100_000;
const SWEEP_EVERY = 1_024;

export const createTotals = (clock: Clock) => {
  const totals = new Map<string, Total>();
  let changes = 0;
  const sweep = (): void => {
    changes += 1;
    const [oldest] = totals.keys();
    if (totals.size > MOST_TOTALS && oldest !== undefined) totals.delete(oldest);
    if (changes % SWEEP_EVERY !== 0) return;
    for (const [key, { until }] of totals) if (until <= clock.elapsed()) totals.delete(key);
  };
  return {
    add({ key, ttlMs }: Pick<Hold, 'key' | 'ttlMs'>, cost: NanoUsd): void {
      sweep();
      const spent = addUsd(totals.get(key)?.spent ?? ZERO_USD, cost);
      totals.delete(key);
      totals.set(key, { spent, ttlMs, until: clock.elapsed() + ttlMs });
    },
    ttlMs: (key: string): number | undefined => totals.get(key)?.ttlMs,
    of: (key: string): NanoUsd => nanoUsd(totals.get(key)?.spent ?? 0),
    keys: (): readonly string[] => [...totals.keys()],
  };
};

// What probes may still cost today: their own counter, capped by a share of what callers spent, put back from the ledger after a restart.
import { addUsd, type NanoUsd, nanoUsd, ZERO_USD } from '../core/money.ts';
import type { Clock, Ledger, Store } from '../core/ports.ts';
import { PERIODS_MS, windowAt } from '../core/window.ts';
import { type ProbeTerms, probeLimit } from '../market/probes.ts';

export type ProbeBudgetDeps = {
  readonly terms: ProbeTerms;
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'spend'>;
  readonly clock: Clock;
};

/** A counter outlives its day by an hour: a probe may settle just after midnight. */
const KEPT_MS = PERIODS_MS.day + PERIODS_MS.hour;

const sumOf = (amounts: readonly NanoUsd[]): NanoUsd => amounts.reduce(addUsd, ZERO_USD);

export const createProbeBudget = ({ terms, store, ledger, clock }: ProbeBudgetDeps) => {
  const holdOf = (limit: NanoUsd, { amount }: { readonly amount: NanoUsd }) => ({
    key: `probes/day/${new Date(windowAt(PERIODS_MS.day, clock.now()).start).toISOString()}`,
    limit,
    amount,
    ttlMs: KEPT_MS,
  });

  return {
    /** For today, by what callers' requests cost in the 24 hours before; probes beget no probes. */
    limit: async (): Promise<NanoUsd> => {
      const now = clock.now();
      const rows = await ledger.spend({ from: now - PERIODS_MS.day, to: now + 1 }, 'policy');
      const all = sumOf(rows.map(({ cost }) => cost));
      return probeLimit(terms, nanoUsd(all - sumOf(rows.map(({ overheadCost }) => overheadCost))));
    },

    /** False: there is no room left for it today. */
    reserve: async (id: string, amount: NanoUsd, { limit }: { readonly limit: NanoUsd }): Promise<boolean> =>
      (await store.reserve(id, [holdOf(limit, { amount })])).ok,

    settle: (id: string, cost: NanoUsd): Promise<void> => store.settle(id, cost),

    /** What was spent today before this process began; what may have been billed counts at the most it can be. */
    recall: async (): Promise<void> => {
      const { start: from, end: to } = windowAt(PERIODS_MS.day, clock.now());
      const rows = await ledger.spend({ from, to, reason: 'probe' }, 'policy');
      const amount = sumOf(rows.flatMap(({ cost, ambiguousCost }) => [cost, ambiguousCost]));
      if (amount === 0) return;
      // Already spent, so there is always room for it.
      await store.reserve('probes/before-start', [holdOf(amount, { amount })]);
      await store.settle('probes/before-start', amount);
    },
  };
};

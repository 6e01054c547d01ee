// Who counts what a budget has spent: the counters of a store, or, where there is none as in a replay, whoever paces.
import { addUsd, type NanoUsd, ZERO_USD } from '../core/money.ts';
import { windowAt } from '../core/window.ts';
import type { Budget } from './pace.ts';

export type Books = {
  /** Settled and under way in the period that `at` (epoch ms) lies in. Asked at every decision: nothing is waited for. */
  spent(policy: string, budget: Budget, at: number): NanoUsd;
  /** Absent: they hear of it another way. */
  settled?(policy: string, budget: Budget, at: number, cost: NanoUsd): void;
};

/** Periods of policies that are remembered; the one paid into longest ago goes first. */
const PERIODS = 2_000;

/** What was settled, period by period. */
export const createBooks = (): Required<Books> => {
  const periods = new Map<string, NanoUsd>();
  const nameOf = (policy: string, { periodMs }: Budget, at: number): string =>
    `${periodMs} ${windowAt(periodMs, at).start} ${policy}`;
  return {
    spent: (policy, budget, at) => periods.get(nameOf(policy, budget, at)) ?? ZERO_USD,
    settled: (policy, budget, at, cost) => {
      const name = nameOf(policy, budget, at);
      const total = addUsd(periods.get(name) ?? ZERO_USD, cost);
      periods.delete(name);
      periods.set(name, total);
      const [oldest] = periods.keys();
      if (periods.size > PERIODS && oldest !== undefined) periods.delete(oldest);
    },
  };
};

// What judging may still cost today: a counter per policy, put back from the ledger after a restart.
import { addUsd, type NanoUsd, ZERO_USD } from '../core/money.ts';
import type { Clock, Ledger, Store } from '../core/ports.ts';
import { PERIODS_MS, windowAt } from '../core/window.ts';
import { judgePolicy } from './judge-request.ts';

export type JudgeBudgetDeps = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'spend'>;
  readonly clock: Clock;
  /** The counter is this process's own and begins at nothing. */
  readonly recallsCounter: boolean;
};

/** A counter outlives its day by an hour: a judge may settle just after midnight. */
const KEPT_MS = PERIODS_MS.day + PERIODS_MS.hour;

export const createJudgeBudget = ({ store, ledger, clock, recallsCounter }: JudgeBudgetDeps) => {
  const recalled = new Map<string, Promise<void>>();
  const holdOf = (policy: string, limit: NanoUsd, amount: NanoUsd) => {
    const { start } = windowAt(PERIODS_MS.day, clock.now());
    return { key: `judge/${policy}/day/${new Date(start).toISOString()}`, limit, amount, ttlMs: KEPT_MS };
  };
  /** What was spent today before this process began. */
  const recall = async (policy: string): Promise<void> => {
    const { start: from, end: to } = windowAt(PERIODS_MS.day, clock.now());
    const range = { from, to, reason: 'judge' };
    const rows = (await ledger.spend(range, 'policy')).filter(({ key }) => key === judgePolicy(policy));
    const amount = rows.flatMap(({ cost, ambiguousCost }) => [cost, ambiguousCost]).reduce(addUsd, ZERO_USD);
    const id = `judge/before-start/${policy}`;
    await store.reserve(id, [holdOf(policy, amount, amount)]);
    await store.settle(id, amount);
  };
  /** Takes what a judge may cost at most; false: there is no room for it today. */
  return async (
    id: string,
    policy: string,
    { limit, amount }: { limit: NanoUsd; amount: NanoUsd },
  ): Promise<boolean> => {
    if (recallsCounter) {
      const done = recalled.get(policy) ?? recall(policy);
      recalled.set(policy, done);
      await done;
    }
    return (await store.reserve(id, [holdOf(policy, limit, amount)])).ok;
  };
};

// What judging may still cost today: a counter per policy, put back from the ledger after a restart.
import { addUsd, type NanoUsd, ZERO_USD } from '../core/money.ts';
import type { Clock, Ledger, Store } from '../core/ports.ts';
import { judgePolicy } from './judge-request.ts';

export type JudgeBudgetDeps = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'spend'>;
  readonly clock: Clock;
  /** The counter is this process's own and begins at nothing. */
  readonly recallsCounter: boolean;
};

const DAY_MS = 86_400_000;
/** A counter outlives its day by an hour: a judge may settle just after midnight. */
const KEPT_MS = DAY_MS + 3_600_000;

export const createJudgeBudget = ({ store, ledger, clock, recallsCounter }: JudgeBudgetDeps) => {
  const recalled = new Map<string, Promise<void>>();
  const holdOf = (policy: string, limit: NanoUsd, amount: NanoUsd) => {
    const day = Math.floor(clock.now() / DAY_MS) * DAY_MS;
    return { key: `judge/${policy}/day/${new Date(day).toISOString()}`, limit, amount, ttlMs: KEPT_MS };
  };
  /** What was spent today before this process began. */
  const recall = async (policy: string): Promise<void> => {
    const at = clock.now();
    const range = { from: Math.floor(at / DAY_MS) * DAY_MS, to: at + 1, reason: 'judge' };
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

// A restart frees no cap: what the ledger says a policy has spent in the window that is running is put back into its counter.
import { addUsd, nanoUsd } from '../core/money.ts';
import type { Policy } from '../core/policy.ts';
import type { Ledger, Store } from '../core/ports.ts';
import { holdsFor, windowStart } from '../policy/limits.ts';

export type CapsWorld = {
  readonly policies: readonly Policy[];
  readonly ledger: Ledger;
  /** Empty: counters that several processes share know better than one of them. */
  readonly store: Store;
  /** Epoch ms. */
  readonly at: number;
};

/** Calls that may have been billed count at what they can have cost. */
export const recallCaps = async ({ policies, ledger, store, at }: CapsWorld): Promise<void> => {
  for (const { name, plan } of policies) {
    const cap = plan.limits.spend;
    if (!cap) continue;
    const rows = await ledger.spend({ from: windowStart(cap.periodMs, at), to: at + 1 }, 'policy');
    const row = rows.find(({ key }) => key === name);
    if (!row) continue;
    const amount = addUsd(row.cost, row.ambiguousCost);
    const id = `before-start/${name}`;
    // Already spent, so there is always room for it.
    const holds = holdsFor({ policy: name, plan, at, amount });
    await store.reserve(
      id,
      holds.map((hold) => ({ ...hold, limit: nanoUsd(Math.max(hold.limit, amount)) })),
    );
    await store.settle(id, amount);
  }
};

// A restart frees no cap: what the ledger says was spent in the window that is running is put back into its counter.
import type { Config } from '../config.ts';
import type { SpendKey, SpendRow } from '../core/ledger.ts';
import { addUsd, nanoUsd } from '../core/money.ts';
import type { Policy, SpendLimit } from '../core/policy.ts';
import type { Ledger, Store } from '../core/ports.ts';
import { holdOn, windowStart } from '../policy/limits.ts';

export type CapsWorld = {
  readonly policies: readonly Policy[];
  readonly keys: Config['keys'];
  readonly providers: Config['providers'];
  readonly ledger: Ledger;
  /** Empty: counters that several processes share know better than one of them. */
  readonly store: Store;
  /** Epoch ms. */
  readonly at: number;
};

/** A limit, the counter it stands on, and where the ledger keeps what was spent on it. */
type Capped = {
  readonly counter: string;
  readonly limit: SpendLimit | undefined;
  readonly by: SpendKey;
  readonly key: string;
};

const cappedOf = ({ policies, keys, providers }: CapsWorld): readonly Capped[] => [
  ...policies.map(({ name, plan }) => ({
    counter: `policy/${name}`,
    limit: plan.limits.spend,
    by: 'policy' as const,
    key: name,
  })),
  ...keys.map(({ id, spend }) => ({ counter: `key/${id}`, limit: spend, by: 'caller' as const, key: id })),
  ...providers.map(({ name, spend }) => ({
    counter: `provider/${name}`,
    limit: spend,
    by: 'provider' as const,
    key: name,
  })),
];

/** Calls that may have been billed count at what they can have cost. */
export const recallCaps = async (world: CapsWorld): Promise<void> => {
  const { ledger, store, at } = world;
  /** One question of the ledger per kind and window, however many keys there are. */
  const asked = new Map<string, Promise<readonly SpendRow[]>>();
  const spentBy = (by: SpendKey, from: number): Promise<readonly SpendRow[]> => {
    const name = `${by} ${from}`;
    const rows = asked.get(name) ?? ledger.spend({ from, to: at + 1 }, by);
    asked.set(name, rows);
    return rows;
  };
  for (const { counter, limit, by, key } of cappedOf(world)) {
    if (!limit) continue;
    const rows = await spentBy(by, windowStart(limit.periodMs, at));
    const row = rows.find((each) => each.key === key);
    if (!row) continue;
    const amount = addUsd(row.cost, row.ambiguousCost);
    const id = `before-start/${counter}`;
    const hold = holdOn({ counter, limit, at, amount });
    // Already spent, so there is always room for it.
    await store.reserve(id, [{ ...hold, amount, limit: nanoUsd(Math.max(limit.amount, amount)) }]);
    await store.settle(id, amount);
  }
};

// A restart frees no cap: what the ledger says was spent in the window that is running is put back into its counter.
import type { Config } from '../config.ts';
import type { SpendKey, SpendRow } from '../core/ledger.ts';
import { addUsd, type NanoUsd, nanoUsd } from '../core/money.ts';
import type { Policy, SpendLimit } from '../core/policy.ts';
import type { Hold, Ledger, Store } from '../core/ports.ts';
import type { Payer, WriterSpend } from '../ledger/writer-spend.ts';
import { holdOn, windowStart } from '../policy/limits.ts';
import type { Share } from '../store/share.ts';

export type CapsWorld = {
  readonly policies: readonly Policy[];
  readonly keys: Config['keys'];
  readonly providers: Config['providers'];
  readonly ledger: Ledger;
  /** Epoch ms. */
  readonly at: number;
};

/** A limit, the counter it stands on, and where the ledger keeps what was spent on it. */
type Capped = {
  readonly counter: string;
  readonly limit: SpendLimit | undefined;
  readonly by: Payer;
  readonly key: string;
};

const cappedOf = ({ policies, keys, providers }: Omit<CapsWorld, 'ledger'>): readonly Capped[] => [
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

type SpentBefore = { readonly counter: string; readonly hold: Hold; readonly amount: NanoUsd };

/** Of the windows that are running. Calls that may have been billed count at what they can have cost. */
const spentBefore = async (world: CapsWorld): Promise<readonly SpentBefore[]> => {
  const { ledger, at } = world;
  const found: SpentBefore[] = [];
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
    const hold = holdOn({ counter, limit, at, amount });
    // Already spent, so there is always room for it.
    found.push({ counter, amount, hold: { ...hold, amount, limit: nanoUsd(Math.max(limit.amount, amount)) } });
  }
  return found;
};

/** What each writer of a shared ledger spent in the windows that are running, counter by counter. */
export const sharesOf = async (
  world: Omit<CapsWorld, 'ledger'>,
  spentByWriter: (by: Payer, from: number) => Promise<readonly WriterSpend[]>,
): Promise<readonly Share[]> => {
  const { at } = world;
  const asked = new Map<string, Promise<readonly WriterSpend[]>>();
  const shares: Share[] = [];
  for (const { counter, limit, by, key } of cappedOf(world)) {
    if (!limit) continue;
    const from = windowStart(limit.periodMs, at);
    const rows = asked.get(`${by} ${from}`) ?? spentByWriter(by, from);
    asked.set(`${by} ${from}`, rows);
    const hold = holdOn({ counter, limit, at, amount: limit.amount });
    for (const { writer, key: payer, cost } of await rows)
      if (payer === key) shares.push({ key: hold.key, who: writer, spent: cost, ttlMs: hold.ttlMs });
  }
  return shares;
};

/** A ledger of this process alone: what earlier runs spent. @param who names them in the shared store */
export const earlierShares = async (world: CapsWorld, who: string): Promise<readonly Share[]> =>
  (await spentBefore(world)).map(({ hold, amount }) => ({ key: hold.key, who, spent: amount, ttlMs: hold.ttlMs }));

/** @param store empty: counters that several processes share know better than one of them */
export const recallCaps = async (world: CapsWorld & { readonly store: Store }): Promise<void> => {
  for (const { counter, hold, amount } of await spentBefore(world)) {
    const id = `before-start/${counter}`;
    await world.store.reserve(id, [hold]);
    await world.store.settle(id, amount);
  }
};

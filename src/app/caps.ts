// A restart frees no cap and no budget: what the ledger says was spent in the window that is running is put back into its counter.
import type { Config } from '../config.ts';
import type { SpendKey, SpendRow } from '../core/ledger.ts';
import { addUsd, nanoUsd, ZERO_USD } from '../core/money.ts';
import type { Policy } from '../core/policy.ts';
import type { Hold, Ledger, Store, Tally } from '../core/ports.ts';
import { type Window, windowAt } from '../core/window.ts';
import type { Payer, WriterSpend } from '../ledger/writer-spend.ts';
import { budgetCounter, budgetsOf, counterOf, countOn } from '../policy/limits.ts';
import type { Share } from '../store/share.ts';

export type CapsWorld = {
  readonly policies: readonly Policy[];
  readonly keys: Config['keys'];
  readonly providers: Config['providers'];
  readonly ledger: Ledger;
  /** Epoch ms. */
  readonly at: number;
  /** Counters that are left out; absent: none. */
  readonly known?: ReadonlySet<string>;
};

/** A counter, and where the ledger keeps what was spent on it. */
type Counted = {
  readonly counter: string;
  readonly periodMs: number;
  readonly by: Payer;
  readonly key: string;
};

const countedIn = ({ policies, keys, providers }: Omit<CapsWorld, 'ledger'>): readonly Counted[] => {
  const on = (by: Payer, key: string, counter: string, limits: readonly { readonly periodMs: number }[]) =>
    limits.map(({ periodMs }) => ({ counter, periodMs, by, key }));
  return [
    ...policies.flatMap(({ name, plan: { limits } }) =>
      on('policy', name, `policy/${name}`, limits.spend ? [limits.spend] : []),
    ),
    ...policies.flatMap((policy) => on('policy', policy.name, budgetCounter(policy.name), budgetsOf(policy))),
    ...keys.flatMap(({ id, spend }) => on('caller', id, `key/${id}`, spend ? [spend] : [])),
    ...providers.flatMap(({ name, spend }) => on('provider', name, `provider/${name}`, spend ? [spend] : [])),
  ];
};

const keyOf = ({ counter, periodMs }: Counted, at: number): string => counterOf(counter, periodMs, at);

/** The counters of the windows that are running. */
export const countersOf = (world: Omit<CapsWorld, 'ledger' | 'known'>): ReadonlySet<string> =>
  new Set(countedIn(world).map((each) => keyOf(each, world.at)));

const countedOf = ({ known, ...world }: Omit<CapsWorld, 'ledger'>): readonly Counted[] =>
  countedIn(world).filter((each) => !known?.has(keyOf(each, world.at)));

/** Of the windows that are running. Calls that may have been billed count at what they can have cost. */
const spentBefore = async (world: CapsWorld): Promise<readonly Hold[]> => {
  const { ledger, at } = world;
  const found: Hold[] = [];
  /** One question of the ledger per kind and window, however many keys there are. */
  const asked = new Map<string, Promise<readonly SpendRow[]>>();
  const spentBy = (by: SpendKey, { start, end }: Window): Promise<readonly SpendRow[]> => {
    const name = `${by} ${start} ${end}`;
    // To its end and not to now: a clock that was set back since has requests ahead of it.
    const rows = asked.get(name) ?? ledger.spend({ from: start, to: end }, by);
    asked.set(name, rows);
    return rows;
  };
  for (const { counter, periodMs, by, key } of countedOf(world)) {
    const rows = await spentBy(by, windowAt(periodMs, at));
    const row = rows.find((each) => each.key === key);
    if (row) found.push(countOn({ counter, periodMs, at, amount: addUsd(row.cost, row.ambiguousCost) }));
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
  for (const { counter, periodMs, by, key } of countedOf(world)) {
    const from = windowAt(periodMs, at).start;
    const rows = asked.get(`${by} ${from}`) ?? spentByWriter(by, from);
    asked.set(`${by} ${from}`, rows);
    const on = countOn({ counter, periodMs, at, amount: ZERO_USD });
    for (const { writer, key: payer, cost } of await rows)
      if (payer === key) shares.push({ key: on.key, who: writer, spent: cost, ttlMs: on.ttlMs });
  }
  return shares;
};

/** A ledger of this process alone: what earlier runs spent. @param who names them in the shared store */
export const earlierShares = async (world: CapsWorld, who: string): Promise<readonly Share[]> =>
  (await spentBefore(world)).map(({ key, amount, ttlMs }) => ({ key, who, spent: amount, ttlMs }));

const bringUp = async ({ store, ...world }: CapsWorld & { readonly store: Store & Tally }): Promise<void> => {
  for (const hold of await spentBefore(world)) {
    // What was counted meanwhile is in the ledger as well.
    const amount = nanoUsd(Math.max(0, hold.amount - store.known(hold.key)));
    const id = `recalled/${hold.key}`;
    await store.reserve(id, [{ ...hold, amount }]);
    await store.settle(id, amount);
  }
};

/**
 * Of a process alone: brings every counter up to what the ledger says when its window begins for this process, whatever made it begin: a start, a turn of
 * the calendar, a limit that has just been written, a clock that was set.
 */
export const createRecall = (now: () => CapsWorld & { readonly store: Store & Tally }): (() => Promise<void>) => {
  let known: ReadonlySet<string> = new Set();
  return async () => {
    const world = now();
    const running = countersOf(world);
    if (!running.isSubsetOf(known)) await bringUp({ ...world, known });
    known = running;
  };
};

/** Counters that several processes share: what is known of budgets is asked once, so that the first requests do not take them for untouched. */
export const askBudgets = async ({ policies, at }: Pick<CapsWorld, 'policies' | 'at'>, store: Store): Promise<void> => {
  const on = policies.flatMap((policy) =>
    budgetsOf(policy).map(({ periodMs }) =>
      countOn({ counter: budgetCounter(policy.name), periodMs, at, amount: ZERO_USD }),
    ),
  );
  await store.reserve('at-start', on);
  await store.settle('at-start', ZERO_USD);
  await Promise.all(on.map(({ key }) => store.spent(key)));
};

// The counters of one replica by name: taken together or not at all, and what the shared store is told of them.
import { type NanoUsd, ZERO_USD } from '../core/money.ts';
import type { Clock, Hold, Store } from '../core/ports.ts';
import { LeasedCounter } from './leased-counter.ts';
import { createTotals } from './leased-totals.ts';
import type { Fold } from './pool.ts';
import type { Share, SharedStore } from './share.ts';

export type LeasedStoreDeps = {
  /** Where it can be emptied, it is told anew what was spent and what is held here. */
  readonly shared: Store & Partial<Pick<SharedStore, 'restore' | 'onEmptied'>>;
  readonly clock: Clock;
  /** Unique to this process: begins the names of its slices. */
  readonly replica: string;
  /** What the ledger calls this process; absent: the same. */
  readonly who?: string;
  /** How many replicas share the limits now. */
  readonly replicas: () => number;
  /** What others spent, who may be gone, as the ledger has it; asked when the shared store was emptied. */
  readonly others?: () => Promise<readonly Share[]>;
};

/** Folds that could not be told yet, while the shared store is away. They are told in the order they came. */
const MOST_UNTOLD = 100_000;

type Telling = {
  readonly shared: LeasedStoreDeps['shared'];
  readonly who: string;
  readonly counters: Map<string, LeasedCounter>;
  readonly totals: ReturnType<typeof createTotals>;
};

/** What the shared store is told of slices: how they ended, and where it was emptied, all there is to tell. */
const createTelling = ({ shared, who, counters, totals }: Telling) => {
  const untold: Fold[] = [];
  /** What is owed to a shared store that was emptied is told first. */
  let restoring = false;
  const tell = async (): Promise<void> => {
    // One that could not be told keeps its cost: told again later it counts once, even if the first telling did arrive.
    for (let next = untold[0]; next; next = untold[0]) {
      await shared.settle(next.id, next.cost);
      untold.shift();
    }
  };
  const each = (does: (counter: LeasedCounter) => Promise<unknown>): Promise<unknown> =>
    Promise.all([...counters.values()].map(does));
  /** @throws what the shared store throws while it is away; what could not be told is told next time */
  const fold = async ({ all }: { readonly all: boolean }): Promise<void> => {
    // Where nothing will be told later, nothing may be left that no slice pays for.
    if (all) await each((counter) => counter.cover());
    for (const [key, counter] of counters) {
      if (untold.length < MOST_UNTOLD) untold.push(...counter.fold(all));
      if (counter.isDone()) counters.delete(key);
    }
    if (restoring) return;
    // First what is under way anew, then what is over: others may see too much for a moment, never too little.
    if (!all) await each((counter) => counter.cover());
    await tell();
    if (!all) await each((counter) => counter.hear());
  };
  /** What there is to tell of every counter, as of now: what was not told yet is in it, and is not told in another way. */
  const rebase = (): readonly Share[] => {
    restoring = true;
    untold.length = 0;
    return totals.keys().map((key) => {
      const slice = counters.get(key)?.rebase();
      const held = slice && { id: slice.id, amount: slice.size };
      return { key, who, spent: totals.of(key), ttlMs: totals.ttlMs(key) ?? 0, ...(held && { held }) };
    });
  };
  const rebased = (): void => void (restoring = false);
  return { fold, rebase, rebased };
};

export const createCounters = ({ shared, clock, replica, who = replica, replicas }: LeasedStoreDeps) => {
  const counters = new Map<string, LeasedCounter>();
  const totals = createTotals(clock);
  let slices = 0;
  const nameSlice = (): string => `${replica}/${(slices += 1)}`;
  const at = (key: string): LeasedCounter => {
    const known = counters.get(key);
    if (known) return known;
    const fresh = new LeasedCounter({ key, shared, clock, nameSlice, replicas });
    counters.set(key, fresh);
    return fresh;
  };
  const release = (holds: readonly Hold[], cost: NanoUsd): void => {
    for (const hold of holds) {
      at(hold.key).release(hold.amount, cost);
      totals.add(hold, cost);
    }
  };
  const giveBack = (holds: readonly Hold[]): void => release(holds, ZERO_USD);

  /** Counter by counter, and all back when one has no room. Gives the one that has none. */
  const take = async (holds: readonly Hold[]): Promise<Hold | undefined> => {
    const taken: Hold[] = [];
    try {
      for (const hold of holds) {
        const counter = at(hold.key);
        const has = counter.takeNow(hold) || (await counter.take(hold));
        if (!has) {
          giveBack(taken);
          return hold;
        }
        taken.push(hold);
        totals.add(hold, ZERO_USD);
        counter.fillAhead(hold);
      }
      return undefined;
    } catch (fault) {
      giveBack(taken);
      throw fault;
    }
  };

  const telling = createTelling({ shared, who, counters, totals });
  const known = (key: string): NanoUsd => counters.get(key)?.known() ?? ZERO_USD;
  return { at, known, take, release, ...telling };
};

// Budgets of one replica among many: slices are reserved in the shared store ahead of need, so that requests neither wait for it nor outspend it.
import { RouterError } from '../core/errors.ts';
import { ZERO_USD } from '../core/money.ts';
import type { Clock, Hold, Store } from '../core/ports.ts';
import { mergeHolds } from './holds.ts';
import { LeasedCounter } from './leased-counter.ts';
import type { Fold } from './pool.ts';

export type LeasedStoreDeps = {
  readonly shared: Store;
  readonly clock: Clock;
  /** Unique to this process: begins the names of its slices. */
  readonly replica: string;
  /** How many replicas share the limits now. */
  readonly replicas: () => number;
};

const FOLD_EVERY_MS = 1_000;
/** Folds that could not be told yet, while the shared store is away. They are told in the order they came. */
const MOST_UNTOLD = 100_000;
/** Reservations of requests under way. */
const MOST_RESERVATIONS = 100_000;
const NOTHING_YET: readonly Hold[] = [];

const createCounters = ({ shared, clock, replica, replicas }: LeasedStoreDeps) => {
  const counters = new Map<string, LeasedCounter>();
  let slices = 0;
  const nameSlice = (): string => `${replica}/${(slices += 1)}`;
  const at = (key: string): LeasedCounter => {
    const known = counters.get(key);
    if (known) return known;
    const fresh = new LeasedCounter({ key, shared, clock, nameSlice, replicas });
    counters.set(key, fresh);
    return fresh;
  };
  const giveBack = (holds: readonly Hold[]): void => {
    for (const { key, amount } of holds) at(key).release(amount, ZERO_USD);
  };

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
        counter.fillAhead(hold);
      }
      return undefined;
    } catch (fault) {
      giveBack(taken);
      throw fault;
    }
  };

  const untold: Fold[] = [];
  /** @throws what the shared store throws while it is away; what could not be told is told next time */
  const fold = async ({ all }: { readonly all: boolean }): Promise<void> => {
    for (const [key, counter] of counters) {
      if (untold.length < MOST_UNTOLD) untold.push(...counter.fold(all));
      if (counter.isDone()) counters.delete(key);
    }
    // One that could not be told keeps its cost: told again later it counts once, even if the first telling did arrive.
    for (let next = untold[0]; next; next = untold[0]) {
      await shared.settle(next.id, next.cost);
      untold.shift();
    }
  };
  return { at, take, fold };
};

/**
 * A Store over a shared one. Never more than the shared limit is handed out, whatever happens: a slice is reserved there before it is used
 * here. With the shared store gone requests go on out of the slices at hand, and then reject as the shared store does. A replica that dies
 * leaves its slices reserved until their window ends.
 */
export const createLeasedStore = (deps: LeasedStoreDeps): Store => {
  const { shared, clock } = deps;
  const counters = createCounters(deps);
  const reservations = new Map<string, readonly Hold[]>();

  const stopped = new AbortController();
  const folding = (async () => {
    while (!stopped.signal.aborted) {
      await clock.sleep(FOLD_EVERY_MS, stopped.signal);
      await counters.fold({ all: false }).catch(() => undefined);
    }
  })();

  return {
    reserve: async (id, asked) => {
      if (reservations.has(id)) return { ok: true };
      if (reservations.size >= MOST_RESERVATIONS)
        throw new RouterError('overloaded', 'Too many requests hold budgets at once; try again in a moment.');
      const holds = mergeHolds(asked);
      reservations.set(id, NOTHING_YET);
      try {
        const full = await counters.take(holds);
        if (full) return { ok: false, refused: full.key };
        reservations.set(id, holds);
        return { ok: true };
      } finally {
        if (reservations.get(id) === NOTHING_YET) reservations.delete(id);
      }
    },
    settle: async (id, cost) => {
      for (const { key, amount } of reservations.get(id) ?? NOTHING_YET) counters.at(key).release(amount, cost);
      reservations.delete(id);
    },
    spent: (key) => counters.at(key).spent(),
    lease: (name, holder, ttlMs) => shared.lease(name, holder, ttlMs),
    close: async () => {
      stopped.abort();
      await folding;
      await counters.fold({ all: true }).catch(() => undefined);
      await shared.close();
    },
  };
};

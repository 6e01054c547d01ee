// Budgets of one replica among many: slices are reserved in the shared store ahead of need, so that requests neither wait for it nor outspend it.
import { RouterError } from '../core/errors.ts';
import type { Hold, Store, Tally } from '../core/ports.ts';
import { mergeHolds } from './holds.ts';
import { createCounters, type LeasedStoreDeps } from './leased-counters.ts';
import type { Share } from './share.ts';

const FOLD_EVERY_MS = 1_000;
/** Reservations of requests under way. */
const MOST_RESERVATIONS = 100_000;
const NOTHING_YET: readonly Hold[] = [];

/** What one life of the shared store is owed is worked out once, and told as often as it takes. */
const createRestoring = (
  { shared, others }: Pick<LeasedStoreDeps, 'shared' | 'others'>,
  { rebase, rebased }: Pick<ReturnType<typeof createCounters>, 'rebase' | 'rebased'>,
) => {
  let owed: readonly Share[] | undefined;
  return async (): Promise<void> => {
    owed ??= rebase();
    for (const share of owed) await shared.restore?.(share, 'own');
    rebased();
    for (const share of (await others?.()) ?? []) await shared.restore?.(share, 'ledger');
    owed = undefined;
  };
};

/**
 * A Store over a shared one. Never more than the shared limit is handed out, whatever happens: a slice is reserved there before it is used
 * here. With the shared store gone requests go on out of the slices at hand, and then reject as the shared store does. A replica that dies
 * leaves its slices reserved until their window ends.
 */
export const createLeasedStore = (deps: LeasedStoreDeps): Store & Tally => {
  const { shared, clock } = deps;
  const counters = createCounters(deps);
  const reservations = new Map<string, readonly Hold[]>();

  shared.onEmptied?.(createRestoring(deps, counters));

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
      counters.release(reservations.get(id) ?? NOTHING_YET, cost);
      reservations.delete(id);
    },
    spent: (key) => counters.at(key).spent(),
    known: counters.known,
    lease: (name, holder, ttlMs) => shared.lease(name, holder, ttlMs),
    close: async () => {
      stopped.abort();
      await folding;
      await counters.fold({ all: true }).catch(() => undefined);
      await shared.close();
    },
  };
};

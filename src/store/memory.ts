// Budgets and leases of a single process: exact, because nothing else runs between the check and the change.
import { addUsd, type NanoUsd, nanoUsd, ZERO_USD } from '../core/money.ts';
import type { Clock, Hold, Store, Tally } from '../core/ports.ts';
import { mergeHolds } from './holds.ts';

type MemoryStoreDeps = { readonly clock: Clock };

type Counter = { total: NanoUsd; expiresAt: number };
type Reservation = { readonly holds: readonly Hold[]; readonly expiresAt: number };
type Lease = { readonly holder: string; readonly expiresAt: number };

/** Changes between two sweeps of what has expired: the maps stay within what is alive plus this. */
const SWEEP_EVERY = 1_024;

/** Time is monotonic: a wall clock that jumps must not free a budget. */
export const createMemoryStore = ({ clock }: MemoryStoreDeps): Store & Tally => {
  const counters = new Map<string, Counter>();
  const reservations = new Map<string, Reservation>();
  const leases = new Map<string, Lease>();
  let changes = 0;
  const alive = <T extends { readonly expiresAt: number }>(entry: T | undefined): T | undefined =>
    entry && entry.expiresAt > clock.elapsed() ? entry : undefined;

  const sweep = (): void => {
    changes += 1;
    if (changes % SWEEP_EVERY !== 0) return;
    for (const entries of [counters, reservations, leases])
      for (const [key, entry] of entries) if (!alive(entry)) entries.delete(key);
  };

  const totalOf = (key: string): NanoUsd => alive(counters.get(key))?.total ?? ZERO_USD;

  const take = (id: string, holds: readonly Hold[]): void => {
    const now = clock.elapsed();
    for (const { key, amount, ttlMs } of holds)
      counters.set(key, { total: addUsd(totalOf(key), amount), expiresAt: now + ttlMs });
    const longest = Math.max(0, ...holds.map((hold) => hold.ttlMs));
    reservations.set(id, { holds, expiresAt: now + longest });
  };

  /** A counter whose window is over is left alone: it must not come back to life below zero. */
  const correct = ({ key, amount, ttlMs }: Hold, cost: NanoUsd): void => {
    const counter = alive(counters.get(key));
    if (!counter) return;
    counter.total = nanoUsd(Math.max(0, counter.total - amount + cost));
    counter.expiresAt = clock.elapsed() + ttlMs;
  };

  return {
    reserve: async (id, holds) => {
      sweep();
      if (alive(reservations.get(id))) return { ok: true };
      const wanted = mergeHolds(holds);
      const full = wanted.find(({ key, amount, limit }) => limit !== undefined && totalOf(key) + amount > limit);
      if (full) return { ok: false, refused: full.key };
      take(id, wanted);
      return { ok: true };
    },
    settle: async (id, cost) => {
      const reservation = alive(reservations.get(id));
      reservations.delete(id);
      for (const hold of reservation?.holds ?? []) correct(hold, cost);
    },
    spent: async (key) => totalOf(key),
    known: totalOf,
    lease: async (name, holder, ttlMs) => {
      sweep();
      const current = alive(leases.get(name));
      if (current && current.holder !== holder) return false;
      leases.set(name, { holder, expiresAt: clock.elapsed() + ttlMs });
      return true;
    },
    close: async () => undefined,
  };
};

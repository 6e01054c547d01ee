import { array, assert, asyncProperty, constant, constantFrom, nat, oneof, record, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nanoUsd } from '../../src/core/money.ts';
import type { Store } from '../../src/core/ports.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createFakeClock } from '../support/clock.ts';

type Limits = Readonly<Record<string, number>>;

type Step =
  | { readonly do: 'reserve'; readonly id: number; readonly wants: readonly (readonly [key: string, amount: number])[] }
  | { readonly do: 'settle'; readonly id: number; readonly cost: number };

/** The store as plain sums, without atomicity, time or cleverness. */
const createModel = (limits: Limits) => {
  const held = new Map<number, Map<string, number>>();
  const settled = new Map<string, number>();
  const spent = (key: string): number =>
    (settled.get(key) ?? 0) + [...held.values()].reduce((sum, wants) => sum + (wants.get(key) ?? 0), 0);
  return {
    spent,
    reserve: (id: number, wants: readonly (readonly [string, number])[]): boolean => {
      if (held.has(id)) return true;
      const totals = new Map<string, number>();
      for (const [key, amount] of wants) totals.set(key, (totals.get(key) ?? 0) + amount);
      if ([...totals].some(([key, amount]) => spent(key) + amount > (limits[key] ?? 0))) return false;
      if (totals.size > 0) held.set(id, totals);
      return true;
    },
    settle: (id: number, cost: number): void => {
      for (const key of held.get(id)?.keys() ?? []) settled.set(key, (settled.get(key) ?? 0) + cost);
      held.delete(id);
    },
  };
};

const KEYS = ['a', 'b', 'c'];
const step = oneof(
  record({
    do: constant('reserve' as const),
    id: nat(12),
    wants: array(tuple(constantFrom(...KEYS), nat(60)), { maxLength: 4 }),
  }),
  record({ do: constant('settle' as const), id: nat(12), cost: nat(90) }),
);

/** Every answer and every counter after every step, as the store and as the model see it. */
const trace = async (store: Store, limits: Limits, steps: readonly Step[]) => {
  const seen: { store: unknown[]; model: unknown[] } = { store: [], model: [] };
  const model = createModel(limits);
  for (const one of steps) {
    if (one.do === 'settle') {
      model.settle(one.id, one.cost);
      await store.settle(String(one.id), nanoUsd(one.cost));
    } else {
      const holds = one.wants.map(([key, amount]) => ({
        key,
        amount: nanoUsd(amount),
        limit: nanoUsd(limits[key] ?? 0),
        ttlMs: 60_000,
      }));
      seen.store.push((await store.reserve(String(one.id), holds)).ok);
      seen.model.push(model.reserve(one.id, one.wants));
    }
    for (const key of KEYS) {
      seen.store.push(await store.spent(key));
      seen.model.push(model.spent(key));
    }
  }
  return seen;
};

describe('the memory store', () => {
  it('agrees with plain sums after every step of any sequence', async () => {
    const limits = record({ a: nat(150), b: nat(150), c: nat(150) });
    await assert(
      asyncProperty(limits, array(step, { maxLength: 60 }), async (bounds, steps) => {
        const seen = await trace(createMemoryStore({ clock: createFakeClock() }), bounds, steps);
        expect(seen.store).toEqual(seen.model);
      }),
      { numRuns: 500 },
    );
  });
});

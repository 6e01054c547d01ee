// A shared store that loses everything, at any moment: what was spent and what is held is put back, no cap is passed, and the books agree in the end.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouterError } from '../../src/core/errors.ts';
import { nanoUsd } from '../../src/core/money.ts';
import type { Hold, Store } from '../../src/core/ports.ts';
import { createLeasedStore } from '../../src/store/leased.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { SharedStore } from '../../src/store/share.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';

const REPLICAS = 3;
const LIMIT = nanoUsd(3_000);
const KEY = 'key/a/day';

const settleDown = async (): Promise<void> => {
  for (let turn = 0; turn < 80; turn++) await Promise.resolve();
};

/** Reserves nothing from the moment it is emptied until all have told it what they had. */
const losingStore = (clock: FakeClock) => {
  let truth = createMemoryStore({ clock });
  let restored = true;
  const shares = new Set<string>();
  const restores: (() => Promise<void>)[] = [];
  const put = async (id: string, hold: Hold): Promise<void> =>
    void (await truth.reserve(id, [{ ...hold, limit: nanoUsd(Number.MAX_SAFE_INTEGER) }]));
  const store: Store & Pick<SharedStore, 'restore' | 'onEmptied'> = {
    reserve: async (id, holds) => {
      await Promise.resolve();
      if (!restored) throw new RouterError('overloaded', 'being restored');
      return truth.reserve(id, holds);
    },
    settle: async (id, cost) => {
      await Promise.resolve();
      await truth.settle(id, cost);
    },
    spent: (key) => truth.spent(key),
    lease: async () => true,
    close: async () => undefined,
    restore: async ({ key, who, spent, ttlMs, held }, witness) => {
      await Promise.resolve();
      if (witness !== 'own' || shares.has(who)) return;
      shares.add(who);
      await put(`share/${who}`, { key, amount: spent, limit: LIMIT, ttlMs });
      await truth.settle(`share/${who}`, spent);
      if (held) await put(held.id, { key, amount: held.amount, limit: LIMIT, ttlMs });
    },
    onEmptied: (work) => void restores.push(work),
  };
  const empty = async (): Promise<void> => {
    restored = false;
    truth = createMemoryStore({ clock });
    shares.clear();
    await settleDown();
    await Promise.all(restores.map((work) => work()));
    restored = true;
  };
  return { store, empty, spent: () => truth.spent(KEY) };
};

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      on: fc.nat(2),
      amount: fc.integer({ min: 1, max: 900 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      at: fc.nat(),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('empty' as const) }) },
);

describe('a shared store that loses everything', () => {
  it('is told anew what was spent and held, so that no cap is passed and nothing stays held', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 120 }), async (steps) => {
        const clock = createFakeClock();
        const shared = losingStore(clock);
        const stores = Array.from({ length: REPLICAS }, (_, index) =>
          createLeasedStore({ shared: shared.store, clock, replica: `r${index}`, replicas: () => REPLICAS }),
        );
        const underWay: { readonly id: string; readonly on: number; readonly amount: number }[] = [];
        let [spent, held, count] = [0, 0, 0];
        for (const next of steps) {
          if (next.kind === 'empty') await shared.empty();
          else if (next.kind === 'wait') {
            clock.advance(next.ms);
            await settleDown();
          } else if (next.kind === 'ask') {
            const id = `q${(count += 1)}`;
            const hold = { key: KEY, limit: LIMIT, amount: nanoUsd(next.amount), ttlMs: 3_600_000 };
            const answer = await stores[next.on]?.reserve(id, [hold]).catch(() => ({ ok: false as const }));
            if (!answer?.ok) continue;
            underWay.push({ id, on: next.on, amount: next.amount });
            held += next.amount;
          } else {
            const [ended] = underWay.splice(next.at % Math.max(1, underWay.length), 1);
            if (!ended) continue;
            const cost = Math.floor(ended.amount * next.share);
            await stores[ended.on]?.settle(ended.id, nanoUsd(cost));
            held -= ended.amount;
            spent += cost;
          }
          expect(held + spent).toBeLessThanOrEqual(LIMIT);
        }
        for (const { id, on, amount } of underWay) {
          await stores[on]?.settle(id, nanoUsd(amount));
          spent += amount;
        }
        for (const store of stores) await store.close();
        expect(await shared.spent()).toBe(spent);
      }),
      { numRuns: 200 },
    );
  });
});

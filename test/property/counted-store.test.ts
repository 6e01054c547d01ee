// Counters without a limit, shared by replicas: nothing is refused, nobody waits, and everybody comes to know what all have spent and hold.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nanoUsd, ZERO_USD } from '../../src/core/money.ts';
import { createLeasedStore } from '../../src/store/leased.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { awayStore, settleDown } from '../support/away-store.ts';
import { createFakeClock } from '../support/clock.ts';

const REPLICAS = 3;
const KEY = 'budget/a/day';
const LIMIT = nanoUsd(1_000_000);
/** After so much everything that changed is told, and heard by whoever counts. */
const TOLD_MS = 1_000;

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      on: fc.nat(REPLICAS - 1),
      amount: fc.nat(900),
      /** The request stands under a limit as well. */
      limited: fc.boolean(),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({ kind: fc.constant('settle' as const), which: fc.nat(), cost: fc.nat(2_000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('outage' as const), away: fc.boolean() }) },
);

const world = () => {
  const clock = createFakeClock();
  const truth = createMemoryStore({ clock });
  const shared = awayStore(truth);
  const stores = Array.from({ length: REPLICAS }, (_, index) =>
    createLeasedStore({ shared: shared.store, clock, replica: `r${index}`, replicas: () => REPLICAS }),
  );
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settleDown();
  };
  return { truth, shared, stores, pass };
};

const count = (amount: number) => ({ key: KEY, amount: nanoUsd(amount), ttlMs: 86_400_000 });

it('agree with what was spent and is held, once everything is told, wherever it was spent and whatever was away meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const { truth, shared, stores, pass } = world();
      type Open = { readonly id: string; readonly on: number; readonly amount: number };
      const open: Open[] = [];
      const own = Array.from({ length: REPLICAS }, () => 0);
      let number = 0;
      for (const next of steps) {
        if (next.kind === 'outage') shared.set(next.away);
        else if (next.kind === 'wait') await pass(next.ms);
        else if (next.kind === 'reserve') {
          const { on, amount, limited } = next;
          const id = `q${(number += 1)}`;
          const under = limited
            ? [{ key: 'policy/a/day', limit: LIMIT, amount: nanoUsd(amount), ttlMs: 86_400_000 }]
            : [];
          const answer = await stores[on]?.reserve(id, [...under, count(amount)]).catch(() => ({ ok: false }));
          // Alone it is never refused.
          if (!limited) expect(answer?.ok).toBe(true);
          if (!answer?.ok) continue;
          open.push({ id, on, amount });
          own[on] = (own[on] ?? 0) + amount;
        } else {
          const [ended] = open.splice(next.which % Math.max(1, open.length), 1);
          if (!ended) continue;
          const { id, on, amount } = ended;
          await stores[on]?.settle(id, nanoUsd(next.cost));
          own[on] = (own[on] ?? 0) - amount + next.cost;
        }
        // Never less than one's own.
        stores.forEach((store, on) => expect(store.known(KEY)).toBeGreaterThanOrEqual(own[on] ?? 0));
      }
      shared.set(false);
      const all = own.reduce((sum, spent) => sum + spent, 0);
      for (let turn = 0; turn < 3; turn += 1) await pass(TOLD_MS);
      expect(await truth.spent(KEY)).toBe(all);
      // The first look has what is over told; the second hears it.
      for (const id of ['look', 'again']) {
        for (const store of stores) {
          await store.reserve(id, [count(0)]);
          await store.settle(id, ZERO_USD);
        }
        await pass(TOLD_MS);
      }
      for (const store of stores) expect(store.known(KEY)).toBe(all);
      for (const { id, on, amount } of open) await stores[on]?.settle(id, nanoUsd(amount));
      for (const store of stores) await store.close();
      expect(await truth.spent(KEY)).toBe(all);
    }),
    { numRuns: 300 },
  );
});

it('tell a replica that has just started what the others have spent, before its first request', async () => {
  const { stores, pass } = world();
  const [first, second] = stores;
  await first?.reserve('q1', [count(700)]);
  await first?.settle('q1', nanoUsd(500));
  await pass(TOLD_MS);
  expect(second?.known(KEY)).toBe(0);
  await second?.reserve('at-start', [count(0)]);
  expect(await second?.spent(KEY)).toBe(500);
  expect(second?.known(KEY)).toBe(500);
  // And keeps knowing it, however long nothing happens.
  for (let turn = 0; turn < 20; turn += 1) await pass(TOLD_MS);
  expect(second?.known(KEY)).toBe(500);
});

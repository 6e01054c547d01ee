// Several replicas on slices of one shared store, in any interleaving, with the shared store away at any time: no cap is ever passed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouterError } from '../../src/core/errors.ts';
import { nanoUsd } from '../../src/core/money.ts';
import { createLeasedStore } from '../../src/store/leased.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { awayStore, settleDown } from '../support/away-store.ts';
import { createFakeClock } from '../support/clock.ts';

const REPLICAS = 3;
const LIMIT = nanoUsd(10_000);
const KEYS = ['policy/a/day', 'key/b/day'];

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      on: fc.nat(REPLICAS - 1),
      amount: fc.integer({ min: 1, max: 900 }),
      keys: fc.subarray(KEYS, { minLength: 1 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      at: fc.nat(),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('outage' as const), away: fc.boolean() }) },
);

describe('replicas on slices of one store', () => {
  it('never pass a cap, and in the end the shared counters say exactly what was spent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const clock = createFakeClock();
        const truth = createMemoryStore({ clock });
        const shared = awayStore(truth);
        const stores = Array.from({ length: REPLICAS }, (_, index) =>
          createLeasedStore({ shared: shared.store, clock, replica: `r${index}`, replicas: () => REPLICAS }),
        );
        const underWay: {
          readonly id: string;
          readonly on: number;
          readonly amount: number;
          readonly keys: readonly string[];
        }[] = [];
        const spent = new Map(KEYS.map((key) => [key, 0]));
        const held = new Map(KEYS.map((key) => [key, 0]));
        const bump = (totals: Map<string, number>, key: string, by: number): void =>
          void totals.set(key, (totals.get(key) ?? 0) + by);
        let count = 0;
        for (const next of steps) {
          if (next.kind === 'outage') shared.set(next.away);
          else if (next.kind === 'wait') {
            clock.advance(next.ms);
            await settleDown();
          } else if (next.kind === 'reserve') {
            const { on, amount, keys } = next;
            const id = `q${(count += 1)}`;
            const holds = keys.map((key) => ({ key, limit: LIMIT, amount: nanoUsd(amount), ttlMs: 3_600_000 }));
            const answer = await stores[on]?.reserve(id, holds).catch(() => ({ ok: false as const, refused: '' }));
            if (!answer?.ok) continue;
            underWay.push({ id, on, amount, keys });
            for (const key of keys) bump(held, key, amount);
          } else {
            const [ended] = underWay.splice(next.at % Math.max(1, underWay.length), 1);
            if (!ended) continue;
            const cost = Math.floor(ended.amount * next.share);
            await stores[ended.on]?.settle(ended.id, nanoUsd(cost));
            for (const key of ended.keys) {
              bump(held, key, -ended.amount);
              bump(spent, key, cost);
            }
          }
          for (const key of KEYS) expect((held.get(key) ?? 0) + (spent.get(key) ?? 0)).toBeLessThanOrEqual(LIMIT);
        }
        shared.set(false);
        for (const { id, on, amount, keys } of underWay) {
          await stores[on]?.settle(id, nanoUsd(amount));
          for (const key of keys) bump(spent, key, amount);
        }
        await settleDown();
        for (const store of stores) await store.close();
        for (const key of KEYS) expect(await truth.spent(key)).toBe(spent.get(key));
      }),
      { numRuns: 300 },
    );
  });

  it('go on out of their slices while the shared store is away, and refuse what the slices do not hold', async () => {
    const clock = createFakeClock();
    const shared = awayStore(createMemoryStore({ clock }));
    const store = createLeasedStore({ shared: shared.store, clock, replica: 'a', replicas: () => 1 });
    const ask = (id: string) => store.reserve(id, [{ key: 'k', limit: LIMIT, amount: nanoUsd(100), ttlMs: 60_000 }]);
    expect(await ask('first')).toEqual({ ok: true });
    await settleDown();
    shared.set(true);
    let served = 0;
    while (
      served < 200 &&
      (await ask(`away-${served}`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      served += 1;
    expect(served).toBeGreaterThanOrEqual(40);
    expect(served).toBeLessThan(100);
    await expect(ask('more')).rejects.toMatchObject({ code: 'overloaded' });
    shared.set(false);
    expect(await ask('back')).toEqual({ ok: true });
  });

  it('settle without ever rejecting: what the shared store does not take is told until it does, and counts once', async () => {
    const clock = createFakeClock();
    const truth = createMemoryStore({ clock });
    let told = 0;
    const shared = {
      ...truth,
      // The second time it does arrive, and only the answer is lost.
      settle: async (...words: Parameters<typeof truth.settle>): Promise<void> => {
        told += 1;
        if (told === 2 || told > 3) await truth.settle(...words);
        if (told <= 3) throw new RouterError('overloaded', 'away');
      },
    };
    const store = createLeasedStore({ shared, clock, replica: 'a', replicas: () => 1 });
    await store.reserve('one', [{ key: 'k', limit: LIMIT, amount: nanoUsd(100), ttlMs: 3_600_000 }]);
    await store.settle('one', nanoUsd(70));
    for (let turn = 0; turn < 8; turn += 1) {
      clock.advance(1_000);
      await settleDown();
    }
    expect(told).toBeGreaterThan(3);
    expect(await truth.spent('k')).toBe(70);
    expect(store.known('k')).toBe(0);
  });
});

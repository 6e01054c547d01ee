import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { nanoUsd } from '../../src/core/money.ts';
import { createLeasedStore } from '../../src/store/leased.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { openRedisStore } from '../../src/store/redis.ts';
import { systemClock } from '../../src/world.ts';
import { until } from '../support/bourse.ts';
import { createFakeClock } from '../support/clock.ts';
import { storeContract } from './store.contract.ts';

const url = inject('redisUrl');

describe('slices of a memory store', () => {
  const clock = createFakeClock();
  storeContract(() =>
    createLeasedStore({ shared: createMemoryStore({ clock }), clock, replica: 'a', replicas: () => 3 }),
  );
});

describe.skipIf(!url)('slices of a Redis store', () => {
  const shared = { url: url ?? '', prefix: `{${randomUUID()}}:`, clock: systemClock, replica: 'a', commandMs: 10_000 };
  storeContract(() =>
    createLeasedStore({ shared: openRedisStore(shared), clock: systemClock, replica: randomUUID(), replicas: () => 3 }),
  );

  it('tell one another what was counted without a limit, and keep it when one of them leaves', async () => {
    const prefix = `{${randomUUID()}}:`;
    const open = (replica: string) =>
      createLeasedStore({
        shared: openRedisStore({ ...shared, prefix, replica }),
        clock: systemClock,
        replica,
        replicas: () => 2,
      });
    const [one, other] = [open('one'), open('other')];
    const count = (amount: number) => ({ key: 'budget/a/day', amount: nanoUsd(amount), ttlMs: 60_000 });
    await one.reserve('q1', [count(500)]);
    await one.settle('q1', nanoUsd(300));
    await one.reserve('q2', [count(70)]);
    await until(async () => {
      await other.reserve(randomUUID(), [count(0)]);
      return other.known('budget/a/day') === 370 || undefined;
    });
    await one.settle('q2', nanoUsd(40));
    await one.close();
    expect(await other.spent('budget/a/day')).toBe(340);
    await other.close();
  });
});

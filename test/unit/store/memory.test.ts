import { describe, expect, it } from 'vitest';
import { nanoUsd } from '../../../src/core/money.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { createFakeClock } from '../../support/clock.ts';

const setUp = () => {
  const clock = createFakeClock();
  return { clock, store: createMemoryStore({ clock }) };
};
const hold = (key: string, amount: number, ttlMs = 1_000) => ({
  key,
  amount: nanoUsd(amount),
  limit: nanoUsd(100),
  ttlMs,
});

describe('the memory store over time', () => {
  it('forgets a counter when its window has been quiet for long enough', async () => {
    const { clock, store } = setUp();
    await store.reserve('a', [hold('day', 100)]);
    clock.advance(999);
    expect(await store.spent('day')).toBe(100);
    clock.advance(1);
    expect(await store.spent('day')).toBe(0);
    expect((await store.reserve('b', [hold('day', 100)])).ok).toBe(true);
  });

  it('does not bring a counter back to life by a late settlement', async () => {
    const { clock, store } = setUp();
    await store.reserve('a', [hold('hour', 50), hold('month', 50, 10_000)]);
    clock.advance(5_000);
    await store.settle('a', nanoUsd(20));
    expect([await store.spent('hour'), await store.spent('month')]).toEqual([0, 20]);
  });

  it('gives a lease to the next when the holder has let it lapse', async () => {
    const { clock, store } = setUp();
    expect(await store.lease('leader', 'a', 500)).toBe(true);
    clock.advance(499);
    expect(await store.lease('leader', 'b', 500)).toBe(false);
    clock.advance(1);
    expect(await store.lease('leader', 'b', 500)).toBe(true);
    expect(await store.lease('leader', 'a', 500)).toBe(false);
  });
});

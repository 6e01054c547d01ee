// What every store does, whatever it is kept in.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nanoUsd } from '../../src/core/money.ts';
import type { Hold, Store } from '../../src/core/ports.ts';

const DOLLAR = nanoUsd(1_000_000_000);
const holdOn = (key: string, amount: number, limit: number = DOLLAR): Hold => ({
  key,
  amount: nanoUsd(amount),
  limit: nanoUsd(limit),
  ttlMs: 60_000,
});

export const storeContract = (open: () => Store): void => {
  let store: Store;
  beforeAll(() => {
    store = open();
  });
  afterAll(() => store.close());

  describe('reservations', () => {
    it('of 256 callers at once on a one-dollar cap overshoot by exactly nothing', async () => {
      const price = 15_000_001;
      const answers = await Promise.all(
        Array.from({ length: 256 }, (_, index) => store.reserve(`rush-${index}`, [holdOn('rush', price)])),
      );
      const taken = answers.filter((answer) => answer.ok).length;
      expect(taken).toBe(Math.floor(DOLLAR / price));
      expect(await store.spent('rush')).toBe(taken * price);
      expect(answers.find((answer) => !answer.ok)).toEqual({ ok: false, refused: 'rush' });
    });

    it('may use a limit up to its last nano-dollar and not one beyond', async () => {
      expect(await store.reserve('exact-1', [holdOn('exact', 999_999_999)])).toEqual({ ok: true });
      expect(await store.reserve('exact-2', [holdOn('exact', 2)])).toEqual({ ok: false, refused: 'exact' });
      expect(await store.reserve('exact-3', [holdOn('exact', 1)])).toEqual({ ok: true });
    });

    it('take all holds or none, and name the first counter without room', async () => {
      await store.reserve('full', [holdOn('tight', 90, 100)]);
      const holds = [holdOn('roomy', 50), holdOn('tight', 20, 100), holdOn('other', 1, 0)];
      expect(await store.reserve('mixed', holds)).toEqual({ ok: false, refused: 'tight' });
      expect(await store.spent('roomy')).toBe(0);
      expect(await store.spent('tight')).toBe(90);
      // What was refused was never reserved, so there is nothing to settle.
      await store.settle('mixed', nanoUsd(40));
      expect(await store.spent('roomy')).toBe(0);
    });

    it('that name one counter twice are counted together', async () => {
      const twice = [holdOn('double', 60, 100), holdOn('double', 60, 100)];
      expect(await store.reserve('double-1', twice)).toEqual({ ok: false, refused: 'double' });
      expect(await store.reserve('double-2', [holdOn('double', 40, 100), holdOn('double', 60, 100)])).toEqual({
        ok: true,
      });
      await store.settle('double-2', nanoUsd(7));
      expect(await store.spent('double')).toBe(7);
    });

    it('made twice under one id are taken once', async () => {
      await store.reserve('again', [holdOn('again', 30)]);
      expect(await store.reserve('again', [holdOn('again', 30)])).toEqual({ ok: true });
      expect(await store.spent('again')).toBe(30);
    });

    it('without a limit are counted and never refused, beside limits that are', async () => {
      const counted = (amount: number) => ({ key: 'counted', amount: nanoUsd(amount), ttlMs: 60_000 });
      expect(await store.reserve('counted-1', [counted(5 * DOLLAR), holdOn('beside', 60, 100)])).toEqual({ ok: true });
      expect(await store.reserve('counted-2', [counted(7), holdOn('beside', 60, 100)])).toEqual({
        ok: false,
        refused: 'beside',
      });
      expect(await store.spent('counted')).toBe(5 * DOLLAR);
      await store.settle('counted-1', nanoUsd(40));
      expect([await store.spent('counted'), await store.spent('beside')]).toEqual([40, 40]);
    });

    it('of nothing always succeed', async () => {
      expect(await store.reserve('nothing', [])).toEqual({ ok: true });
      await expect(store.settle('nothing', nanoUsd(5))).resolves.toBeUndefined();
    });
  });

  describe('settling', () => {
    it('turns a reservation into its true cost, less or more', async () => {
      await store.reserve('s1', [holdOn('true', 500), holdOn('true/model', 500)]);
      await store.reserve('s2', [holdOn('true', 100)]);
      await store.settle('s1', nanoUsd(123));
      expect([await store.spent('true'), await store.spent('true/model')]).toEqual([223, 123]);
      await store.settle('s2', nanoUsd(150));
      expect(await store.spent('true')).toBe(273);
    });

    it('counts once, however often it is told', async () => {
      await store.reserve('once', [holdOn('once', 500)]);
      await Promise.all([store.settle('once', nanoUsd(100)), store.settle('once', nanoUsd(100))]);
      await store.settle('once', nanoUsd(400));
      expect(await store.spent('once')).toBe(100);
    });

    it('at nothing gives the whole reservation back', async () => {
      await store.reserve('back-1', [holdOn('back', DOLLAR)]);
      expect((await store.reserve('back-2', [holdOn('back', 1)])).ok).toBe(false);
      await store.settle('back-1', nanoUsd(0));
      expect(await store.spent('back')).toBe(0);
      expect((await store.reserve('back-3', [holdOn('back', DOLLAR)])).ok).toBe(true);
    });

    it('of something never reserved does nothing', async () => {
      await store.settle('never', nanoUsd(1_000));
      expect(await store.spent('never')).toBe(0);
    });

    it('keeps large sums exact', async () => {
      const large = 9_007_199_254_740_990;
      await store.reserve('large', [holdOn('large', large, large)]);
      expect(await store.spent('large')).toBe(large);
      expect((await store.reserve('large-2', [holdOn('large', 1, large)])).ok).toBe(false);
      await store.settle('large', nanoUsd(large - 1));
      expect(await store.spent('large')).toBe(large - 1);
    });
  });

  describe('a lease', () => {
    it('has one holder, who may renew it', async () => {
      expect(await store.lease('probes', 'a', 60_000)).toBe(true);
      expect(await store.lease('probes', 'b', 60_000)).toBe(false);
      expect(await store.lease('probes', 'a', 60_000)).toBe(true);
      expect(await store.lease('feeds', 'b', 60_000)).toBe(true);
    });

    it('goes to exactly one of many who ask at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => store.lease('rush', `holder-${index}`, 60_000)),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
    });
  });
};

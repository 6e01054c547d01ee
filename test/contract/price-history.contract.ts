// What every price history does, whatever it is kept in, and the traffic that is kept beside it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nanoUsd, priceFromUsdPerMillion } from '../../src/core/money.ts';
import { BILLS_PER_OFFER, type PriceRecord, sheetAsOf } from '../../src/core/price-history.ts';
import type { OpenedLedger } from '../../src/ledger/recover.ts';
import { attemptOf, fullDecision, keyOf, outcomeOf, START_MS, wholeRequest } from '../support/ledger.ts';
import { sampleOffer, sampleSheet } from '../support/sample.ts';

type OpenLedger = (place: string) => Promise<OpenedLedger>;

const SPARK = 'lumen:lumen/spark';
const TITAN = 'orion:orion/titan';
const EVER = { from: 0, to: Number.POSITIVE_INFINITY, limit: 1_000 };

const changeOf = (offer: string, at: number, usd: number, more: Partial<PriceRecord> = {}): PriceRecord => ({
  offer: keyOf(offer),
  verdict: 'applied',
  reason: '2×',
  observedAt: at,
  sheet: {
    ...sampleSheet(sampleOffer(offer), { input: usd, output: 2 * usd }),
    revision: `${offer}@${usd}`,
    effectiveFrom: at,
    observedAt: at,
  },
  ...more,
});

const inputOf = ({ sheet }: PriceRecord): number | null | undefined => sheet.rates[0]?.price;

export const priceHistoryContract = (open: OpenLedger): void => {
  describe('the price history', () => {
    let ledger: OpenedLedger;
    const first = changeOf(SPARK, START_MS, 1);
    const rejected = changeOf(SPARK, START_MS + 1_000, 1, {
      verdict: 'rejected',
      reason: 'unit error: 10^3 from the price before',
      before: first.sheet.rates,
      proposed: [{ meter: 'input', price: priceFromUsdPerMillion(1_000) }],
    });
    const held = changeOf(SPARK, START_MS + 2_000, 4, { verdict: 'held', before: first.sheet.rates });
    const other = changeOf(TITAN, START_MS + 1_500, 9);
    beforeAll(async () => {
      ledger = await open('prices');
      await ledger.prices.append([first, rejected, other, held]);
    });
    afterAll(() => ledger.close());

    it('gives an offer’s changes back deep-equal, in the order they were observed', async () => {
      expect(await ledger.prices.of(keyOf(SPARK), EVER)).toEqual([first, rejected, held]);
      expect(await ledger.prices.of(keyOf('lumen:lumen/mini'), EVER)).toEqual([]);
    });

    it('keeps to a half-open stretch of time, and to the newest so many', async () => {
      const of = (from: number, to: number, limit = 10) => ledger.prices.of(keyOf(SPARK), { from, to, limit });
      expect(await of(START_MS, START_MS + 2_000)).toEqual([first, rejected]);
      expect(await of(START_MS + 1, START_MS + 2_001)).toEqual([rejected, held]);
      expect(await of(0, Number.POSITIVE_INFINITY, 2)).toEqual([rejected, held]);
    });

    it('gives the changes of all offers in one order', async () => {
      expect(await ledger.prices.within(EVER)).toEqual([first, rejected, other, held]);
      expect(await ledger.prices.within({ ...EVER, from: START_MS + 1_500 })).toEqual([other, held]);
    });

    it('told twice has a change once', async () => {
      await ledger.prices.append([first, held]);
      await ledger.prices.append([held]);
      expect(await ledger.prices.of(keyOf(SPARK), EVER)).toHaveLength(3);
    });

    it('knows what is charged now and what was believed last, whatever was rejected since', async () => {
      const latest = await ledger.prices.latest();
      expect(latest.filter(({ offer }) => offer === SPARK)).toEqual([first, held]);
      expect(latest.filter(({ offer }) => offer === TITAN)).toEqual([other]);
    });

    it('refuses a time that is no whole number, and only that append', async () => {
      const results = await Promise.allSettled([
        ledger.prices.append([changeOf(TITAN, START_MS + 0.5, 3)]),
        ledger.prices.append([changeOf('lumen:lumen/mini', START_MS, 3)]),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      expect(await ledger.prices.of(keyOf('lumen:lumen/mini'), EVER)).toHaveLength(1);
    });

    it('is there after a restart, and answers what was charged then as it was known then', async () => {
      const place = 'prices-again';
      const before = await open(place);
      const late = changeOf(SPARK, START_MS + 5_000, 3, {
        sheet: { ...changeOf(SPARK, START_MS + 5_000, 3).sheet, effectiveFrom: START_MS + 1_000 },
      });
      await before.prices.append([changeOf(SPARK, START_MS, 1), late]);
      await before.close();
      const after = await open(place);
      const records = await after.prices.of(keyOf(SPARK), EVER);
      await after.close();
      const price = (at: number, knownAt: number) => sheetAsOf(records, { at, knownAt })?.rates[0]?.price;
      expect(price(START_MS + 2_000, START_MS + 4_999)).toBe(1_000_000);
      expect(price(START_MS + 2_000, START_MS + 5_000)).toBe(3_000_000);
      expect(price(START_MS + 999, START_MS + 9_000)).toBe(1_000_000);
      expect(price(START_MS - 1, START_MS + 9_000)).toBeUndefined();
    });

    it('takes several thousand changes at once', async () => {
      const many = await open('prices-many');
      const changes = Array.from({ length: 3_000 }, (_, at) => changeOf(SPARK, START_MS + at, 1 + at / 1_000));
      await many.prices.append(changes);
      const newest = await many.prices.of(keyOf(SPARK), { ...EVER, limit: 2 });
      expect(newest.map(inputOf)).toEqual(changes.slice(-2).map(inputOf));
      await many.close();
    });
  });

  describe('bills', () => {
    it('are the last of each offer that were believed, oldest first, with what the sheet says', async () => {
      const ledger = await open('bills');
      const billed = (id: string, at: number, nano: number, computed: number, cost = nano) =>
        wholeRequest(id, {
          outcome: outcomeOf(id, {
            attempts: [
              attemptOf(id, {
                at,
                cost: nanoUsd(cost),
                billed: nanoUsd(nano),
                computed: nanoUsd(computed),
                mainPrices: '1000000/2000000',
              }),
            ],
          }),
        });
      for (let at = 0; at < BILLS_PER_OFFER + 5; at++)
        void ledger.append(billed(`b${String(at).padStart(3, '0')}`, START_MS + at, 1_050 + at, 1_000));
      await ledger.append([
        ...wholeRequest('plain'),
        ...billed('free', START_MS + 1, 0, 0),
        // Billed at zero for a call that has a price: counted at the price, so the bill was not believed.
        ...billed('unbelieved', START_MS + 999, 0, 1_000, 1_000),
      ]);
      const bills = await ledger.prices.bills();
      expect(bills).toHaveLength(BILLS_PER_OFFER);
      expect(bills[0]).toEqual({
        offer: SPARK,
        at: START_MS + 5,
        billed: 1_055,
        computed: 1_000,
        mainPrices: '1000000/2000000',
      });
      expect(bills.at(-1)?.at).toBe(START_MS + BILLS_PER_OFFER + 4);
      await ledger.close();
    });
  });

  describe('traffic', () => {
    it('is the decisions of a stretch of time, whole, the newest page first', async () => {
      const ledger = await open('traffic');
      const count = 1_203;
      for (let at = 0; at < count; at++)
        void ledger.append(
          // Two at a time have the same instant: a page may end between them.
          wholeRequest(`t${String(at).padStart(4, '0')}`, { decision: { at: START_MS + Math.floor(at / 2) } }),
        );
      await ledger.append(wholeRequest('outside', { decision: { at: START_MS - 1 } }));
      const pages: string[][] = [];
      let one: unknown;
      for await (const page of ledger.traffic.decisions({ from: START_MS, to: Number.POSITIVE_INFINITY })) {
        pages.push(page.map(({ requestId }) => requestId));
        one ??= page.find(({ requestId }) => requestId === 't1202');
      }
      expect(pages.map((page) => page.length)).toEqual([200, 200, 200, 200, 200, 200, 3]);
      expect(pages.flat().toSorted()).toEqual(
        Array.from({ length: count }, (_, at) => `t${String(at).padStart(4, '0')}`),
      );
      expect(one).toEqual(fullDecision('t1202', { at: START_MS + 601 }));
      await ledger.close();
    });
  });
};

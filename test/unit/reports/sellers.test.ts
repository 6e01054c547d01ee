import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priceFromUsdPerMillion } from '../../../src/core/money.ts';
import { blendedRate, dominatedBy, plainRate, type Standing, spreadOf } from '../../../src/reports/sellers.ts';
import { sampleOffer, sampleSheet } from '../../support/sample.ts';

const seller = (offer: string, blended: number | null, change: Partial<Standing> = {}): Standing => ({
  offer,
  blended,
  firstTokenMs: 500,
  tokensPerSecond: 50,
  uptime: 0.99,
  ...change,
});

describe('rates', () => {
  const offer = sampleOffer();

  it('are the everyday ones: no cliff, no hours, no tier', () => {
    const sheet = sampleSheet(offer, { input: 1, output: 5 });
    const cliff = { op: 'gt', tokens: 200_000 } as const;
    const dearer = { meter: 'input', price: priceFromUsdPerMillion(2), when: { promptTokens: cliff } } as const;
    const batch = { meter: 'input', price: priceFromUsdPerMillion(0.5), tier: 'batch' } as const;
    const full = { ...sheet, rates: [...sheet.rates, dearer, batch] };
    expect(plainRate(full, 'input')).toBe(1);
    expect(blendedRate(full)).toBe(2);
    expect(plainRate(full, 'cached_input')).toBeNull();
    expect(blendedRate({ ...sheet, rates: [{ meter: 'input', price: null }, ...sheet.rates.slice(1)] })).toBeNull();
    expect(blendedRate(undefined)).toBeNull();
  });
});

describe('a dominated seller', () => {
  it('has another that is no worse in anything and better in something; the cheapest such is named', () => {
    const found = dominatedBy([
      seller('a', 1),
      seller('b', 2),
      seller('c', 2, { tokensPerSecond: 400 }),
      seller('d', 3, { firstTokenMs: 600 }),
      seller('e', 1, { uptime: 0.5 }),
    ]);
    expect([...found]).toEqual([
      ['b', 'a'],
      ['d', 'a'],
      ['e', 'a'],
    ]);
  });

  it('is nobody of whom something is unknown that could be better', () => {
    const unknown = [{ blended: null }, { firstTokenMs: null }, { tokensPerSecond: null }];
    for (const change of unknown) {
      expect([...dominatedBy([seller('a', 1), seller('b', 2, change)])]).toEqual([]);
      expect([...dominatedBy([seller('a', 1, change), seller('b', 2)])]).toEqual([]);
    }
    expect([...dominatedBy([seller('a', 1, { uptime: null }), seller('b', 2)])]).toEqual([]);
    expect([...dominatedBy([seller('a', 1), seller('b', 2, { uptime: null })])]).toEqual([['b', 'a']]);
    expect([...dominatedBy([seller('a', 1), seller('b', 1)])]).toEqual([]);
  });

  it('never leaves nobody, and never the cheapest of all', () => {
    const number = fc.integer({ min: 1, max: 5 });
    const standing = fc.record({ blended: number, firstTokenMs: number, tokensPerSecond: number, uptime: number });
    fc.assert(
      fc.property(fc.array(standing, { minLength: 1, maxLength: 12 }), (list) => {
        const sellers = list.map((each, at) => ({ ...each, offer: `s${at}` }));
        const found = dominatedBy(sellers);
        expect(found.size).toBeLessThan(sellers.length);
        for (const [offer, by] of found) {
          const [worse, better] = [offer, by].map((name) => sellers.find((each) => each.offer === name));
          expect(better?.blended).toBeLessThanOrEqual(worse?.blended ?? 0);
          expect(better?.firstTokenMs).toBeLessThanOrEqual(worse?.firstTokenMs ?? 0);
          expect(better?.tokensPerSecond).toBeGreaterThanOrEqual(worse?.tokensPerSecond ?? 9);
        }
      }),
    );
  });
});

describe('the spread', () => {
  it('says how far the dearest and the median are from the cheapest', () => {
    expect(spreadOf([0.5, 2, 1])).toEqual({
      sellers: 3,
      cheapest_usd_per_million: 0.5,
      median_usd_per_million: 1,
      dearest_usd_per_million: 2,
      dearest_over_cheapest: 4,
      cheapest_below_median: 0.5,
    });
    expect(spreadOf([0, 1])).toMatchObject({ dearest_over_cheapest: null, cheapest_below_median: 1 });
    expect(spreadOf([0])).toMatchObject({ dearest_over_cheapest: null, cheapest_below_median: null });
    expect(spreadOf([])).toBeUndefined();
  });
});

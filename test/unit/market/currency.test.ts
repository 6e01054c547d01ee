import { describe, expect, it } from 'vitest';
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import type { PriceSheet } from '../../../src/core/price.ts';
import { currenciesOf, loadCurrencies, RATE_STALE_MS, withCurrencyAge } from '../../../src/market/currency.ts';
import { decimalText, timesDecimal } from '../../../src/market/feeds/decimal.ts';
import { parseOverrides } from '../../../src/market/feeds/local-file.ts';
import { parseProviderModels } from '../../../src/market/feeds/provider-models.ts';
import { createPriceTable } from '../../../src/market/sheets.ts';
import { isPriced } from '../../../src/core/cost.ts';

const DAY = 24 * 3600 * 1000;
const AT = Date.UTC(2026, 10, 24);
const RATES = currenciesOf({
  CNY: { usd: 0.14, date: '2026-11-20', source: 'a bank' },
  EUR: { usd: 1.25, date: '2026-11-20', source: 'a bank' },
});
const MOONSHOT = { id: 'kimi-k9', pricing: { prompt: '0.000004', completion: '0.000016' } };

describe('a price in another currency', () => {
  it('is converted exactly and keeps what it was, at which rate, of which day', () => {
    const { rows } = parseProviderModels(
      { data: [MOONSHOT] },
      { provider: 'moonshotai-cn', currency: 'CNY', currencies: RATES },
    );
    expect(rows[0]?.sheet.rates).toEqual([
      {
        meter: 'input',
        price: 560_000,
        native: { currency: 'CNY', amount: '4', usd: '0.14', rateAt: Date.UTC(2026, 10, 20), source: 'a bank' },
      },
      expect.objectContaining({ meter: 'output', price: 2_240_000 }),
    ]);
  });

  it('may be named by the list itself, beside the price or inside it', () => {
    const inside = { ...MOONSHOT, pricing: { ...MOONSHOT.pricing, currency: 'eur' } };
    const beside = { ...MOONSHOT, id: 'b', currency: 'EUR' };
    const { rows } = parseProviderModels(
      { data: [inside, beside, { ...MOONSHOT, id: 'c' }] },
      { provider: 'x', currencies: RATES },
    );
    expect(rows.map(({ sheet }) => sheet.rates[0]?.price)).toEqual([5_000_000, 5_000_000, 4_000_000]);
  });

  it('without a rate is no price: the row is left out and says which currency', () => {
    const { rows, skipped } = parseProviderModels(
      { data: [{ ...MOONSHOT, currency: 'XAU' }] },
      { provider: 'x', currencies: RATES },
    );
    expect(rows).toEqual([]);
    expect(skipped).toEqual(['kimi-k9: prices in XAU, which has no dollar rate here']);
  });

  it.each([[7], [null], [{}]])('that is named by %s and not by letters is no price', (currency) => {
    const entry = { ...MOONSHOT, pricing: { ...MOONSHOT.pricing, currency } };
    const { rows } = parseProviderModels({ data: [entry] }, { provider: 'x', currencies: RATES });
    expect(rows).toHaveLength(currency === null ? 1 : 0);
  });
});

describe('an override in another currency', () => {
  const file = (price: string) =>
    parseOverrides(
      `version: 1\noverrides:\n  - { offer: "house:a/b", price: { input: ${price}, output: ${price}, request: EUR 0.02 }, from: 2026-11-01, reason: contract }`,
      RATES,
    );
  const tableWith = (price: string) => {
    const table = createPriceTable({ canonicalise: () => ({ model: modelKey('a/b'), variants: [], known: true }) });
    const { overrides, skipped } = file(price);
    expect(skipped).toEqual([]);
    table.setOverrides(overrides);
    return table.at(offerKey('house', modelKey('a/b')), AT);
  };

  it('is converted, per million and per use', () => {
    const sheet = tableWith('CNY 2/M');
    expect(sheet?.rates.map(({ meter, price }) => [meter, price])).toEqual([
      ['input', 280_000],
      ['output', 280_000],
      ['request', 25_000_000_000],
    ]);
    expect(sheet?.rates[2]?.native).toMatchObject({ currency: 'EUR', amount: '0.02' });
    expect(sheet?.reasons.at(-1)).toMatch(/^converted from (?:CNY at 0.14|EUR at 1.25) of 2026-11-20 \(a bank\)$/);
  });

  it('in a currency nobody knows is charged but unknown: not routable, with the reason', () => {
    const sheet = tableWith('XTS 2/M');
    expect(sheet && isPriced(sheet)).toBe(false);
    expect(sheet?.reasons[0]).toBe('override: contract; XTS has no dollar rate here, so the offer is not routable');
  });

  it.each(['CNY 2', '¥2/M', 'cny 2/M', 'CNY -2/M', 'CNY 1e3/M'])('is refused when it is written %s', (price) => {
    expect(file(price).skipped).toHaveLength(1);
  });
});

describe('the age of an exchange rate', () => {
  const sheet = (rateAt: number): PriceSheet => ({
    offer: offerKey('house', modelKey('a/b')),
    revision: 'r',
    rates: [
      {
        ...parseProviderModels({ data: [MOONSHOT] }, { provider: 'x', currency: 'CNY', currencies: RATES }).rows[0]
          ?.sheet.rates[0],
        meter: 'input',
        price: null,
        native: { currency: 'CNY', amount: '4', usd: '0.14', rateAt, source: 'a bank' },
      },
    ],
    effectiveFrom: 0,
    observedAt: AT,
    status: 'verified',
    confidence: 0.99,
    sources: [],
    reasons: ['because'],
  });

  it('makes a price stale once it is older than its bound, and says so', () => {
    const aged = withCurrencyAge(sheet(AT - RATE_STALE_MS - DAY), AT);
    expect(aged).toMatchObject({ status: 'stale' });
    expect(aged?.confidence).toBeLessThan(0.99);
    expect(aged?.reasons).toEqual([
      'the exchange rate is 32 days old',
      'because',
      'converted from CNY at 0.14 of 2026-10-23 (a bank)',
    ]);
  });

  it('up to its bound only tells where the price comes from', () => {
    const fresh = withCurrencyAge(sheet(AT - RATE_STALE_MS), AT);
    expect(fresh).toMatchObject({ status: 'verified', confidence: 0.99 });
    expect(fresh?.reasons).toContain('converted from CNY at 0.14 of 2026-10-24 (a bank)');
  });

  it('leaves a dollar price alone', () => {
    const dollars = { ...sheet(AT), rates: [] };
    expect(withCurrencyAge(dollars, AT)).toBe(dollars);
    expect(withCurrencyAge(undefined, AT)).toBeUndefined();
  });
});

describe('currencies that ship', () => {
  it('have a rate, a day and a source each', () => {
    const shipped = loadCurrencies(new URL('../../../pricing/currencies.yaml', import.meta.url));
    expect([...shipped.keys()]).toContain('CNY');
    for (const { usd, at, source } of shipped.values()) {
      expect(Number(usd)).toBeGreaterThan(0);
      expect(at).toBeLessThan(AT);
      expect(source).not.toBe('');
    }
  });
});

describe('decimal arithmetic', () => {
  it.each([
    [1_000_000, '0.149152', 149_152],
    [3, '0.5', 2],
    [5, '0.5', 2],
    [1, '1e-7', 0],
    [560_000, 1.25, 700_000],
  ])('%d times %s is %d, rounded once and half to even', (whole, factor, product) => {
    expect(timesDecimal(whole, factor)).toBe(product);
  });

  it.each([['-1'], ['x'], ['1e308'], [Number.NaN]])('has no product with %s', (factor) => {
    expect(timesDecimal(1_000_000, factor)).toBeUndefined();
  });

  it.each([
    [4_000_000, '4'],
    [97_500, '0.0975'],
    [0, '0'],
    [12_345_678, '12.345678'],
  ])('writes %d millionths as %s', (whole, text) => {
    expect(decimalText(whole, 6)).toBe(text);
  });
});

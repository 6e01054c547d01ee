import { describe, expect, it } from 'vitest';
import { costOf, isPriced } from '../../../src/core/cost.ts';
import { picoUsdPerUnit, priceFromUsdPerMillion } from '../../../src/core/money.ts';
import type { Meter, Rate } from '../../../src/core/price.ts';
import { GOLDEN, sheetOf } from './golden.ts';

const rate = (meter: Meter, usd: number | null, extra: Partial<Rate> = {}): Rate => ({
  meter,
  price: usd === null ? null : priceFromUsdPerMillion(usd),
  ...extra,
});
const sheet = (...rates: Rate[]) => sheetOf('seller', 'author/model', rates);
const AT = Date.UTC(2026, 8, 20, 12);

describe('the twelve golden calculations', () => {
  it.each(GOLDEN)('$name comes out to the pico-dollar', ({ sheet: golden, usage, at, pico }) => {
    expect(costOf(usage, golden, Date.parse(at))).toEqual({ pico, unpriced: [], estimated: [] });
  });

  it('has all twelve', () => expect(GOLDEN).toHaveLength(12));
});

describe('costOf', () => {
  it('names a used meter without a rate and counts the rest as a lower bound', () => {
    const cost = costOf({ input: 10, output: 5, audio_output: 7 }, sheet(rate('input', 1), rate('output', 2)), AT);
    expect(cost).toEqual({ pico: 20_000_000, unpriced: ['audio_output'], estimated: [] });
  });

  it('tells a price that is charged but unknown from a free one', () => {
    const unknown = costOf({ input: 10 }, sheet(rate('input', null), rate('output', 2)), AT);
    const free = costOf({ input: 10 }, sheet(rate('input', 0), rate('output', 2)), AT);
    expect([unknown.unpriced, free.unpriced]).toEqual([['input'], []]);
    expect(free.pico).toBe(0);
  });

  it('prices a silent cache read at the input rate and says so', () => {
    const cost = costOf({ cached_input: 100, output: 1 }, sheet(rate('input', 3), rate('output', 15)), AT);
    expect(cost).toEqual({ pico: 315_000_000, unpriced: [], estimated: ['cached_input'] });
  });

  it('prices reasoning as output without calling it an estimate, because that is what it is billed as', () => {
    const cost = costOf({ output: 10, reasoning: 90 }, sheet(rate('input', 1), rate('output', 2)), AT);
    expect(cost).toEqual({ pico: 200_000_000, unpriced: [], estimated: [] });
  });

  it('does not let an unknown cache price stand in as the input rate', () => {
    const cost = costOf({ cached_input: 5 }, sheet(rate('input', 3), rate('cached_input', null)), AT);
    expect(cost.unpriced).toEqual(['cached_input']);
  });

  it('charges a fee per request once when the usage does not count requests', () => {
    const fee: Rate = { meter: 'request', price: picoUsdPerUnit(5_000_000_000) };
    const rates = [rate('input', 1), rate('output', 2), fee];
    expect(costOf({ input: 1 }, sheet(...rates), AT).pico).toBe(5_001_000_000);
    expect(costOf({ input: 1, request: 3 }, sheet(...rates), AT).pico).toBe(15_001_000_000);
  });

  it('charges the tier that served, and marks the standard rate where the tier is silent', () => {
    const rates = [rate('input', 4), rate('output', 8), rate('input', 2, { tier: 'batch' })];
    const cost = costOf({ input: 10, output: 10 }, sheet(...rates), AT, 'batch');
    expect(cost).toEqual({ pico: 100_000_000, unpriced: [], estimated: ['output'] });
  });

  it('applies a window that wraps midnight on both sides of it', () => {
    const night = rate('input', 1, { when: { utcMinutes: { start: 23 * 60, end: 60 } } });
    const priced = sheet(rate('input', 2), rate('output', 2), night);
    const at = (text: string) => costOf({ input: 1 }, priced, Date.parse(`2026-09-20T${text}Z`)).pico;
    expect(['22:59:59', '23:00:00', '00:30:00', '00:59:59', '01:00:00'].map(at)).toEqual([2e6, 1e6, 1e6, 1e6, 2e6]);
  });

  it('reads gt and gte one token apart', () => {
    const cliff = (op: 'gt' | 'gte') =>
      sheet(rate('input', 1), rate('output', 1), rate('input', 2, { when: { promptTokens: { op, tokens: 100 } } }));
    expect(costOf({ input: 100 }, cliff('gt'), AT).pico).toBe(100e6);
    expect(costOf({ input: 100 }, cliff('gte'), AT).pico).toBe(200e6);
  });
});

describe('isPriced', () => {
  it('wants known standard prices both ways', () => {
    expect(isPriced(sheet(rate('input', 1), rate('output', 0)))).toBe(true);
    expect(isPriced(sheet(rate('input', 1), rate('output', null)))).toBe(false);
    expect(isPriced(sheet(rate('input', 1), rate('output', 1, { tier: 'batch' })))).toBe(false);
    expect(isPriced(sheet(rate('input', 1)))).toBe(false);
  });
});

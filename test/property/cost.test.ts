import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/core/cost.ts';
import { picoUsdPerUnit } from '../../src/core/money.ts';
import { METERS, type Meter, type Rate, type Usage } from '../../src/core/price.ts';
import { dearerOf } from '../../src/market/upper-bound.ts';
import { sheetOf } from '../unit/core/golden.ts';

const TOKEN_METERS = METERS.filter((meter) => meter !== 'request' && meter !== 'search');
const price = fc.integer({ min: 0, max: 600_000_000 }).map(picoUsdPerUnit);
const conditions = fc.oneof(
  fc.record({
    promptTokens: fc.record({
      op: fc.constantFrom('gt' as const, 'gte' as const),
      tokens: fc.constantFrom(1000, 2000, 4000),
    }),
  }),
  fc.record({
    utcMinutes: fc.record({ start: fc.integer({ min: 0, max: 1439 }), end: fc.integer({ min: 0, max: 1439 }) }),
  }),
);
const meter = fc.constantFrom(...TOKEN_METERS);
const plain = fc.record({ meter, price });
const conditional = fc.record({ meter, price, when: conditions });
const rates: fc.Arbitrary<readonly Rate[]> = fc
  .tuple(price, price, fc.array(plain, { maxLength: 6 }), fc.array(conditional, { maxLength: 6 }))
  .map(([input, output, extra, when]) => [
    { meter: 'input', price: input },
    { meter: 'output', price: output },
    ...extra.filter((rate) => rate.meter !== 'input' && rate.meter !== 'output'),
    ...when,
  ]);
/** Meters a sheet with input and output can always price. */
const STANDING: readonly Meter[] = ['input', 'cached_input', 'cache_write_5m', 'cache_write_1h', 'output', 'reasoning'];
const usage: fc.Arbitrary<Usage> = fc
  .array(fc.tuple(fc.constantFrom(...STANDING), fc.integer({ min: 0, max: 3000 })), { maxLength: 6 })
  .map((pairs) => Object.fromEntries(pairs));
const at = fc.integer({ min: 0, max: 2 ** 41 });

const cost = (used: Usage, list: readonly Rate[], when: number) => costOf(used, sheetOf('s', 'a/m', list), when).pico;

describe('cost', () => {
  it('is never negative, and grows with every further token of a sheet without conditions', () => {
    fc.assert(
      fc.property(rates, usage, at, meter, (list, used, when, more) => {
        const flat = list.filter((rate) => !rate.when);
        const before = cost(used, flat, when);
        expect(before).toBeGreaterThanOrEqual(0);
        expect(cost({ ...used, [more]: (used[more] ?? 0) + 1 }, flat, when)).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it('of two calls is the sum of their costs where no condition is at play', () => {
    fc.assert(
      fc.property(rates, usage, usage, at, (list, one, two, when) => {
        const flat = list.filter((rate) => !rate.when);
        const both = Object.fromEntries(STANDING.map((each) => [each, (one[each] ?? 0) + (two[each] ?? 0)]));
        expect(cost(both, flat, when)).toBe(cost(one, flat, when) + cost(two, flat, when));
      }),
    );
  });

  it('under the dearer of two sheets is at least the cost under either, whatever is used and whenever', () => {
    fc.assert(
      fc.property(rates, rates, usage, at, (one, two, used, when) => {
        const upper = cost(used, dearerOf(one, two), when);
        expect(upper).toBeGreaterThanOrEqual(Math.max(cost(used, one, when), cost(used, two, when)));
      }),
      { numRuns: 500 },
    );
  });
});

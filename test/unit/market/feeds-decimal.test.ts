import { describe, expect, it } from 'vitest';
import { picoOf, USD_PER_MILLION, USD_PER_THOUSAND, USD_PER_TOKEN } from '../../../src/market/feeds/decimal.ts';

describe('picoOf', () => {
  it.each([
    ['0.00000125', USD_PER_TOKEN, 1_250_000],
    ['2.5e-06', USD_PER_TOKEN, 2_500_000],
    [2.5e-6, USD_PER_TOKEN, 2_500_000],
    [0.16999999999999998, USD_PER_MILLION, 170_000],
    ['0.08333333333333334', USD_PER_MILLION, 83_333],
    ['0.002', USD_PER_MILLION, 2000],
    [10, USD_PER_THOUSAND, 10_000_000_000],
    ['-1', USD_PER_TOKEN, -1_000_000_000_000],
    ['0', USD_PER_TOKEN, 0],
    ['-0', USD_PER_TOKEN, 0],
  ])('reads %j exactly', (value, scale, pico) => expect(picoOf(value, scale)).toBe(pico));

  it('rounds a half to the even neighbour, once', () => {
    expect(['0.0000005', '0.0000015', '0.0000025', '0.00000250001'].map((text) => picoOf(text, 6))).toEqual([
      0, 2, 2, 3,
    ]);
  });

  it.each(['', ' ', '$1', '1,000', 'free', '0x10', 'Infinity', 'NaN', '1e999', '9'.repeat(41), null, true, [], {}])(
    'gives nothing for %j',
    (value) => expect(picoOf(value, USD_PER_TOKEN)).toBeUndefined(),
  );
});

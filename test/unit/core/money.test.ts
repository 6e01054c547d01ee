import { describe, expect, it } from 'vitest';
import {
  addUsd,
  formatUsd,
  nanoFromPico,
  nanoFromUsd,
  nanoUsd,
  picoUsd,
  picoUsdPerUnit,
  priceFromUsdPerMillion,
  usdPerMillion,
} from '../../../src/core/money.ts';

describe('money', () => {
  it('takes a dollar per million as exactly a million pico-dollars', () => {
    expect(priceFromUsdPerMillion(1)).toBe(1_000_000);
    expect(priceFromUsdPerMillion('0.0028')).toBe(2800);
    expect(usdPerMillion(priceFromUsdPerMillion(0.59))).toBe(0.59);
  });

  it('rounds the noise of floats away', () => {
    expect(priceFromUsdPerMillion(0.16999999999999998)).toBe(170_000);
    expect(priceFromUsdPerMillion(0.1 + 0.2)).toBe(300_000);
  });

  it.each(['', '  ', 'free', '1,5', Number.NaN, Number.POSITIVE_INFINITY, -1, '-0.5'])(
    'refuses %j as a price',
    (value) => {
      expect(() => priceFromUsdPerMillion(value)).toThrow(RangeError);
    },
  );

  it('refuses fractions and negative numbers in every unit', () => {
    for (const make of [picoUsdPerUnit, picoUsd, nanoUsd]) {
      expect(() => make(0.5)).toThrow(RangeError);
      expect(() => make(-1)).toThrow(RangeError);
      expect(() => make(2 ** 53)).toThrow(RangeError);
    }
  });

  it('rounds half up from pico to nano', () => {
    expect([499, 500, 1499, 1500].map((pico) => nanoFromPico(picoUsd(pico)))).toEqual([0, 1, 1, 2]);
  });

  it('adds without drift, where floats would', () => {
    let total = nanoUsd(0);
    for (let call = 0; call < 1_000_000; call += 1) total = addUsd(total, nanoUsd(2850));
    expect(total).toBe(2_850_000_000);
  });

  it('refuses a sum beyond what a number can hold exactly', () => {
    expect(() => addUsd(nanoUsd(Number.MAX_SAFE_INTEGER), nanoUsd(1))).toThrow(RangeError);
  });

  it.each([
    [0, '$0'],
    [12.3, '$12.30'],
    [0.0042, '$0.0042'],
    [0.00000285, '$0.00000285'],
    [0.5, '$0.5'],
  ])('shows %d as %s', (usd, text) => expect(formatUsd(nanoFromUsd(usd))).toBe(text));
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nanoFromPico, picoUsd, priceFromUsdPerMillion, usdPerMillion } from '../../src/core/money.ts';
import { picoOf, USD_PER_MILLION, USD_PER_TOKEN } from '../../src/market/feeds/decimal.ts';

const digits = fc.integer({ min: 0, max: 999_999_999 });

describe('decimals', () => {
  it('with six places of a dollar per million are taken exactly', () => {
    fc.assert(
      fc.property(digits, (pico) => {
        const text = `${Math.floor(pico / 1e6)}.${String(pico % 1e6).padStart(6, '0')}`;
        expect(picoOf(text, USD_PER_MILLION)).toBe(pico);
        expect(priceFromUsdPerMillion(text)).toBe(pico);
      }),
    );
  });

  it('per token and per million say the same price', () => {
    fc.assert(
      fc.property(digits, (pico) => {
        expect(picoOf(`${pico}e-12`, USD_PER_TOKEN)).toBe(pico);
        expect(picoOf(pico / 1e12, USD_PER_TOKEN)).toBe(picoOf(pico / 1e6, USD_PER_MILLION));
      }),
    );
  });

  it('beyond the sixth place are rounded half to even', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 0, max: 9999 }), (whole, rest) => {
        const exact = whole + rest / 10_000;
        const even = whole % 2 === 0 ? whole : whole + 1;
        const expected = rest === 5000 ? even : Math.round(exact);
        expect(picoOf(`${whole}.${String(rest).padStart(4, '0')}e-6`, USD_PER_MILLION)).toBe(expected);
      }),
    );
  });

  it('that are no decimals give nothing, and nothing throws', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const pico = picoOf(value, USD_PER_TOKEN);
        const readable = typeof value === 'string' || typeof value === 'number';
        expect(pico === undefined || (readable && Number.isSafeInteger(pico))).toBe(true);
      }),
    );
  });
});

describe('amounts', () => {
  it('lose less than half a nano-dollar when a pico-dollar cost is stored', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (pico) => {
        expect(Math.abs(nanoFromPico(picoUsd(pico)) * 1000 - pico)).toBeLessThanOrEqual(500);
      }),
    );
  });

  it('survive the way to dollars per million and back', () => {
    fc.assert(
      fc.property(digits, (pico) => {
        expect(priceFromUsdPerMillion(usdPerMillion(priceFromUsdPerMillion(pico / 1e6)))).toBe(pico);
      }),
    );
  });
});

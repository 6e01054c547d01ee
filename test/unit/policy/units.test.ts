import { describe, expect, it } from 'vitest';
import { modelKey } from '../../../src/core/offer.ts';
import * as unit from '../../../src/policy/units.ts';

const readAs = <Value>(kind: unit.Unit<Value>, text: string): Value | undefined =>
  new RegExp(`^(?:${kind.pattern})$`).test(text) ? kind.read(text) : undefined;

describe('units', () => {
  it('reads money exactly to the nano-dollar, where floats would not be exact', () => {
    expect(readAs(unit.MONEY, '$0.02')).toBe(20_000_000);
    expect(readAs(unit.MONEY, '$0.000000001')).toBe(1);
    expect(readAs(unit.MONEY, '$1.15')).toBe(1_150_000_000);
    expect(readAs(unit.MONEY, '$999999.999999999')).toBe(999_999_999_999_999);
  });

  it.each(['25', '$', '$1,000', '$-1', '-$1', '€2', '$.5', '$1e3', '$1000000', '$0.0000000001', ' $1'])(
    'refuses %s as money',
    (text) => expect(readAs(unit.MONEY, text)).toBeUndefined(),
  );

  it('reads a rate with its period', () => {
    expect(readAs(unit.RATE, '$40/day')).toEqual({ amount: 40_000_000_000, periodMs: 86_400_000 });
    expect(readAs(unit.RATE, '$1/hour')?.periodMs).toBe(3_600_000);
    expect(readAs(unit.RATE, '$40')).toBeUndefined();
    expect(readAs(unit.RATE, '$40/year')).toBeUndefined();
    expect(readAs(unit.PER_DAY, '$1/week')).toBeUndefined();
  });

  it('reads a price as pico-dollars per token', () => {
    expect(readAs(unit.PRICE, '$0.50/M')).toBe(500_000);
    expect(readAs(unit.PRICE, '$0.000001/M')).toBe(1);
    expect(readAs(unit.PRICE, '$0.5')).toBeUndefined();
  });

  it.each([
    ['800ms', 800],
    ['2s', 2000],
    ['1.5s', 1500],
    ['1.005s', 1005],
    ['60s', 60_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['14d', 1_209_600_000],
  ])('reads %s as milliseconds', (text, milliseconds) => expect(readAs(unit.DURATION, text)).toBe(milliseconds));

  it.each(['60', '0s', '0.5ms', '367d', '2 s', '2w', '-1s', '1e3s'])('refuses %s as a duration', (text) =>
    expect(readAs(unit.DURATION, text)).toBeUndefined(),
  );

  it('reads tokens with a thousand to the k', () => {
    expect(readAs(unit.TOKENS, '4k')).toBe(4000);
    expect(readAs(unit.TOKENS, '1.5k')).toBe(1500);
    expect(readAs(unit.TOKENS, '4096')).toBe(4096);
    expect(readAs(unit.TOKENS, '0')).toBeUndefined();
    expect(readAs(unit.TOKENS, '0.0001k')).toBeUndefined();
  });

  it('reads a share as percent or decimal, and never a bare 1', () => {
    expect(readAs(unit.SHARE, '2%')).toBe(0.02);
    expect(readAs(unit.SHARE, '0.07')).toBe(0.07);
    expect(readAs(unit.SHARE, '7%')).toBe(0.07);
    expect(readAs(unit.SHARE, '100%')).toBe(1);
    expect(readAs(unit.SHARE, '1')).toBeUndefined();
    expect(readAs(unit.SHARE, '101%')).toBeUndefined();
  });

  it('reads a quality floor', () => {
    expect(readAs(unit.FLOOR, '0.95 of openai/gpt-5.2')).toEqual({ share: 0.95, of: modelKey('openai/gpt-5.2') });
    expect(readAs(unit.FLOOR, '95% of openai/gpt-5.2')?.share).toBe(0.95);
    expect(readAs(unit.FLOOR, '1 of openai/gpt-5.2')?.share).toBe(1);
    expect(readAs(unit.FLOOR, '0 of openai/gpt-5.2')).toBeUndefined();
    expect(readAs(unit.FLOOR, '0.95 of gpt-5.2')).toBeUndefined();
    expect(readAs(unit.FLOOR, '0.95 of openai/*')).toBeUndefined();
  });

  it('reads tests of numbers', () => {
    expect(readAs(unit.DIFFICULTY_TEST, '> 0.7')).toEqual({ op: '>', value: 0.7 });
    expect(readAs(unit.DIFFICULTY_TEST, '<=1')).toEqual({ op: '<=', value: 1 });
    expect(readAs(unit.TOKENS_TEST, '>= 8k')).toEqual({ op: '>=', value: 8000 });
    expect(readAs(unit.DIFFICULTY_TEST, '0.7')).toBeUndefined();
    expect(readAs(unit.DIFFICULTY_TEST, '> 1.1')).toBeUndefined();
    expect(readAs(unit.DIFFICULTY_TEST, '=> 0.5')).toBeUndefined();
  });

  it('holds each test at its border', () => {
    const at = (op: '<' | '<=' | '>' | '>=') => unit.passes({ op, value: 0.5 }, 0.5);
    expect([at('<'), at('<='), at('>'), at('>=')]).toEqual([false, true, false, true]);
    expect(unit.passes({ op: '<', value: 0.5 }, 0.4)).toBe(true);
    expect(unit.passes({ op: '>', value: 0.5 }, 0.4)).toBe(false);
  });
});

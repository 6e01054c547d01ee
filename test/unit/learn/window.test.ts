import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/learn/decide.ts';
import { createWindow, hullOf, WINDOW } from '../../../src/learn/window.ts';
import { inputOf } from './market.ts';

const option = (price: number, quality: number) => ({ price, cost: price, quality });

describe('hullOf', () => {
  it('keeps what is best at some exchange rate', () => {
    const all = [option(1, 0.5), option(2, 0.4), option(3, 0.55), option(4, 0.8), option(8, 0.9), option(9, 0.9)];
    expect(hullOf(all)).toEqual([option(1, 0.5), option(4, 0.8), option(8, 0.9)]);
  });

  it('keeps the better of two at one price', () => {
    expect(hullOf([option(1, 0.5), option(1, 0.7)])).toEqual([option(1, 0.7)]);
  });
});

describe('a window', () => {
  const market = [
    { key: 'a:x/small', usd: 0.001, mean: 0.6 },
    { key: 'b:y/large', usd: 0.011, mean: 0.8 },
  ];

  it('foresees what decide would do at a rate', () => {
    const window = createWindow();
    window.add(decide(inputOf(market)), undefined);
    for (const rate of [0, 0.01, 0.049, 0.051, 1]) {
      const [first] = decide(inputOf(market, { exchangeRate: rate })).ladder;
      expect(window.prospect(rate).quality).toBe(first?.quality.mean);
    }
  });

  it('remembers so many requests and no more', () => {
    const window = createWindow();
    for (let count = 0; count < WINDOW + 50; count++) window.add(decide(inputOf(market, { at: count })), count);
    expect(window.size()).toBe(WINDOW);
    expect(window.since()).toBe(50);
    expect(window.reference()).toBeCloseTo(50 + (WINDOW - 1) / 2);
  });
});

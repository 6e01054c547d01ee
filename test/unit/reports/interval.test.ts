// Intervals of means: exact where values are alike, wide enough where a few of them decide.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { around } from '../../../src/reports/interval.ts';
import { seededRng } from '../../support/rng.ts';

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed + 1);

/** Share of samples whose interval holds the true mean. */
const coverage = (mean: number, sample: (seed: number) => readonly number[]): number =>
  SEEDS.filter((seed) => {
    const { low, high } = around(sample(seed));
    return low <= mean && mean <= high;
  }).length / SEEDS.length;

/** What weighting by one over the logged chance makes of a log: nearly all nothing, a few very much. Its mean is 1. */
const rarely =
  (count: number, chance: number) =>
  (seed: number): readonly number[] => {
    const rng = seededRng(seed);
    return Array.from({ length: count }, () => (rng.next() < chance ? (0.5 + rng.next()) / chance : 0));
  };

/** Bills as they are: log-normal, σ 1.2. */
const bills = (seed: number): readonly number[] => {
  const rng = seededRng(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());
  return Array.from({ length: 400 }, () => Math.exp(1.2 * normal() - 0.72));
};

describe('an interval of a mean', () => {
  it('is the normal one where many values are alike', () => {
    const { mean, low, high } = around(Array.from({ length: 10_000 }, (_, at) => at % 2));
    expect(mean).toBe(0.5);
    expect(high - mean).toBeCloseTo(1.96 * (0.5 / 100), 5);
    expect(mean - low).toBeCloseTo(high - mean, 10);
  });

  it('holds the truth in 90 to 99 % of samples of which fifteen values decide, and of bills with long tails', () => {
    for (const share of [coverage(1, rarely(3_000, 0.005)), coverage(1, bills)]) {
      expect(share).toBeGreaterThanOrEqual(0.9);
      expect(share).toBeLessThanOrEqual(0.99);
    }
  });

  it('reaches further to the side of the long tail', () => {
    const { mean, low, high } = around([...Array.from({ length: 200 }, () => 0), 50]);
    expect(high - mean).toBeGreaterThan(1.2 * (mean - low));
  });

  it('is the value itself where all are one, and holds the sample mean always', () => {
    const same = around([0.3, 0.3, 0.3]);
    expect([same.low, same.high]).toEqual([same.mean, same.mean]);
    expect(around([])).toEqual({ mean: 0, low: 0, high: 0 });
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 }),
        (values) => {
          const { mean, low, high } = around(values);
          expect(low).toBeLessThanOrEqual(mean);
          expect(high).toBeGreaterThanOrEqual(mean);
        },
      ),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { seededRng } from '../support/rng.ts';
import { slopeOf } from './slope.ts';

const series = (grows: number, noise: number, seed: number) => {
  const rng = seededRng(seed);
  return Array.from({ length: 40 }, (_, at) => ({ at, value: 100 + grows * at + noise * (rng.next() - 0.5) }));
};

describe('the slope of what is measured', () => {
  it('is found through noise and a few odd moments, inside its interval', () => {
    const points = series(2, 10, 7).map((point) => (point.at % 13 === 5 ? { ...point, value: 900 } : point));
    const { slope, least, most } = slopeOf(points);
    expect(slope).toBeCloseTo(2, 0);
    expect([least < 2, most > 2]).toEqual([true, true]);
  });

  it('of nothing but noise is not told from zero', () => {
    const { least, most } = slopeOf(series(0, 10, 11));
    expect([least < 0, most > 0]).toEqual([true, true]);
  });

  it('of a leak is told from zero', () => {
    expect(slopeOf(series(1, 10, 13)).least).toBeGreaterThan(0.5);
  });
});

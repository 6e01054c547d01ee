import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hullAt, hullOf } from '../../../src/demo/hull.ts';

const point = fc.record({
  usd: fc.double({ min: 0.0001, max: 10, noNaN: true }),
  quality: fc.double({ min: 0, max: 1, noNaN: true }),
});
const points = fc.array(point, { minLength: 1, maxLength: 12 });
const SLACK = 1e-9;

describe('the coin-flip hull', () => {
  it('is never below a mix of two fixed models at the mix’s own cost', () => {
    fc.assert(
      fc.property(points, fc.nat(), fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (all, i, j, share) => {
        const [a, b] = [all[i % all.length], all[j % all.length]];
        if (!a || !b) return;
        const usd = share * a.usd + (1 - share) * b.usd;
        const quality = share * a.quality + (1 - share) * b.quality;
        expect(hullAt(all, usd)).toBeGreaterThanOrEqual(quality - SLACK);
      }),
    );
  });

  it('never falls as more is spent, and never beats the best model', () => {
    fc.assert(
      fc.property(
        points,
        fc.double({ min: 0, max: 12, noNaN: true }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (all, usd, more) => {
          expect(hullAt(all, usd + more)).toBeGreaterThanOrEqual(hullAt(all, usd) - SLACK);
          expect(hullAt(all, usd)).toBeLessThanOrEqual(Math.max(...all.map(({ quality }) => quality)) + SLACK);
        },
      ),
    );
  });

  it('bends only downwards, and its corners are models or nothing', () => {
    fc.assert(
      fc.property(points, (all) => {
        const corners = hullOf(all);
        const slopes = corners.slice(1).map((corner, at) => {
          const from = corners[at] ?? corner;
          return (corner.quality - from.quality) / (corner.usd - from.usd);
        });
        for (const [at, slope] of slopes.entries())
          expect(slope).toBeLessThanOrEqual((slopes[at - 1] ?? Infinity) + SLACK);
        for (const corner of corners.slice(1)) expect(all).toContain(corner);
      }),
    );
  });

  it('mixes the two neighbours, and starts from answering nothing', () => {
    const fixed = [
      { usd: 1, quality: 0.6 },
      { usd: 3, quality: 0.9 },
      { usd: 2, quality: 0.5 },
    ];
    expect(hullAt(fixed, 2)).toBeCloseTo(0.75);
    expect(hullAt(fixed, 0.5)).toBeCloseTo(0.3);
    expect(hullAt(fixed, 9)).toBeCloseTo(0.9);
  });
});

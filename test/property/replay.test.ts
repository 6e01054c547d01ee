// What must hold of the yardsticks of a replay whatever was recorded.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedModels, hullAt, hullOf } from '../../src/app/replay/hull.ts';
import { interval95, meanOf } from '../../src/app/replay/intervals.ts';
import { oracleFor } from '../../src/app/replay/oracle.ts';
import { pairScore } from '../../src/app/replay/pair.ts';
import { keysFor } from '../../src/app/replay/sellers.ts';
import type { Offered } from '../../src/app/replay/stream.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const point = fc.record({ usd: fc.double({ min: 1e-6, max: 1, noNaN: true }), quality: share });

const offered = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 }))
  .chain(([models, length]) =>
    fc.record({
      quality: fc.array(share, { minLength: models * length, maxLength: models * length }),
      cost: fc.array(fc.integer({ min: 1, max: 1_000_000 }), {
        minLength: models * length,
        maxLength: models * length,
      }),
      models: fc.constant(models),
      length: fc.constant(length),
    }),
  )
  .map(
    ({ quality, cost, models, length }): Offered => ({
      models,
      length,
      quality: Float64Array.from(quality),
      cost: Float64Array.from(cost),
      down: new Uint8Array(models * length),
    }),
  );

describe('the hull', () => {
  it('is nowhere below a fixed model, rises, and bends downwards', () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 12 }), (points) => {
        for (const { usd, quality } of points) expect(hullAt(points, usd)).toBeGreaterThanOrEqual(quality - 1e-9);
        const corners = hullOf(points);
        const slopes = corners.slice(1).map((to, at) => {
          const from = corners[at] ?? to;
          return (to.quality - from.quality) / (to.usd - from.usd);
        });
        expect(slopes.every((slope, at) => slope > 0 && slope <= (slopes[at - 1] ?? Number.POSITIVE_INFINITY))).toBe(
          true,
        );
      }),
    );
  });
});

describe('the oracle of a budget', () => {
  it('keeps to it unless even the cheapest answers cost more, and no mix of fixed models beats it by more than one answer', () => {
    fc.assert(
      fc.property(offered, fc.double({ min: 1e-6, max: 2e-3, noNaN: true }), (offer, budget) => {
        const oracle = oracleFor(offer, budget);
        const fixed = fixedModels(offer).flatMap((model) => model ?? []);
        const cheapest = Math.min(...fixed.map(({ usd }) => usd));
        if (budget < cheapest) return;
        expect(oracle.usd).toBeLessThanOrEqual(budget + 1e-12);
        expect(oracle.quality).toBeGreaterThanOrEqual(hullAt(fixed, budget) - 1 / offer.length - 1e-6);
      }),
    );
  });

  it('never gets worse with more money', () => {
    fc.assert(
      fc.property(offered, share, share, (offer, a, b) => {
        const [less, more] = [Math.min(a, b) / 1e3, Math.max(a, b) / 1e3];
        expect(oracleFor(offer, more).quality).toBeGreaterThanOrEqual(oracleFor(offer, less).quality - 1e-6);
      }),
    );
  });
});

describe('APGR', () => {
  const scored = fc.array(fc.record({ gain: fc.integer({ min: -20, max: 20 }), weak: share, strong: share }), {
    minLength: 2,
    maxLength: 60,
  });

  /** Models as good as level make every ratio of their gap a matter of rounding. */
  const gapOf = (rows: readonly { weak: number; strong: number }[]): number =>
    rows.reduce((sum, { weak, strong: better }) => sum + better - weak, 0);

  it('depends on the order of gains alone', () => {
    fc.assert(
      fc.property(scored, (rows) => {
        fc.pre(Math.abs(gapOf(rows)) > 0.01);
        const bent = rows.map((row) => ({ ...row, gain: row.gain * 3 + 7 }));
        const [straight, other] = [pairScore(rows), pairScore(bent)];
        expect(other === undefined).toBe(straight === undefined);
        if (straight && other) expect(other.apgr).toBeCloseTo(straight.apgr, 9);
      }),
    );
  });

  it('never asks for more than every call', () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const score = pairScore(rows);
        if (!score) return;
        for (const cpt of [score.cpt50, score.cpt80]) expect(cpt >= 0 && cpt <= 100 + 1e-9).toBe(true);
        expect(score.cpt50).toBeLessThanOrEqual(score.cpt80 + 1e-9);
      }),
    );
  });
});

describe('intervals', () => {
  it('hold the mean in their middle', () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 2, maxLength: 60 }), (values) => {
        const [low = 0, high = 0] = interval95(values) ?? [];
        expect((low + high) / 2).toBeCloseTo(meanOf(values), 9);
      }),
    );
  });
});

describe('keys of recorded models', () => {
  it('differ where names do', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 20 }), (names) => {
        const keys = [...keysFor(names).values()];
        expect(new Set(keys).size).toBe(names.length);
      }),
    );
  });
});

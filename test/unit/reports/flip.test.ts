import { assert, double, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision, Ranked } from '../../../src/core/decision.ts';
import { nanoFromUsd, nanoUsd } from '../../../src/core/money.ts';
import { flipsOf } from '../../../src/reports/flip.ts';
import { sampleDecision, sampleOffer, samplePlan, sampleQuote } from '../../support/sample.ts';

const WORTH = 0.02;
const rung = (key: string, usd: number, quality: number): Ranked => ({
  quote: { ...sampleQuote(sampleOffer(key)), cost: nanoFromUsd(usd) },
  quality: { mean: quality, sd: 0.1 },
  drawn: quality,
  utility: WORTH * quality - usd,
  probability: 0.5,
});
const spark = rung('lumen:lumen/spark', 0.001, 0.8);
const titan = rung('orion:orion/titan', 0.01, 0.9);

const decided = (ladder: readonly Ranked[], change: Partial<Decision> = {}): Decision => sampleDecision(ladder, change);

describe('the flip condition', () => {
  it('says how far the other offer’s price has to fall, in dollars of this request and in percent', () => {
    const { falls, rise, never } = flipsOf(decided([spark, titan]));
    // Ahead by 0.015 − 0.008 = $0.007: titan would have to cost $0.003.
    expect(falls).toHaveLength(1);
    expect(falls[0]).toMatchObject({ offer: 'orion:orion/titan', costNow: 0.01 });
    expect(falls[0]?.costAt).toBeCloseTo(0.003, 12);
    expect(falls[0]?.change).toBeCloseTo(-0.7, 12);
    expect(rise?.costAt).toBeCloseTo(0.008, 12);
    expect(rise?.change).toBeCloseTo(7, 9);
    expect(never).toEqual([]);
  });

  it('says when not even a gift would go first', () => {
    const poor = rung('lumen:lumen/mini', 0.0005, 0.1);
    expect(flipsOf(decided([spark, poor]))).toMatchObject({ falls: [], never: ['lumen:lumen/mini'] });
  });

  it('is about cost alone where the policy asks for the cheapest', () => {
    const plan = samplePlan({ objective: { kind: 'cheapest' } });
    const { falls } = flipsOf(decided([spark, titan], { plan }));
    expect(falls[0]?.costAt).toBeCloseTo(0.001, 12);
    expect(falls[0]?.change).toBeCloseTo(-0.9, 12);
  });

  it.each([
    ['pinned', { reason: 'pinned' }],
    ['holdout', { reason: 'holdout' }],
    ['order', { plan: samplePlan({ objective: { kind: 'order' } }) }],
    ['fastest', { plan: samplePlan({ objective: { kind: 'fastest' } }) }],
  ] as const)('does not blame the price where it had no say: %s', (fixed, change) => {
    expect(flipsOf(decided([spark, titan], change))).toEqual({ falls: [], never: [], fixed });
  });

  it('leaves out an offer that was better and could not be drawn', () => {
    expect(flipsOf(decided([titan, spark], { reason: 'explored' }))).toEqual({ falls: [], never: [] });
  });

  it('has nothing to say of a ladder with one rung, or of none', () => {
    expect(flipsOf(decided([spark]))).toEqual({ falls: [], never: [] });
    expect(flipsOf(decided([]))).toEqual({ falls: [], never: [] });
  });

  it('is exact: just below the named cost the other offer wins, just above it does not', () => {
    const offer = tuple(integer({ min: 1_000_000, max: 50_000_000 }), double({ min: 0, max: 1, noNaN: true }));
    assert(
      property(offer, offer, ([costA, qualityA], [costB, qualityB]) => {
        const rungs = [rung('a:a/a', costA / 1e9, qualityA), rung('b:b/b', costB / 1e9, qualityB)];
        const [first, second] = rungs.sort((a, b) => b.utility - a.utility);
        if (!first || !second) throw new Error('two rungs');
        const at = flipsOf(decided([first, second])).falls[0]?.costAt;
        const utilityFor = (usd: number): number => WORTH * second.drawn - usd;
        const step = 1e-9;
        expect(at === undefined || utilityFor(at - step) > first.utility).toBe(true);
        expect(at === undefined || utilityFor(at + step) < first.utility).toBe(true);
        expect(at !== undefined || utilityFor(0) <= first.utility + step).toBe(true);
      }),
    );
  });

  it('puts the nearest rival first', () => {
    const near = {
      ...rung('n:n/near', 0.0012, 0.8),
      quote: { ...sampleQuote(sampleOffer('n:n/near')), cost: nanoUsd(1_200_000) },
    };
    expect(flipsOf(decided([spark, titan, near])).falls.map((flip) => flip.offer)).toEqual([
      'n:n/near',
      'orion:orion/titan',
    ]);
  });
});

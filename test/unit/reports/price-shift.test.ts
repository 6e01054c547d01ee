import { assert, double, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision, Ranked } from '../../../src/core/decision.ts';
import { nanoFromUsd, nanoUsd, priceFromUsdPerMillion, usdOf } from '../../../src/core/money.ts';
import type { OfferKey } from '../../../src/core/offer.ts';
import type { Rate } from '../../../src/core/price.ts';
import { createShifts, type PriceStep, type Shift } from '../../../src/reports/price-shift.ts';
import { keyOf } from '../../support/ledger.ts';
import { sampleDecision, sampleOffer, samplePlan, sampleQuote, sampleRung } from '../../support/sample.ts';

const SPARK = 'lumen:lumen/spark';
const TITAN = 'orion:orion/titan';

const rates = (input: number, output: number): readonly Rate[] => [
  { meter: 'input', price: priceFromUsdPerMillion(input) },
  { meter: 'output', price: priceFromUsdPerMillion(output) },
];

/** 100 tokens in and 200 out: an offer at $a/$b per million costs (100·a + 200·b) micro-dollars. */
const rung = (key: string, price: { input: number; output: number }, quality: number): Ranked => ({
  ...sampleRung(sampleQuote(sampleOffer(key), price)),
  quality: { mean: quality, sd: 0.1 },
});

const decided = (ladder: readonly Ranked[], change: Partial<Decision> = {}): Decision =>
  sampleDecision(ladder, { exchangeRate: 0.02, ...change });

const step = (before: readonly Rate[] | undefined, after: readonly Rate[], offer = TITAN): PriceStep => ({
  offer: keyOf(offer),
  before,
  after,
});

const shiftOf = (one: PriceStep, decisions: readonly Decision[]): Shift => {
  const shifts = createShifts([one]);
  for (const decision of decisions) shifts.see(decision);
  const [shift] = shifts.shifts();
  if (!shift) throw new Error('one step gives one shift');
  return shift;
};

/** spark costs $0.0005; titan is better by 0.1, worth $0.002, and costs $0.005 at 10/20. */
const spark = rung(SPARK, { input: 1, output: 2 }, 0.8);
const titan = rung(TITAN, { input: 10, output: 20 }, 0.9);

describe('a change of price, on logged traffic', () => {
  it('moves nothing while the lead is larger than the change', () => {
    const shift = shiftOf(step(rates(10, 20), rates(6, 12)), [decided([spark, titan])]);
    expect(shift).toMatchObject({ requests: 1, concerned: 1, toward: { requests: 0 }, away: { requests: 0 } });
    expect(shift.usd).toBeCloseTo(0.0005, 12);
    expect(shift.effectUsd).toBe(0);
    expect(shift.atStakeUsd).toBe(0);
  });

  it('moves what a cut makes worth its price, with the dollars that move', () => {
    // At 4/8 titan costs $0.002: 0.018 − 0.002 = 0.016 beats 0.016 − 0.0005 = 0.0155.
    const shift = shiftOf(step(rates(10, 20), rates(4, 8)), [
      decided([spark, titan]),
      decided([spark]),
      decided([titan, spark], { requestId: 'r2', exchangeRate: 1 }),
      decided([spark, rung(TITAN, { input: 10, output: 20 }, 0.7)]),
    ]);
    expect(shift).toMatchObject({ requests: 4, concerned: 3, away: { requests: 0, usd: 0 } });
    expect(shift.toward.requests).toBe(1);
    expect(shift.toward.usd).toBeCloseTo(0.0005, 12);
    // Two stay with spark at 0.0005; one moves from 0.0005 to 0.002; titan’s own falls from 0.005 to 0.002.
    expect(shift.usd).toBeCloseTo(0.0005 * 3 + 0.005, 12);
    expect(shift.effectUsd).toBeCloseTo(0.0015 - 0.003, 12);
    expect(shift.atStakeUsd).toBeCloseTo(0.002 + 0.003, 12);
  });

  it('moves traffic away when the price rises, whichever of the two prices was logged', () => {
    const cheap = rung(TITAN, { input: 4, output: 8 }, 0.9);
    for (const logged of [cheap, titan]) {
      const shift = shiftOf(step(rates(4, 8), rates(10, 20)), [decided([logged, spark])]);
      expect(shift.away.requests).toBe(1);
      expect(shift.away.usd).toBeCloseTo(0.002, 12);
      expect(shift.usd).toBeCloseTo(0.002, 12);
      expect(shift.effectUsd).toBeCloseTo(0.0005 - 0.002, 12);
    }
  });

  it('says 18 % where 18 of 100 would move', () => {
    const decisions = Array.from({ length: 100 }, (_, at) =>
      decided([spark, at < 18 ? titan : rung(TITAN, { input: 10, output: 20 }, 0.8)], { requestId: `r${at}` }),
    );
    const { toward, requests } = shiftOf(step(rates(10, 20), rates(4, 8)), decisions);
    expect(toward.requests / requests).toBe(0.18);
  });

  it('asks only the price where the policy does, and the clock where it asks that', () => {
    const cheapest = { plan: samplePlan({ objective: { kind: 'cheapest' } }) };
    const fastest = { plan: samplePlan({ objective: { kind: 'fastest' } }) };
    const better = step(rates(10, 20), rates(0.9, 1.9));
    expect(shiftOf(better, [decided([spark, titan], cheapest)]).toward.requests).toBe(1);
    const slow: Ranked = { ...titan, quote: { ...titan.quote, totalMs: 9_000 } };
    expect(shiftOf(better, [decided([spark, slow], fastest)]).toward.requests).toBe(0);
  });

  it('keeps a list’s order of models, and goes by price among the sellers of one', () => {
    const order = { plan: samplePlan({ objective: { kind: 'order' } }) };
    const other = rung('nova:lumen/spark', { input: 2, output: 4 }, 0.8);
    const ladder = [spark, other, rung(TITAN, { input: 10, output: 20 }, 0.9)];
    expect(shiftOf(step(rates(10, 20), rates(0.1, 0.1)), [decided(ladder, order)]).toward.requests).toBe(0);
    const cut = step(rates(2, 4), rates(0.5, 1), 'nova:lumen/spark');
    expect(shiftOf(cut, [decided(ladder, order)]).toward.requests).toBe(1);
  });

  it('counts the control group as traffic that does not move, and exploring as if it had not', () => {
    const cut = step(rates(10, 20), rates(4, 8));
    const held = shiftOf(cut, [decided([spark, titan], { reason: 'holdout' })]);
    expect(held).toMatchObject({ requests: 1, concerned: 0, toward: { requests: 0 } });
    const explored = shiftOf(cut, [decided([titan, spark], { reason: 'explored' })]);
    expect(explored.usd).toBeCloseTo(0.0005, 12);
    expect(explored.toward.requests).toBe(1);
  });

  it('honours the policy’s price limits at the new price, and says whom it cannot decide again', () => {
    const plan = samplePlan({ require: { ...samplePlan().require, maxCost: nanoFromUsd(0.006) } });
    // At the P90 of 500 tokens 10/20 comes to $0.011: not allowed; 4/8 to $0.0044.
    const cheap = rung(TITAN, { input: 4, output: 8 }, 0.9);
    const rise = shiftOf(step(rates(4, 8), rates(10, 20)), [decided([cheap], { plan })]);
    expect(rise.away.requests).toBe(1);
    const rejected = [{ offer: keyOf(TITAN), by: 'max_cost', detail: '' }] as const;
    expect(shiftOf(step(rates(10, 20), rates(4, 8)), [decided([spark], { plan, rejected })]).unseen).toBe(1);
    const ceiling = samplePlan({ require: { ...samplePlan().require, maxOutputPrice: priceFromUsdPerMillion(10) } });
    expect(shiftOf(step(rates(4, 8), rates(4, 12)), [decided([cheap, spark], { plan: ceiling })]).away.requests).toBe(
      1,
    );
  });

  it('takes a first price for an offer that was not there before', () => {
    const shift = shiftOf(step(undefined, rates(4, 8)), [decided([titan, spark])]);
    expect(shift.toward.requests).toBe(1);
    expect(shift.toward.usd).toBeCloseTo(0.0005, 12);
  });

  it('raises both prices by what the seller’s bills come to', () => {
    const quote = { ...titan.quote, sheet: { ...titan.quote.sheet, raisedBy: 1.5 } };
    // At 4/8 × 1.5 titan costs $0.003, which its lead of $0.002 does not carry.
    expect(shiftOf(step(rates(10, 20), rates(4, 8)), [decided([spark, { ...titan, quote }])]).toward.requests).toBe(0);
  });

  it('prefers quality where it is worth any price', () => {
    const endless = decided([titan, spark], { exchangeRate: Number.POSITIVE_INFINITY });
    expect(shiftOf(step(rates(10, 20), rates(1, 1)), [endless])).toMatchObject({
      toward: { requests: 0 },
      away: { requests: 0 },
    });
  });

  it('agrees with the flip condition: the choice moves exactly where the utilities cross', () => {
    const number = record({
      input: integer({ min: 1, max: 40 }),
      quality: double({ min: 0, max: 1, noNaN: true }),
      price: integer({ min: 1, max: 40 }),
    });
    assert(
      property(number, number, (a, b) => {
        const one = rung(SPARK, { input: a.input, output: a.input }, a.quality);
        const two = rung(TITAN, { input: b.input, output: b.input }, b.quality);
        const cost = (usd: number): number => usdOf(nanoUsd(usd * 300_000));
        const utility = (quality: number, usd: number): number => 0.02 * quality - cost(usd);
        const gap = (usd: number): number => utility(b.quality, usd) - utility(a.quality, a.input);
        const { toward, away } = shiftOf(step(rates(b.input, b.input), rates(b.price, b.price)), [decided([one, two])]);
        // Within rounding of a tie the order of keys decides; elsewhere the sign of the gap does.
        if (Math.abs(gap(b.input)) < 1e-12 || Math.abs(gap(b.price)) < 1e-12) return;
        expect(toward.requests).toBe(gap(b.input) < 0 && gap(b.price) > 0 ? 1 : 0);
        expect(away.requests).toBe(gap(b.input) > 0 && gap(b.price) < 0 ? 1 : 0);
      }),
    );
  });

  it('decides for many changes at once as it does for each alone', () => {
    const steps = [
      step(rates(10, 20), rates(4, 8)),
      step(rates(1, 2), rates(8, 16), SPARK),
      step(rates(9, 9), rates(4, 4)),
    ];
    const decisions = [decided([spark, titan]), decided([titan, spark], { exchangeRate: 0.06 })];
    const together = createShifts(steps);
    for (const decision of decisions) together.see(decision);
    expect(together.shifts()).toEqual(steps.map((one) => shiftOf(one, decisions)));
    const offers: OfferKey[] = steps.map(({ offer }) => offer);
    expect(new Set(offers).size).toBe(2);
  });
});

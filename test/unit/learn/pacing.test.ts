import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../src/core/decision.ts';
import { nanoFromUsd, usdOf } from '../../../src/core/money.ts';
import { modelKey } from '../../../src/core/offer.ts';
import type { Objective } from '../../../src/core/policy.ts';
import { decide } from '../../../src/learn/decide.ts';
import { COLD_RATE, createPacer, MOST_RATE, type Pacer } from '../../../src/learn/pacing.ts';
import { seededRng } from '../../support/rng.ts';
import { inputOf, planWith, type Stall } from './market.ts';

const DAY_MS = 86_400_000;
const MIDNIGHT = Date.UTC(2026, 10, 24);

const planOf = (objective: Objective) => planWith({ objective });
const budget = (usd: number): Objective => ({ kind: 'budget', amount: nanoFromUsd(usd), periodMs: DAY_MS });

type Day = { readonly decisions: readonly Decision[]; readonly spent: number; readonly quality: number };
type Traffic = {
  readonly pacer?: Pacer;
  readonly objective: Objective;
  readonly requests: number;
  /** 0-based day. */
  readonly day?: number;
  /** Moment of the n-th request as a share of the day. */
  readonly when?: (share: number) => number;
  readonly market: (at: number, hardness: number) => readonly Stall[];
  /** What is really paid, next to what was expected. */
  readonly truth?: (expected: number, luck: number) => number;
  readonly seed?: number;
};

/** Requests through decide and pacing as the router does it: rate, decide, observe, settle. */
const live = (traffic: Traffic): Day => {
  const { pacer = createPacer(), objective, requests, day = 0, when = (share) => share, market, seed = 5 } = traffic;
  const { truth = (expected) => expected } = traffic;
  const rng = seededRng(seed);
  const plan = planOf(objective);
  let spent = 0;
  let quality = 0;
  const decisions = Array.from({ length: requests }, (_, count) => {
    const at = Math.floor(MIDNIGHT + DAY_MS * (day + when(count / requests)));
    const exchangeRate = pacer.rate('auto', plan, at);
    const decision = decide(inputOf(market(count, rng.next()), { plan, at, exchangeRate }));
    pacer.observe(decision);
    const expected = usdOf(decision.ladder[0]?.quote.cost ?? nanoFromUsd(0));
    const cost = nanoFromUsd(truth(expected, rng.next()));
    pacer.settle({ policy: 'auto', plan, cost, at });
    spent += usdOf(cost);
    quality += decision.ladder[0]?.quality.mean ?? 0;
    return decision;
  });
  return { decisions, spent, quality: quality / requests };
};

/** Two models whose gap grows with hardness. */
const gap = (_: number, hardness: number): Stall[] => [
  { key: 'a:x/small', usd: 0.001, mean: 0.9 - 0.4 * hardness },
  { key: 'b:y/large', usd: 0.01, mean: 0.95 - 0.1 * hardness },
];

describe('rates that are stated', () => {
  it('worth is the rate', () => {
    expect(createPacer().rate('auto', planOf({ kind: 'worth', amount: nanoFromUsd(0.02) }), MIDNIGHT)).toBe(0.02);
  });

  it('plain objectives weigh no quality', () => {
    for (const kind of ['order', 'cheapest', 'fastest'] as const)
      expect(createPacer().rate('auto', planOf({ kind }), MIDNIGHT)).toBe(0);
  });
});

describe('a budget', () => {
  it('starts from the stated cold rate', () => {
    expect(createPacer().rate('auto', planOf(budget(1)), MIDNIGHT)).toBe(COLD_RATE);
  });

  it('is kept, nearly used, and used where it buys most', () => {
    const { spent, quality, decisions } = live({ objective: budget(10), requests: 2_000, market: gap });
    expect(spent).toBeLessThanOrEqual(10.1);
    expect(spent).toBeGreaterThan(9);
    // A coin that buys the large model as often would reach 0.7 + share · 0.2.
    const share = decisions.filter(({ ladder }) => ladder[0]?.quote.offer.key === 'b:y/large').length / 2_000;
    expect(quality).toBeGreaterThan(0.7 + share * 0.2 + 0.02);
  });

  it('holds when answers cost half as much again as expected, and when costs scatter wildly', () => {
    const dear = live({ objective: budget(10), requests: 2_000, market: gap, truth: (usd) => 1.5 * usd });
    expect(dear.spent).toBeLessThanOrEqual(10.1);
    const wild = live({
      objective: budget(10),
      requests: 2_000,
      market: gap,
      truth: (usd, luck) => -Math.log(1 - luck) * usd,
    });
    expect(wild.spent).toBeLessThanOrEqual(10.1);
  });

  it('holds through a price shock', () => {
    const shocked = (count: number, hardness: number): Stall[] =>
      gap(count, hardness).map((stall) => ({
        ...stall,
        usd: count > 1_000 && stall.usd > 0.005 ? 4 * stall.usd : stall.usd,
      }));
    const { spent } = live({ objective: budget(10), requests: 2_000, market: shocked });
    expect(spent).toBeLessThanOrEqual(10.1);
    expect(spent).toBeGreaterThan(8);
  });

  it('is a ceiling: what buys no quality is not bought', () => {
    const flat = (): Stall[] => [
      { key: 'a:x/small', usd: 0.001, mean: 0.9 },
      { key: 'b:y/large', usd: 0.01, mean: 0.9 },
    ];
    const { spent } = live({ objective: budget(100), requests: 500, market: flat });
    expect(spent).toBeCloseTo(0.5, 6);
  });

  it('buys the best always when there is money for it', () => {
    const pacer = createPacer();
    const { decisions } = live({ pacer, objective: budget(1_000), requests: 200, market: gap });
    expect(pacer.rate('auto', planOf(budget(1_000)), MIDNIGHT + DAY_MS - 1)).toBe(MOST_RATE);
    expect(decisions.slice(1).every(({ ladder }) => ladder[0]?.quote.offer.key === 'b:y/large')).toBe(true);
  });

  it('takes the cheapest when all of it is spent, and recovers the next day', () => {
    const pacer = createPacer();
    const plan = planOf(budget(10));
    live({ pacer, objective: budget(10), requests: 100, market: gap, when: (share) => share / 10 });
    pacer.settle({ policy: 'auto', plan, cost: nanoFromUsd(10), at: MIDNIGHT + DAY_MS / 2 });
    expect(pacer.rate('auto', plan, MIDNIGHT + DAY_MS / 2 + 60_000)).toBe(0);
    expect(pacer.rate('auto', plan, MIDNIGHT + DAY_MS)).toBeGreaterThan(0);
  });

  it('does not fall off a cliff at the end of a day of steady traffic', () => {
    const pacer = createPacer();
    live({ pacer, objective: budget(10), requests: 2_000, market: gap });
    const next = live({ pacer, objective: budget(10), requests: 2_000, day: 1, market: gap, seed: 6 });
    const quarters = [0, 1, 2, 3].map(
      (quarter) =>
        next.decisions
          .slice(quarter * 500, quarter * 500 + 500)
          .reduce((sum, { ladder }) => sum + usdOf(ladder[0]?.quote.cost ?? nanoFromUsd(0)), 0) / 10,
    );
    for (const share of quarters) {
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.3);
    }
  });

  it('lasts through a busy evening after a quiet morning, once it has seen such a day', () => {
    const pacer = createPacer();
    const evening = {
      pacer,
      objective: budget(10),
      requests: 2_000,
      market: gap,
      when: (share: number) => share ** 0.4,
    };
    live(evening);
    expect(live({ ...evening, day: 1 }).spent).toBeLessThanOrEqual(10.1);
  });

  it('keeps what was spent when the amount is edited', () => {
    const pacer = createPacer();
    live({ pacer, objective: budget(10), requests: 100, market: gap, when: (share) => share / 10 });
    pacer.settle({ policy: 'auto', plan: planOf(budget(10)), cost: nanoFromUsd(12), at: MIDNIGHT + DAY_MS / 2 });
    expect(pacer.rate('auto', planOf(budget(11)), MIDNIGHT + DAY_MS / 2)).toBe(0);
    expect(pacer.rate('auto', planOf(budget(40)), MIDNIGHT + DAY_MS / 2)).toBeGreaterThan(0);
  });

  it('is the policy’s own', () => {
    const pacer = createPacer();
    live({ pacer, objective: budget(10), requests: 50, market: gap });
    expect(pacer.rate('other', planOf(budget(10)), MIDNIGHT)).toBe(COLD_RATE);
  });

  it('learns nothing from requests pinned to one offer', () => {
    const pacer = createPacer();
    const plan = planOf(budget(10));
    pacer.observe(decide(inputOf(gap(0, 0.5), { plan, pinned: true })));
    expect(pacer.rate('auto', plan, MIDNIGHT)).toBe(COLD_RATE);
  });
});

describe('a floor', () => {
  const floor = (share: number): Objective => ({ kind: 'floor', share, of: modelKey('y/large') });

  it('is met, at less than the reference costs', () => {
    const { quality, spent } = live({ objective: floor(0.95), requests: 1_000, market: gap });
    expect(quality).toBeGreaterThan(0.95 * 0.9 - 0.005);
    expect(spent).toBeLessThan(0.8 * 0.01 * 1_000);
  });

  it('costs less the lower it is', () => {
    const spent = [0.99, 0.95, 0.9].map((share) => live({ objective: floor(share), requests: 600, market: gap }).spent);
    expect(spent).toEqual(spent.toSorted((a, b) => b - a));
    expect(new Set(spent).size).toBe(3);
  });

  it('pays nothing extra when the cheapest meets it', () => {
    const { spent } = live({ objective: floor(0.5), requests: 300, market: gap });
    expect(spent).toBeLessThan(0.02 + 0.001 * 300);
  });

  it('is measured by the stated belief where the reference is not on the ladder', () => {
    const pacer = createPacer();
    const plan = planOf({ kind: 'floor', share: 1, of: modelKey('z/absent') });
    const rateAfter = (reference: number): number => {
      for (let count = 0; count < 60; count++) pacer.observe(decide(inputOf(gap(0, 0.5), { plan })), reference);
      return pacer.rate('auto', plan, MIDNIGHT);
    };
    const low = rateAfter(0.6);
    expect(low).toBe(0);
    for (let count = 0; count < 600; count++) pacer.observe(decide(inputOf(gap(0, 0.5), { plan })), 0.9);
    expect(pacer.rate('auto', plan, MIDNIGHT)).toBeGreaterThan(low);
  });
});

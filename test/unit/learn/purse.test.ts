import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nanoFromUsd, usdOf } from '../../../src/core/money.ts';
import type { Objective } from '../../../src/core/policy.ts';
import { decide } from '../../../src/learn/decide.ts';
import { createPacer } from '../../../src/learn/pacing.ts';
import type { Purse } from '../../../src/learn/purse.ts';
import { seededRng } from '../../support/rng.ts';
import { inputOf, planWith, type Stall } from './market.ts';

const DAY_MS = 86_400_000;
const MIDNIGHT = Date.UTC(2026, 10, 24);

const purse = (small: number, saved: number): Purse => ({ small: nanoFromUsd(small), saved: nanoFromUsd(saved) });
const CHEAP: Stall = { key: 'a:x/cheap', usd: 0.001, mean: 0.5 };
/** Its P90 is 0.02. */
const DEAR: Stall = { key: 'b:y/dear', usd: 0.01, mean: 0.9 };
const firstWith = (stalls: readonly Stall[], given: Purse | undefined) =>
  decide(inputOf(stalls, { exchangeRate: 1, purse: given })).ladder[0]?.quote.offer.key;

describe('an offer dearer than what has been saved', () => {
  it('is not chosen, and is chosen once its P90 is saved up', () => {
    expect(firstWith([CHEAP, DEAR], purse(0.001, 0.018))).toBe(CHEAP.key);
    expect(firstWith([CHEAP, DEAR], purse(0.001, 0.02))).toBe(DEAR.key);
  });

  it('is chosen whatever has been saved, where it is small beside the allowance or nothing bounds it', () => {
    expect(firstWith([CHEAP, DEAR], purse(0.01, 0))).toBe(DEAR.key);
    expect(firstWith([CHEAP, DEAR], undefined)).toBe(DEAR.key);
  });

  it('is measured against the cheapest, so a request that is dear everywhere goes to the best', () => {
    const large = [
      { ...CHEAP, usd: 0.3 },
      { ...DEAR, usd: 0.45 },
    ];
    expect(firstWith(large, purse(0.2, 0))).toBe(DEAR.key);
  });

  it('is still on the ladder, behind all others', () => {
    const { ladder } = decide(inputOf([DEAR, CHEAP], { exchangeRate: 1, purse: purse(0, 0) }));
    expect(ladder.map(({ quote }) => quote.offer.key)).toEqual([CHEAP.key, DEAR.key]);
  });

  it('is not won by a draw either', () => {
    const explore = { share: 1, spend: nanoFromUsd(1), floor: 0 };
    for (let seed = 0; seed < 50; seed++) {
      const change = { exchangeRate: 1, plan: planWith({ explore }), rng: seededRng(seed), purse: purse(0, 0) };
      expect(decide(inputOf([CHEAP, DEAR], change)).ladder[0]?.quote.offer.key).toBe(CHEAP.key);
    }
  });
});

it('somebody is always chosen, and probabilities add up to one, whatever the purse holds', () => {
  const dollars = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(dollars, { minLength: 1, maxLength: 8 }), dollars, dollars, (prices, small, saved) => {
      const stalls = prices.map((usd, at) => ({ key: `p${at}:x/m${at}`, usd }));
      const explore = { share: 0.3, spend: nanoFromUsd(1), floor: 0 };
      const { ladder } = decide(inputOf(stalls, { plan: planWith({ explore }), purse: purse(small, saved) }));
      expect(ladder).toHaveLength(stalls.length);
      expect(ladder.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
    }),
  );
});

describe('a budget with an offer that costs many allowances', () => {
  const objective: Objective = { kind: 'budget', amount: nanoFromUsd(1), periodMs: DAY_MS };
  const plan = planWith({ objective });
  const REQUESTS = 1_000;

  /** `truth` is what is paid for a dollar expected of the n-th request. */
  const live = (stalls: readonly Stall[], truth: (count: number) => number = () => 1) => {
    const pacer = createPacer();
    let spent = 0;
    return Array.from({ length: REQUESTS }, (_, count) => {
      const at = MIDNIGHT + Math.floor((DAY_MS * count) / REQUESTS);
      const exchangeRate = pacer.rate('auto', plan, at);
      const decision = decide(inputOf(stalls, { plan, at, exchangeRate, purse: pacer.purse('auto', plan, at) }));
      pacer.observe(decision);
      const expected = decision.ladder[0]?.quote.cost ?? nanoFromUsd(0);
      const cost = nanoFromUsd(usdOf(expected) * truth(count));
      pacer.settle({ policy: 'auto', plan, cost, expected, at });
      spent += usdOf(cost);
      return { spent, chosen: decision.ladder[0]?.quote.offer.key };
    });
  };

  it('never borrows for it from the rest of the day', () => {
    const day = live([
      { ...CHEAP, usd: 0.0005 },
      { ...DEAR, usd: 0.02 },
    ]);
    expect(day.at(-1)?.spent).toBeGreaterThan(0.9);
    day.forEach(({ spent }, count) => expect(spent).toBeLessThanOrEqual((count + 1) / REQUESTS + 0.001));
  });

  it('keeps to the cheapest where nothing can be saved', () => {
    expect(live([CHEAP, { ...DEAR, usd: 0.02 }]).at(-1)?.spent).toBeCloseTo(1, 6);
  });

  it('does not take one answer that cost fifty allowances for an error of all its expectations', () => {
    const middle: Stall = { key: 'c:z/middle', usd: 0.0009, mean: 0.8 };
    const day = live([{ ...CHEAP, usd: 0.0001 }, middle], (count) => (count === 300 ? 55 : 1));
    const after = day.slice(301, 700).filter(({ chosen }) => chosen === middle.key).length / 399;
    expect(after).toBeGreaterThan(0.9);
    expect(day.at(-1)?.spent).toBeLessThanOrEqual(1.01);
  });
});

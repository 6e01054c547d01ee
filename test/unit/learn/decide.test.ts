import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../src/core/decision.ts';
import { RouterError } from '../../../src/core/errors.ts';
import { nanoFromUsd } from '../../../src/core/money.ts';
import { offerKey, modelKey } from '../../../src/core/offer.ts';
import { decide, type DecideInput } from '../../../src/learn/decide.ts';
import { seededRng } from '../../support/rng.ts';
import { inputOf, planWith, quoteOf, type Stall } from './market.ts';

const SMALL: Stall = { key: 'a:x/small', usd: 0.001, mean: 0.7, sd: 0.1 };
const LARGE: Stall = { key: 'b:y/large', usd: 0.006, mean: 0.9, sd: 0.05 };
const MIDDLE: Stall = { key: 'c:z/middle', usd: 0.002, mean: 0.78, sd: 0.12 };
const MARKET = [SMALL, LARGE, MIDDLE];

const keys = ({ ladder }: Decision): string[] => ladder.map(({ quote }) => quote.offer.key);
const exploring = (change: object = {}) =>
  planWith({ explore: { share: 0.3, spend: nanoFromUsd(1), floor: 0.5, ...change } });

/** Many decisions of one rng; counts of what came first. */
const many = (input: DecideInput, times: number): Decision[] => {
  const rng = seededRng(7);
  return Array.from({ length: times }, () => decide({ ...input, rng }));
};
const share = (decisions: readonly Decision[], key: string): number =>
  decisions.filter((decision) => keys(decision)[0] === key).length / decisions.length;

describe('decide by value', () => {
  it('takes the offer with the most V·quality − cost', () => {
    // 0.02·0.7−0.001 = 0.013 · 0.02·0.9−0.006 = 0.012 · 0.02·0.78−0.002 = 0.0136
    const decision = decide(inputOf(MARKET));
    expect(keys(decision)).toEqual(['c:z/middle', 'a:x/small', 'b:y/large']);
    expect(decision.ladder[0]?.utility).toBeCloseTo(0.0136, 9);
    expect(decision).toMatchObject({ reason: 'objective', probability: 1 });
  });

  it('buys more quality when a unit of it is worth more', () => {
    expect(keys(decide(inputOf(MARKET, { exchangeRate: 0.1 })))[0]).toBe('b:y/large');
    expect(keys(decide(inputOf(MARKET, { exchangeRate: 0 })))[0]).toBe('a:x/small');
  });

  it('charges for time what the policy says a second costs', () => {
    const plan = planWith({ priceOfASecond: nanoFromUsd(0.002) });
    const slow = [{ ...MIDDLE, ms: 5_000 }, SMALL, LARGE];
    const decision = decide(inputOf(slow, { plan }));
    expect(keys(decision)).toEqual(['a:x/small', 'b:y/large', 'c:z/middle']);
  });

  it('follows a price cut on the very next request, with nothing learned in between', () => {
    const cut = MARKET.map((stall) => (stall === LARGE ? { ...LARGE, usd: 0.0006 } : stall));
    expect(keys(decide(inputOf(MARKET)))[0]).toBe('c:z/middle');
    expect(keys(decide(inputOf(cut)))[0]).toBe('b:y/large');
  });

  it('does not depend on the order of the quotes, ties included', () => {
    const twins = [...MARKET, { ...SMALL, key: 'd:x/small' }, { ...SMALL, key: 'e:w/twin' }];
    expect(keys(decide(inputOf(twins.toReversed())))).toEqual(keys(decide(inputOf(twins))));
  });

  it('asks for a model once, however many sell it', () => {
    let asked = 0;
    const input = inputOf([SMALL, { ...SMALL, key: 'd:x/small' }]);
    decide({ ...input, quality: (model) => ((asked += 1), input.quality(model)) });
    expect(asked).toBe(1);
  });
});

describe('the ladder', () => {
  const same = { key: 'c:w/other', usd: 0.002, mean: 0.77 };

  it('brings another provider to the second rung when that costs little', () => {
    const decision = decide(inputOf([MIDDLE, same, SMALL]));
    expect(keys(decision)).toEqual(['c:z/middle', 'a:x/small', 'c:w/other']);
  });

  it('keeps the second-best there when the other provider is much worse', () => {
    const poor = { ...SMALL, mean: 0.3 };
    expect(keys(decide(inputOf([MIDDLE, same, poor])))).toEqual(['c:z/middle', 'c:w/other', 'a:x/small']);
  });
});

describe('plain objectives', () => {
  const plain = (kind: 'order' | 'cheapest' | 'fastest') =>
    planWith({ objective: { kind }, explore: { share: 1, spend: nanoFromUsd(1), floor: 0 } });

  it('order: as the patterns are written, the better offer of a model first', () => {
    const order = ['y/large', 'x/small', 'z/middle'];
    const twice = [...MARKET, { ...LARGE, key: 'd:y/large', usd: 0.004 }];
    const decision = decide(inputOf(twice, { plan: plain('order'), orderOf: (model) => order.indexOf(model) }));
    expect(keys(decision)).toEqual(['d:y/large', 'b:y/large', 'a:x/small', 'c:z/middle']);
  });

  it('order without patterns: as the quotes come', () => {
    expect(keys(decide(inputOf(MARKET, { plan: plain('order') })))).toEqual(MARKET.map(({ key }) => key));
  });

  it('cheapest and fastest: by the quote, never sampled', () => {
    const timed = [
      { ...SMALL, ms: 900 },
      { ...LARGE, ms: 100 },
      { ...MIDDLE, ms: 500 },
    ];
    for (const decision of many(inputOf(timed, { plan: plain('cheapest') }), 50))
      expect(keys(decision)).toEqual(['a:x/small', 'c:z/middle', 'b:y/large']);
    for (const decision of many(inputOf(timed, { plan: plain('fastest') }), 50))
      expect(keys(decision)).toEqual(['b:y/large', 'c:z/middle', 'a:x/small']);
  });

  it('are held out too, so that their savings can be measured', () => {
    const plan = { ...plain('cheapest'), feedback: { halfLifeMs: 1e9, holdout: 0.2 } };
    const decisions = many(inputOf(MARKET, { plan, baseline: quoteOf(LARGE) }), 4_000);
    expect(Math.abs(share(decisions, LARGE.key) - 0.2)).toBeLessThan(0.02);
  });
});

describe('exploration', () => {
  it('chooses each offer as often as it says', () => {
    const decisions = many(inputOf(MARKET, { plan: exploring() }), 20_000);
    const [first] = decisions;
    for (const { quote, probability } of first?.ladder ?? []) {
      const error = Math.sqrt((probability * (1 - probability)) / decisions.length);
      expect(Math.abs(share(decisions, quote.offer.key) - probability)).toBeLessThan(4 * error + 0.0005);
    }
    expect(first?.ladder.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
  });

  it('logs probabilities whose importance weights average to one', () => {
    const plan = { ...exploring(), feedback: { halfLifeMs: 1e9, holdout: 0.1 } };
    const decisions = many(inputOf(MARKET, { plan, baseline: quoteOf(LARGE) }), 20_000);
    // A target policy that spreads evenly over the three offers.
    const weights = decisions.map(({ probability }) => 1 / 3 / probability);
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
    const variance = weights.reduce((sum, weight) => sum + (weight - mean) ** 2, 0) / weights.length;
    expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(variance / weights.length) + 0.005);
  });

  it('says why: explored only where the draw changed the choice', () => {
    for (const decision of many(inputOf(MARKET, { plan: exploring({ share: 1 }) }), 500))
      expect(decision.reason).toBe(keys(decision)[0] === 'c:z/middle' ? 'objective' : 'explored');
  });

  it('lets the draws order the whole ladder and shows them', () => {
    const decision = many(inputOf(MARKET, { plan: exploring({ share: 1 }) }), 1)[0];
    const utilities = decision?.ladder.map(({ utility }) => utility) ?? [];
    expect(utilities).toEqual(utilities.toSorted((a, b) => b - a));
    expect(decision?.ladder.every(({ drawn, quality }) => drawn !== quality.mean)).toBe(true);
  });

  it('gives all offers of a model one draw, so that only its best offer can win', () => {
    const twin = { ...SMALL, key: 'd:x/small', usd: 0.0012 };
    const decisions = many(inputOf([...MARKET, twin], { plan: exploring({ share: 1 }) }), 2_000);
    expect(share(decisions, twin.key)).toBe(0);
    expect(share(decisions, SMALL.key)).toBeGreaterThan(0.1);
  });

  it('never lets a model below the floor win by a draw', () => {
    const wild = { key: 'd:w/wild', usd: 0.0001, mean: 0.6, sd: 0.5 };
    const plan = exploring({ share: 1, floor: 0.8 });
    const decisions = many(inputOf([...MARKET, wild], { plan }), 2_000);
    expect(share(decisions, wild.key)).toBe(0);
    expect(
      share(many(inputOf([...MARKET, wild], { plan: exploring({ share: 1, floor: 0.6 }) }), 2_000), wild.key),
    ).toBeGreaterThan(0.1);
  });

  it('stops when the day’s dollars are spent, and before it would overspend them', () => {
    const spent = (usd: number) => ({
      plan: exploring({ share: 1, spend: nanoFromUsd(0.005) }),
      explorable: nanoFromUsd(0.005 - usd),
    });
    expect(new Set(many(inputOf(MARKET, spent(0.005)), 300).map((decision) => keys(decision)[0]))).toEqual(
      new Set(['c:z/middle']),
    );
    // $0.002 left: the large one costs $0.004 on top, the small one nothing.
    const careful = many(inputOf(MARKET, spent(0.003)), 2_000);
    expect(share(careful, LARGE.key)).toBe(0);
    expect(share(careful, SMALL.key)).toBeGreaterThan(0.1);
    expect(share(many(inputOf(MARKET, spent(0)), 2_000), LARGE.key)).toBeGreaterThan(0.05);
  });

  it('does not happen where it is forbidden, pinned, or nothing is worth anything', () => {
    const input = inputOf(MARKET, { plan: exploring({ share: 1 }) });
    for (const change of [{ explore: 'never' }, { pinned: true }, { exchangeRate: 0 }] as const) {
      const decisions = many({ ...input, ...change }, 200);
      expect(new Set(decisions.map((decision) => keys(decision)[0])).size).toBe(1);
      expect(decisions.every(({ probability }) => probability === 1)).toBe(true);
    }
    expect(decide({ ...input, pinned: true }).reason).toBe('pinned');
  });
});

describe('the holdout', () => {
  const plan = planWith({ feedback: { halfLifeMs: 1e9, holdout: 0.1 } });

  it('sends its share to the baseline', () => {
    const decisions = many(inputOf(MARKET, { plan, baseline: quoteOf(LARGE) }), 20_000);
    const held = decisions.filter(({ reason }) => reason === 'holdout');
    expect(Math.abs(held.length / decisions.length - 0.1)).toBeLessThan(0.01);
    expect(held.every((decision) => keys(decision)[0] === LARGE.key)).toBe(true);
    expect(held[0]?.probability).toBeCloseTo(0.1, 9);
    expect(held[0]?.baseline?.offer.key).toBe(LARGE.key);
  });

  it('never chooses a baseline that is not among the quotes', () => {
    const elsewhere = quoteOf({ key: 'z:q/gone', usd: 0.01 });
    for (const decision of many(inputOf(MARKET, { plan, baseline: elsewhere }), 500)) {
      expect(decision.reason).toBe('objective');
      expect(keys(decision)).not.toContain('z:q/gone');
      expect(decision.baseline).toBe(elsewhere);
    }
  });

  it('leaves alone requests that are kept out of it', () => {
    const decisions = many(inputOf(MARKET, { plan, baseline: quoteOf(LARGE), explore: 'never' }), 500);
    expect(decisions.every(({ reason }) => reason === 'objective')).toBe(true);
  });
});

describe('when nothing is left', () => {
  const refused = (change: Partial<DecideInput>): RouterError => {
    try {
      decide(inputOf([], change));
    } catch (error) {
      if (error instanceof RouterError) return error;
    }
    throw new Error('nothing was refused');
  };
  const rejection = (by: 'price' | 'region') => ({
    offer: offerKey('a', modelKey('x/y')),
    by,
    detail: 'secret detail',
  });

  it('says which constraints removed how many', () => {
    const error = refused({ rejected: [rejection('region'), rejection('price'), rejection('price')] });
    expect(error.code).toBe('no_candidate');
    expect(error.message).toBe('No offer can take this request: of 3 offers, price removed 2, region removed 1.');
  });

  it('says so when there was nothing to remove', () => {
    expect(refused({ rejected: [] }).message).toContain('no offer of its models is configured');
  });
});

it('decides alike from a like seed', () => {
  const input = inputOf(MARKET, { plan: exploring({ share: 1 }) });
  expect(decide({ ...input, rng: seededRng(42) })).toEqual(decide({ ...input, rng: seededRng(42) }));
});

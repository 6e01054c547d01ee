import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { nanoFromUsd } from '../../src/core/money.ts';
import type { Objective } from '../../src/core/policy.ts';
import { decide } from '../../src/learn/decide.ts';
import { seededRng } from '../support/rng.ts';
import { modelKey } from '../../src/core/offer.ts';
import { inputOf, planWith, quoteOf, type Stall } from '../unit/learn/market.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const usd = fc.oneof(fc.constant(0), fc.double({ min: 1e-7, max: 2, noNaN: true }));
const stall: fc.Arbitrary<Stall> = fc.record({
  key: fc
    .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x/s', 'y/m', 'z/l', 'w/q'))
    .map((both) => both.join(':')),
  usd,
  mean: share,
  sd: fc.oneof(fc.constant(0), share),
  ms: fc.integer({ min: 0, max: 60_000 }),
});
const stalls = fc.uniqueArray(stall, { minLength: 1, maxLength: 12, selector: ({ key }) => key });
const objective: fc.Arbitrary<Objective> = fc.oneof(
  fc.constantFrom<Objective>({ kind: 'order' }, { kind: 'cheapest' }, { kind: 'fastest' }),
  usd.map((amount): Objective => ({ kind: 'worth', amount: nanoFromUsd(amount) })),
  usd.map((amount): Objective => ({ kind: 'budget', amount: nanoFromUsd(amount), periodMs: 86_400_000 })),
  share.map((of): Objective => ({ kind: 'floor', share: of, of: modelKey('z/l') })),
);
const scene = fc.record({
  stalls,
  objective,
  explore: fc.record({ share, spend: usd.map(nanoFromUsd), floor: share }),
  holdout: share,
  baseline: fc.option(stall, { nil: undefined }),
  left: usd.map(nanoFromUsd),
  rate: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 100, noNaN: true })),
  allowed: fc.constantFrom('allowed' as const, 'never' as const),
  pinned: fc.boolean(),
  seed: fc.integer(),
});

const decideIn = (at: typeof scene extends fc.Arbitrary<infer Scene> ? Scene : never) => {
  const plan = planWith({
    objective: at.objective,
    explore: at.explore,
    feedback: { halfLifeMs: 86_400_000, holdout: at.holdout },
    priceOfASecond: nanoFromUsd(0.0001),
  });
  const input = inputOf(at.stalls, {
    plan,
    exchangeRate: at.rate,
    explore: at.allowed,
    pinned: at.pinned,
    explorable: at.left,
    rng: seededRng(at.seed),
    ...(at.baseline ? { baseline: quoteOf(at.baseline) } : {}),
  });
  return { input, decision: decide(input) };
};

it('makes a ladder of exactly the quotes handed in, whatever is believed, drawn or held out', () => {
  fc.assert(
    fc.property(scene, (at) => {
      const { input, decision } = decideIn(at);
      const rungs = decision.ladder.map(({ quote }) => quote);
      expect(rungs).toHaveLength(input.quotes.length);
      expect(new Set(rungs)).toEqual(new Set(input.quotes));
    }),
    { numRuns: 400 },
  );
});

it('gives every rung a probability, all of them one, and its own to the first', () => {
  fc.assert(
    fc.property(scene, (at) => {
      const { decision } = decideIn(at);
      const chances = decision.ladder.map(({ probability }) => probability);
      expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 9);
      expect(chances.every((chance) => chance >= 0)).toBe(true);
      expect(decision.probability).toBe(chances[0]);
    }),
    { numRuns: 400 },
  );
});

it('never explores where it may not, nor past what is left for it', () => {
  fc.assert(
    fc.property(scene, (at) => {
      const { decision } = decideIn(at);
      if (decision.reason !== 'explored') return;
      expect(at.allowed).toBe('allowed');
      expect(at.pinned).toBe(false);
      const greedy = decision.ladder.reduce((best, rung) => {
        const value = ({ quality, utility, drawn }: typeof rung) => utility + at.rate * (quality.mean - drawn);
        return value(rung) > value(best) ? rung : best;
      });
      const [chosen] = decision.ladder;
      const bestMean = Math.max(...decision.ladder.map(({ quality }) => quality.mean));
      expect(chosen?.quality.mean).toBeGreaterThanOrEqual(at.explore.floor * bestMean);
      expect(Math.max(0, (chosen?.quote.cost ?? 0) - greedy.quote.cost)).toBeLessThanOrEqual(at.left);
      expect(at.left).toBeGreaterThan(0);
    }),
    { numRuns: 600 },
  );
});

// The learner in a changing market: prices that fall, a favourite that gets worse, a newcomer that is better. One request a minute, every answer judged.
import { describe, expect, it } from 'vitest';
import type { Decision, Quote } from '../../../src/core/decision.ts';
import type { Outcome } from '../../../src/core/outcome.ts';
import { nanoFromUsd, usdOf } from '../../../src/core/money.ts';
import type { Plan } from '../../../src/core/policy.ts';
import { createBeliefs } from '../../../src/learn/beliefs.ts';
import { createExplorationSpend } from '../../../src/learn/exploration.ts';
import { createLearner } from '../../../src/learn/learner.ts';
import { lessonAbout } from '../../../src/learn/lesson.ts';
import { createPacer } from '../../../src/learn/pacing.ts';
import { seededRng } from '../../support/rng.ts';
import { sampleProfile } from '../../support/sample.ts';
import { DAY_MS } from './lessons.ts';
import { planWith, quoteOf } from './market.ts';

const MINUTE_MS = 60_000;
const REQUESTS = 1_500;
/** Lessons each model starts with, where it is known. */
const KNOWN = 60;
const PERIOD_MS = REQUESTS * MINUTE_MS;
const START = Math.ceil(Date.UTC(2026, 10, 24) / PERIOD_MS) * PERIOD_MS;

type Stall = { readonly key: string; readonly usd: number; readonly right: number };
type Market = (request: number) => readonly Stall[];
type Life = {
  readonly seed: number;
  readonly change: Partial<Plan>;
  readonly market: Market;
  readonly known?: readonly Stall[];
};

const outcomeOf = ({ requestId, at }: Decision, quote: Quote): Outcome => {
  const offer = quote.offer.key;
  const base = { requestId, at, offer, cost: quote.cost, costStatus: 'exact', totalMs: 0 } as const;
  const usage = { input: 100, output: 300 };
  const attempt = { ...base, attempt: 1, result: 'ok', usage, priceRevision: '1' } as const;
  return { ...base, status: 'ok', finish: 'stop', attempts: [attempt] };
};

const live = ({ seed, change, market, known = [] }: Life) => {
  const rng = seededRng(seed);
  const luck = seededRng(seed + 1_000);
  const plan = planWith({
    explore: { share: 0.02, spend: nanoFromUsd(1), floor: 0.5 },
    feedback: { halfLifeMs: 14 * DAY_MS, holdout: 0 },
    priceOfASecond: nanoFromUsd(0),
    ...change,
  });
  const learner = createLearner({
    beliefs: createBeliefs({ priorOf: () => ({ easy: 0.8, hard: 0.8, weight: 4, outputTokens: 300 }) }),
    pacer: createPacer(),
    exploration: createExplorationSpend(),
    orderIn: () => () => 0,
    rng,
  });
  const profile = sampleProfile();
  for (const { key, right } of known)
    for (let count = 0; count < KNOWN; count++)
      learner.learn(
        lessonAbout(profile, {
          requestId: `${key}/${count}`,
          at: START - (KNOWN - count) * MINUTE_MS,
          model: key.slice(2),
          offer: key,
          halfLifeMs: plan.feedback.halfLifeMs,
          reward: luck.next() < right ? 1 : 0,
        }),
      );
  let spent = 0;
  const chosen = Array.from({ length: REQUESTS }, (_, request) => {
    const at = START + request * MINUTE_MS;
    const stalls = market(request);
    const decision = learner.decide({
      ask: { requestId: `${seed}/${request}`, explore: 'allowed' },
      at,
      policy: { name: 'auto', hash: 'h' },
      rule: 0,
      plan,
      profile,
      quotes: stalls.map(quoteOf),
      rejected: [],
      pinned: false,
    });
    const quote = decision.ladder[0]?.quote ?? quoteOf({ key: 'a:x/none', usd: 0 });
    learner.committed(decision);
    const outcome = outcomeOf(decision, quote);
    learner.settled(decision, outcome);
    const right = stalls.find(({ key }) => key === quote.offer.key)?.right ?? 0;
    const score = luck.next() < right ? 1 : 0;
    const feedback = { requestId: decision.requestId, source: 'eval', score, at };
    learner.judged({ decision, outcome, before: [], now: [feedback] });
    spent += usdOf(quote.cost);
    return quote.offer.key;
  });
  const shareOf = (key: string, from: number, to: number): number =>
    chosen.slice(from, to).filter((other) => other === key).length / (to - from);
  return { chosen, shareOf, spent };
};

const worth = (usd: number): Partial<Plan> => ({ objective: { kind: 'worth', amount: nanoFromUsd(usd) } });
const budget = (usd: number): Partial<Plan> => ({
  objective: { kind: 'budget', amount: nanoFromUsd(usd), periodMs: PERIOD_MS },
});
const SMALL: Stall = { key: 'a:x/small', usd: 0.0002, right: 0.75 };
const LARGE: Stall = { key: 'b:y/large', usd: 0.004, right: 0.95 };
const SEEDS = [101, 202, 303, 404, 505, 606];

describe('a tenfold price cut', () => {
  const market: Market = (request) => [SMALL, request < 700 ? LARGE : { ...LARGE, usd: LARGE.usd / 10 }];

  it('moves the traffic of a policy with a stated worth on the next request', () => {
    for (const seed of SEEDS.slice(0, 3)) {
      const { shareOf } = live({ seed, change: worth(0.01), market, known: [SMALL, LARGE] });
      expect(shareOf(SMALL.key, 500, 700)).toBeGreaterThan(0.9);
      expect(shareOf(LARGE.key, 700, 710)).toBeGreaterThanOrEqual(0.9);
      expect(shareOf(LARGE.key, 700, 800)).toBeGreaterThan(0.9);
    }
  });

  it('is used by a budget too, which still holds', () => {
    for (const seed of SEEDS.slice(0, 3)) {
      const { shareOf, spent } = live({ seed, change: budget(0.75), market });
      expect(shareOf(LARGE.key, 700, 1_000)).toBeGreaterThan(2 * shareOf(LARGE.key, 400, 700));
      expect(spent).toBeLessThanOrEqual(0.7575);
    }
  });
});

describe('a favourite that silently gets twenty points worse', () => {
  const rival: Stall = { key: 'c:z/rival', usd: 0.0002, right: 0.82 };
  const market: Market = (request) => [{ ...SMALL, right: request < 700 ? 0.92 : 0.72 }, rival];

  it('is left within a hundred and fifty requests, in five of six runs', () => {
    const known = [{ ...SMALL, right: 0.92 }, rival];
    const left = SEEDS.filter((seed) => {
      const { shareOf } = live({ seed, change: worth(0.02), market, known });
      return shareOf(SMALL.key, 500, 700) > 0.8 && shareOf(rival.key, 850, 1_000) > 0.8;
    });
    expect(left.length).toBeGreaterThanOrEqual(5);
  });
});

describe('a better model that is new', () => {
  const rival: Stall = { key: 'c:z/rival', usd: 0.0002, right: 0.95 };
  const market: Market = (request) => (request < 700 ? [SMALL] : [SMALL, rival]);

  it('is adopted within a hundred and fifty requests, in five of six runs', () => {
    const adopted = SEEDS.filter(
      (seed) => live({ seed, change: worth(0.02), market }).shareOf(rival.key, 850, 1_000) > 0.8,
    );
    expect(adopted.length).toBeGreaterThanOrEqual(5);
  });

  it('does not break a budget when it is dear', () => {
    const dear: Market = (request) => (request < 700 ? [SMALL] : [SMALL, { ...LARGE, usd: 0.006 }]);
    for (const seed of SEEDS.slice(0, 3))
      expect(live({ seed, change: budget(0.45), market: dear }).spent).toBeLessThanOrEqual(0.4545);
  });
});

// Other policies tried on a log that the real learner filled: whether its probabilities are what was drawn by, intervals hold the truth, and a log that
// tried nothing is refused.
import { describe, expect, it } from 'vitest';
import { createBacktest } from '../../../src/app/backtest.ts';
import type { Decision } from '../../../src/core/decision.ts';
import type { RequestView } from '../../../src/core/ledger.ts';
import { nanoFromUsd, nanoUsd } from '../../../src/core/money.ts';
import type { OfferKey } from '../../../src/core/offer.ts';
import type { Plan, Policy } from '../../../src/core/policy.ts';
import { TASKS } from '../../../src/core/profile.ts';
import { type Beliefs, createBeliefs } from '../../../src/learn/beliefs.ts';
import { createExplorationSpend } from '../../../src/learn/exploration.ts';
import { createLearner } from '../../../src/learn/learner.ts';
import { createPacer } from '../../../src/learn/pacing.ts';
import { quoteAll } from '../../../src/market/quote.ts';
import { matchesModel, placeOfModel } from '../../../src/policy/globs.ts';
import { backtestReport } from '../../../src/reports/backtest.ts';
import { estimate, type Trial } from '../../../src/reports/backtest-estimate.ts';
import { attemptOf, outcomeOf } from '../../support/ledger.ts';
import { seededRng } from '../../support/rng.ts';
import { sampleOffer, samplePlan, sampleProfile, sampleSheet } from '../../support/sample.ts';

const MODELS = ['meadow/clover', 'lumen/spark', 'tidal/current'];
const OFFERS = MODELS.map((model) => sampleOffer(`sim:${model}`));
/** Dollars per million tokens, tokens of an answer, and quality on the first task; on each further one it falls, by model. */
const PRICES = [0.2, 1.6, 6] as const;
const LENGTHS = [120, 250, 400] as const;
const GOOD = [0.8, 0.85, 0.9] as const;
const FALLS = [0.1, 0.05, 0.02] as const;
const KINDS = TASKS.slice(0, 4);
const REQUESTS = 600;

const qualityOf = (model: string, task: string): number => {
  const at = MODELS.indexOf(model);
  return (GOOD[at] ?? 0) - (FALLS[at] ?? 0) * KINDS.findIndex((kind) => kind === task);
};
const sheets = new Map(
  OFFERS.map((offer, at) => [offer.key, sampleSheet(offer, { input: (PRICES[at] ?? 0) / 4, output: PRICES[at] ?? 0 })]),
);
const sheetOf = (offer: OfferKey) => sheets.get(offer);
const latencyOf = () => ({ firstTokenMs: 0, firstTokenMsP95: 0, tokensPerSecond: 1_000, samples: 1 });

const policyWith = (share: number, change: Partial<Plan> = {}): Policy => ({
  name: 'auto',
  about: '',
  hash: 'h',
  rules: [],
  examples: [],
  storePrompts: false,
  plan: samplePlan({
    objective: { kind: 'worth', amount: nanoFromUsd(0.01) },
    explore: { share, spend: nanoFromUsd(1_000), floor: 0 },
    ...change,
  }),
});

const answered = ({ requestId, at, ladder }: Decision, luck: number) => {
  const [first] = ladder;
  if (!first) throw new Error('nobody was chosen');
  const tokens = (LENGTHS[MODELS.indexOf(first.quote.offer.model)] ?? 0) * (0.2 - 0.8 * Math.log(1 - luck));
  const output = Math.max(1, Math.round(tokens));
  const cost = nanoUsd(Math.round((first.quote.cost * output) / first.quote.outputTokens));
  const attempt = attemptOf(requestId, { offer: first.quote.offer.key, at, cost, usage: { input: 100, output } });
  return { model: first.quote.offer.model, outcome: outcomeOf(requestId, { attempts: [attempt], at: at + 1 }) };
};

/** The router as it would have served these requests, learning as it goes; seven answers in ten are judged. */
const logOf = (policy: Policy, seed: number): { readonly views: readonly RequestView[]; readonly beliefs: Beliefs } => {
  const world = seededRng(seed + 1_000);
  const priorOf = (model: string) => ({
    easy: 0.8,
    hard: 0.7,
    weight: 3,
    outputTokens: LENGTHS[MODELS.indexOf(model)] ?? 1,
  });
  const beliefs = createBeliefs({ priorOf });
  const learner = createLearner({
    beliefs,
    pacer: createPacer(),
    exploration: createExplorationSpend(),
    orderIn: (patterns) => (model) => placeOfModel(patterns, model),
    rng: seededRng(seed),
  });
  const { plan } = policy;
  const views = Array.from({ length: REQUESTS }, (_, number): RequestView => {
    const at = Date.UTC(2026, 5, 1) + number * 60_000;
    const profile = sampleProfile({ task: KINDS[Math.floor(world.next() * KINDS.length)] ?? 'chat' });
    const terms = { at, sheetOf, latencyOf, healthOf: () => ({ state: 'closed', share: 1 }) as const, luck: 0.5 };
    const tokensOf = learner.tokensFor(profile);
    const quoted = quoteAll(OFFERS, { plan, profile, dialect: 'chat' }, { ...terms, tokensOf, lastServed: undefined });
    const ask = { requestId: `r${seed}-${number}`, explore: 'allowed' } as const;
    const decision = learner.decide({ ask, at, policy, rule: 0, plan, profile, ...quoted, pinned: false });
    learner.committed(decision);
    const { model, outcome } = answered(decision, world.next());
    const score = Number(world.next() < qualityOf(model, profile.task));
    const feedback = world.next() < 0.7 ? [{ requestId: ask.requestId, source: 'eval', score, at }] : [];
    learner.settled(decision, outcome);
    if (feedback.length > 0) learner.judged({ decision, outcome, before: [], now: feedback });
    return { decision, caller: 'key-1', dispatches: [], outcome, feedback };
  });
  return { views, beliefs };
};

const SUBJECT = { policy: 'auto', traffic: 'auto', since: '2026-06-01', leftOut: 0, unservable: 0 };

const tried = (policy: Policy, { views, beliefs }: ReturnType<typeof logOf>) => {
  const offersFor = (patterns: readonly string[]) => OFFERS.filter(({ model }) => matchesModel(patterns, model));
  const again = createBacktest({ policy, offersFor, sheetOf, latencyOf, beliefs, rng: seededRng(7) });
  const trials: Trial[] = [];
  let truth = 0;
  for (const view of views) {
    const trial = again(view);
    if (trial === undefined || trial === 'nobody') continue;
    trials.push(trial);
    for (const { model, tested } of trial.options)
      truth += (tested * qualityOf(model, view.decision.profile.task)) / views.length;
  }
  const found = estimate(trials);
  return { found, truth, ...backtestReport(SUBJECT, found) };
};

describe('a policy tried on a log of the real learner', { timeout: 60_000 }, () => {
  const seeds = Array.from({ length: 24 }, (_, at) => at + 1);

  it('is estimated with weights of one on average and intervals that hold what it would have come to', () => {
    const policy = policyWith(0.1, { objective: { kind: 'worth', amount: nanoFromUsd(0.02) } });
    const results = seeds.map((seed) => tried(policy, logOf(policyWith(0.4), seed)));
    const weights = results.reduce((sum, { found }) => sum + found.meanWeight.mean + found.unsupported, 0);
    expect(Math.abs(weights / seeds.length - 1)).toBeLessThan(0.03);
    const told = results.filter(({ verdict }) => verdict !== 'refused');
    expect(told.length).toBeGreaterThan(seeds.length / 2);
    const held = told.filter(({ found: { quality }, truth }) => {
      const { low = 1, high = 0 } = quality?.tested ?? {};
      return low <= truth && truth <= high;
    });
    expect(held.length / told.length).toBeGreaterThanOrEqual(0.88);
  });

  it('is no worse than itself', () => {
    for (const seed of seeds.slice(0, 12))
      expect(tried(policyWith(0.4), logOf(policyWith(0.4), seed)).verdict).toBe('no worse');
  });

  it('is refused where nothing was ever tried but what was thought best, and it would try', () => {
    for (const seed of seeds.slice(0, 4)) {
      const log = logOf(policyWith(0), seed);
      expect(tried(policyWith(0), log).verdict).toBe('no worse');
      const report = tried(policyWith(0.8), log);
      expect(report.verdict).toBe('refused');
      expect(report.text()).toContain('the traffic never tried');
    }
  });
});

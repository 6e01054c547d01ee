// What is held against a decision the moment it is made, and against the breaker whenever it is asked or told.
import type { Decision, Ranked } from '../../src/core/decision.ts';
import type { Offer, OfferKey } from '../../src/core/offer.ts';
import type { Plan, Requirements } from '../../src/core/policy.ts';
import type { PriceSheet } from '../../src/core/price.ts';
import type { Learner } from '../../src/learn/learner.ts';
import type { Health } from '../../src/market/health.ts';
import { matchesModel } from '../../src/policy/globs.ts';
import type { Case, Evidence } from './evidence.ts';
import type { Truth } from './feeds.ts';

/** Times are floored to whole ms on the way. */
const ROUNDING_MS = 2;
/** An offer that comes back takes two in a hundred at first, and twice as many every two seconds. */
const RAMP_START = 0.02;
const RAMP_DOUBLING_MS = 2_000;
const ROUNDED = 1.001;
const SUM_TOLERANCE = 1e-6;
/** A rise that waits for a second source counts for at most ten times the price before; a wrong one never for more. */
const DEAREST = 10.01;
const CHEAPEST = 0.99;

/** A policy's demands, said once more and apart from the code under test. */
export const forbids = (require: Requirements, { data, provider }: Offer): boolean =>
  (require.training === 'never' && data.training !== 'never') ||
  (require.retention === 'none' && data.retention !== 'none') ||
  (require.selfHosted && !data.selfHosted) ||
  (require.regions.length > 0 &&
    (data.regions.length === 0 || data.regions.some((at) => !require.regions.includes(at)))) ||
  (require.providers.length > 0 && !require.providers.includes(provider));

const rateOf = ({ rates }: PriceSheet, meter: string): number | null | undefined =>
  rates.find((rate) => rate.meter === meter)?.price;

export const isAllowed = (offer: Offer, plan: Plan, needsTools: boolean): boolean =>
  matchesModel(plan.models, offer.model) && !forbids(plan.require, offer) && (!needsTools || offer.capabilities.tools);

type Ear = {
  readonly evidence: Evidence;
  readonly health: Health;
  readonly truth: Truth;
  /** Whether the seller's own budget has room for the call. */
  readonly canPay: (rung: Ranked['quote'], decision: Decision) => boolean;
};

const judgePrice = ({ quote }: Ranked, n: number, { evidence, truth }: Ear): void => {
  const { key } = quote.offer;
  const [input, output] = [rateOf(quote.sheet, 'input'), rateOf(quote.sheet, 'output')];
  const isKnown = typeof input === 'number' && typeof output === 'number' && !evidence.scenario.unpriced.includes(key);
  evidence.check('priced', isKnown, n, () => `${key} was quoted, and what it costs is not known`);
  const bounds = truth.of(key);
  const isTrue = !bounds || (Number(input) >= CHEAPEST * bounds.least && Number(input) <= DEAREST * bounds.most);
  evidence.check('price-true', isTrue, n, () => `${key} at ${input}, true were ${bounds?.least} to ${bounds?.most}`);
};

const judgeRung = (rung: Ranked, { plan: { n, tools } }: Case, plan: Plan, ear: Ear): void => {
  const { evidence } = ear;
  const { offer, sheet, costP90 } = rung.quote;
  evidence.check('allowed', isAllowed(offer, plan, tools), n, () => `${offer.key} is forbidden by the policy`);
  const { maxOutputPrice = Infinity, maxCost = Infinity } = plan.require;
  const isCheapEnough = Number(rateOf(sheet, 'output')) <= maxOutputPrice && costP90 <= maxCost;
  evidence.check('ceiling', isCheapEnough, n, () => `${offer.key} is above the policy's ceiling`);
  const isFinite = [rung.utility, rung.quality.mean, rung.quality.sd, rung.probability].every(Number.isFinite);
  evidence.check('finite', isFinite && rung.probability >= 0, n, () => `${offer.key}: ${JSON.stringify(rung.quality)}`);
  judgePrice(rung, n, ear);
};

/** Who asked to be left alone is, unless nobody else is left who can be paid. */
const judgeCooling = (decision: Decision, n: number, { evidence, health, canPay }: Ear): void => {
  const { ladder } = decision;
  const nowMs = evidence.clock.elapsed();
  const answers = ({ quote }: Ranked): boolean => health.view(quote.offer.key).share >= 1 && canPay(quote, decision);
  for (const { quote } of ladder) {
    const { cooledMs, untilMs } = evidence.blamed(quote.offer.key);
    if (untilMs < 0) continue;
    // In the same moment the word may not have got round yet.
    const isCooling = untilMs > nowMs + ROUNDING_MS && cooledMs < nowMs - ROUNDING_MS;
    const isPanic = isCooling && !ladder.some(answers);
    const isRight = !isCooling || isPanic;
    evidence.check('left-alone', isRight, n, () => `${quote.offer.key} is asked ${untilMs - nowMs} ms too early`);
  }
};

const judgeChances = (decision: Decision, { plan }: Case, { evidence }: Ear): void => {
  const { ladder, probability, reason } = decision;
  const sum = ladder.reduce((total, rung) => total + rung.probability, 0);
  const isLogged = probability > 0 && probability <= 1 + SUM_TOLERANCE && ladder[0]?.probability === probability;
  const isWhole = Math.abs(sum - 1) <= SUM_TOLERANCE && isLogged;
  evidence.check('chances', isWhole, plan.n, () => `chances sum to ${sum}, the first has ${probability}`);
  const isFree = plan.explore === 'allowed' || (reason !== 'explored' && reason !== 'holdout');
  evidence.check('unexplored', isFree, plan.n, () => `${reason}, though the request is not to be explored with`);
};

/** The learner, with every decision looked at before anybody acts on it. */
export const watchDecisions = (learner: Learner, ear: Ear): Learner => ({
  ...learner,
  decide(choice) {
    const decision = learner.decide(choice);
    const { evidence } = ear;
    const entry = evidence.caseOf(decision.requestId);
    if (!entry) return decision;
    entry.decision = decision;
    entry.decidedMs = evidence.clock.elapsed();
    entry.decisions += 1;
    evidence.trace('decision', entry.plan.n, decision.ladder.length, decision.probability * 1e6);
    for (const { quote } of decision.ladder) evidence.traceText(quote.offer.key);
    for (const rung of decision.ladder) judgeRung(rung, entry, decision.plan, ear);
    judgeChances(decision, entry, ear);
    judgeCooling(decision, entry.plan.n, ear);
    return decision;
  },
  committed(decision) {
    const entry = ear.evidence.caseOf(decision.requestId);
    if (entry) entry.committed = true;
    learner.committed(decision);
  },
  settled(decision, outcome) {
    const entry = ear.evidence.caseOf(decision.requestId);
    if (entry) {
      entry.taught += 1;
      ear.evidence.check('taught-once', entry.taught === 1, entry.plan.n, () => `taught ${entry.taught} times`);
    }
    learner.settled(decision, outcome);
  },
});

/** The breaker: who is blamed has earned it, and a cooldown only ever gets longer. */
export const watchHealth = (health: Health, evidence: Evidence): Health => {
  const { clock } = evidence;
  const told = new Map<OfferKey, number>();
  const untils = new Map<OfferKey, number>();
  /** When each offer last began to come back. */
  const ramps = new Map<OfferKey, number>();

  const see = (offer: OfferKey, isNews: boolean): ReturnType<Health['view']> => {
    const view = health.view(offer);
    const nowMs = clock.elapsed();
    const untilMs = view.untilMs === undefined ? nowMs : view.untilMs - clock.now() + nowMs;
    const before = untils.get(offer) ?? 0;
    const isShorter = before > nowMs + ROUNDING_MS && untilMs < before - ROUNDING_MS;
    evidence.check(
      'only-lengthens',
      !isShorter,
      -1,
      () => `${offer}: left alone until ${before}, now until ${untilMs}`,
    );
    const isLonger = !isNews && view.untilMs !== undefined && untilMs > Math.max(before, nowMs) + ROUNDING_MS;
    evidence.check(
      'not-by-itself',
      !isLonger,
      -1,
      () => `${offer}: until ${before}, now ${untilMs}, and nobody said so`,
    );
    untils.set(offer, untilMs);
    if (view.state === 'ramp') {
      const most = RAMP_START * 2 ** ((nowMs - (ramps.get(offer) ?? nowMs)) / RAMP_DOUBLING_MS);
      evidence.check('ramp', view.share <= most * ROUNDED, -1, () => `${offer} takes ${view.share}, may take ${most}`);
    }
    return view;
  };

  return {
    ...health,
    view: (offer) => see(offer, false),
    failed(offer, why, fault) {
      const count = (told.get(offer) ?? 0) + 1;
      told.set(offer, count);
      const { failures, closed } = evidence.blamed(offer);
      const isEarned = count <= failures + closed;
      evidence.check(
        'blame-earned',
        isEarned,
        -1,
        () => `${offer}: blamed ${count} times (${why}), failed ${failures}`,
      );
      health.failed(offer, why, fault);
      see(offer, true);
    },
    succeeded(offer) {
      const wasComing = health.view(offer).state === 'ramp';
      health.succeeded(offer);
      if (!wasComing) ramps.set(offer, clock.elapsed());
    },
    cool(offer, forMs, why) {
      health.cool(offer, forMs, why);
      see(offer, true);
    },
  };
};

// Logged requests decided again under another policy: by the product's own quoting and its own decision, with what was known at the time.
import { type Decision, type Estimate, OVERHEAD, type Quote, type Ranked } from '../core/decision.ts';
import { RouterError } from '../core/errors.ts';
import type { RequestView } from '../core/ledger.ts';
import { nanoUsd, usdOf } from '../core/money.ts';
import type { ModelKey, Offer, OfferKey } from '../core/offer.ts';
import type { Plan, Policy } from '../core/policy.ts';
import type { Rng } from '../core/ports.ts';
import type { PriceSheet } from '../core/price.ts';
import type { Profile } from '../core/profile.ts';
import { rewardOf } from '../core/reward.ts';
import type { Beliefs } from '../learn/beliefs.ts';
import { createExplorationSpend } from '../learn/exploration.ts';
import { createLearner } from '../learn/learner.ts';
import { createPacer } from '../learn/pacing.ts';
import type { HealthView } from '../market/health.ts';
import type { LatencyEstimate } from '../market/latency-estimate.ts';
import { quoteAll } from '../market/quote.ts';
import { matchesModel, placeOfModel } from '../policy/globs.ts';
import { match } from '../policy/match.ts';
import type { Option, Trial } from '../reports/backtest-estimate.ts';

export type BacktestDeps = {
  readonly policy: Policy;
  /** Who sells what the patterns select today: for models the log did not consider. */
  readonly offersFor: (patterns: readonly string[]) => readonly Offer[];
  /** The price at that instant. */
  readonly sheetOf: (offer: OfferKey, at: number) => PriceSheet | undefined;
  readonly latencyOf: (offer: OfferKey, profile: Profile) => LatencyEstimate;
  /** What is believed today: of models the log did not consider. */
  readonly beliefs: Pick<Beliefs, 'quality' | 'standing' | 'outputTokens'>;
  readonly rng: Rng;
};

const UP: HealthView = { state: 'closed', share: 1 };
const DOWN: HealthView = { state: 'open', share: 0, why: 'it was left alone then' };

/** The speed behind a logged quote. */
const latencyBehind = ({ firstTokenMs, firstTokenMsP95, totalMs, outputTokens }: Quote): LatencyEstimate => ({
  firstTokenMs,
  firstTokenMsP95,
  tokensPerSecond: (1_000 * outputTokens) / Math.max(1, totalMs - firstTokenMs),
  samples: 1,
  judged: { by: 'measured', firstTokenMs: firstTokenMsP95 },
});

/** What a logged decision knew of offers and models. */
const knownIn = ({ ladder, rejected, profile }: Decision) => {
  const quotes = new Map(ladder.map(({ quote }) => [quote.offer.key, quote]));
  const models = new Map<string, Ranked>(ladder.toReversed().map((rung) => [rung.quote.offer.model, rung]));
  const resting = new Set(rejected.flatMap(({ offer, by }) => (by === 'health' ? [offer] : [])));
  const { choices = 1 } = profile;
  const held = ladder.find(({ quote }) => quote.cachedTokens > 0)?.quote;
  return {
    quotes,
    models,
    healthOf: (offer: OfferKey): HealthView => (resting.has(offer) ? DOWN : UP),
    tokensOf: (model: ModelKey) => {
      const quote = models.get(model)?.quote;
      return quote && { mean: quote.outputTokens / choices, p90: quote.outputTokensP90 / choices };
    },
    lastServed: held && { offer: held.offer.key, cachedTokens: held.cachedTokens },
  };
};
type Known = ReturnType<typeof knownIn>;

const createQuoting =
  ({ offersFor, sheetOf, latencyOf }: BacktestDeps) =>
  (
    { decision, known, plan }: { decision: Decision; known: Known; plan: Plan },
    tokensOf: (model: ModelKey) => Tokens,
  ) => {
    const { at, profile, ladder, baseline } = decision;
    const logged = ladder.map(({ quote }) => quote.offer).filter(({ model }) => matchesModel(plan.models, model));
    const further = offersFor(plan.models).filter(({ key }) => !known.quotes.has(key));
    const quoted = quoteAll(
      [...logged, ...further],
      { plan, profile, dialect: 'chat' },
      {
        at,
        sheetOf: (offer) => known.quotes.get(offer)?.sheet ?? sheetOf(offer, at),
        latencyOf: (offer) => {
          const quote = known.quotes.get(offer);
          return quote ? latencyBehind(quote) : latencyOf(offer, profile);
        },
        healthOf: known.healthOf,
        tokensOf,
        lastServed: known.lastServed,
        luck: 0.5,
      },
    );
    const wanted = plan.feedback.baseline;
    const stood = [...quoted.quotes, ...(baseline ? [baseline] : [])].find(({ offer }) => offer.model === wanted);
    return { ...quoted, ...(stood ? { baseline: stood } : {}) };
  };
type Tokens = { readonly mean: number; readonly p90: number };

const isNobody = (fault: unknown): boolean => fault instanceof RouterError && fault.code === 'no_candidate';

/** Chance and expected dollars of each model over the rungs of its offers. */
const byModel = (ladder: readonly Ranked[]): ReadonlyMap<string, { chance: number; usd: number; quality: number }> =>
  new Map(
    [...Map.groupBy(ladder, ({ quote }) => quote.offer.model)].map(([model, rungs]) => {
      const chance = rungs.reduce((sum, { probability }) => sum + probability, 0);
      const paid = rungs.reduce((sum, { probability, quote }) => sum + probability * usdOf(quote.cost), 0);
      const [first] = rungs;
      const usd = chance > 0 ? paid / chance : usdOf(first?.quote.cost ?? nanoUsd(0));
      return [model, { chance, usd, quality: first?.quality.mean ?? 0 }];
    }),
  );

const optionsOf = (logged: Decision, tested: Decision): readonly Option[] => {
  const [was, is] = [byModel(logged.ladder), byModel(tested.ladder)];
  return [...new Set([...was.keys(), ...is.keys()])].map((model) => {
    const [old, now] = [was.get(model), is.get(model)];
    return {
      model,
      logged: old?.chance ?? 0,
      tested: now?.chance ?? 0,
      quality: old?.quality ?? now?.quality ?? 0,
      loggedUsd: old?.usd ?? 0,
      testedUsd: now?.usd ?? 0,
    };
  });
};

/** A model that was named, or a request that never ended, says nothing of a choice. */
const isComparable = ({ decision, outcome }: RequestView): boolean =>
  outcome !== undefined &&
  decision.reason !== 'pinned' &&
  !OVERHEAD.includes(decision.reason) &&
  decision.ladder.length > 0;

const trialOf = ({ decision, outcome, feedback }: RequestView, tested: Decision): Trial => {
  const first = decision.ladder[0]?.quote;
  const reward = outcome?.status === 'ok' ? rewardOf([...(outcome.signals ?? []), ...feedback]) : undefined;
  return {
    options: optionsOf(decision, tested),
    taken: first?.offer.model ?? '',
    expectedUsd: usdOf(first?.cost ?? nanoUsd(0)),
    usd: usdOf(outcome?.cost ?? nanoUsd(0)),
    ...(reward === undefined ? {} : { reward }),
  };
};

/**
 * Hand over requests in order of time: a budget paces itself by what it would have spent. Beliefs are as logged and do not react to what the
 * tested policy would have learned. @returns undefined for a request that cannot be compared, nobody: the policy has no offer for it
 */
export const createBacktest = (deps: BacktestDeps) => {
  const { policy, beliefs, rng } = deps;
  const quote = createQuoting(deps);
  let known: Known | undefined;
  const learner = createLearner({
    beliefs: {
      quality: (question): Estimate => known?.models.get(question.model)?.quality ?? beliefs.quality(question),
      standing: (question): Estimate => known?.models.get(question.model)?.quality ?? beliefs.standing(question),
      outputTokens: (question) => beliefs.outputTokens(question),
      learn: () => undefined,
      unlearn: () => undefined,
      digest: () => '',
      state: () => [],
      merge: () => undefined,
      conclude: () => undefined,
    },
    pacer: createPacer(),
    exploration: createExplorationSpend(),
    orderIn: (patterns) => (model) => placeOfModel(patterns, model),
    rng,
  });

  const decide = (decision: Decision): Decision => {
    known = knownIn(decision);
    const { requestId, at, profile, probability, plan: logged } = decision;
    const { rule, plan } = match(policy, profile);
    const believed = learner.tokensFor(profile);
    const { tokensOf } = known;
    const quoted = quote({ decision, known, plan }, (model) => tokensOf(model) ?? believed(model));
    // Certain though the policy explored: exploring was out of the question for this request, and would be again.
    const isClosed = probability >= 1 && logged.explore.share > 0;
    const ask = { requestId, explore: isClosed ? 'never' : 'allowed' } as const;
    return learner.decide({ ask, at, policy, rule, plan, profile, ...quoted, pinned: false });
  };

  return (view: RequestView): Trial | 'nobody' | undefined => {
    if (!isComparable(view)) return undefined;
    try {
      const tested = decide(view.decision);
      learner.committed(tested);
      const cost = tested.ladder[0]?.quote.cost ?? nanoUsd(0);
      learner.spentBefore({ policy: policy.name, plan: tested.plan, cost, at: tested.at });
      return trialOf(view, tested);
    } catch (fault) {
      if (isNobody(fault)) return 'nobody';
      throw fault;
    }
  };
};

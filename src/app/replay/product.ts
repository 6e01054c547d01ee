// The router under test: the product's own path from a profile through quotes and the learner to lessons.
import type { Decision, Quote } from '../../core/decision.ts';
import { RouterError } from '../../core/errors.ts';
import { nanoUsd, picoUsdPerUnit } from '../../core/money.ts';
import type { OfferKey } from '../../core/offer.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { PriceSheet } from '../../core/price.ts';
import { type Beliefs, createBeliefs } from '../../learn/beliefs.ts';
import { createExplorationSpend } from '../../learn/exploration.ts';
import { createLearner } from '../../learn/learner.ts';
import { lessonAbout } from '../../learn/lesson.ts';
import { createPacer } from '../../learn/pacing.ts';
import type { HealthView } from '../../market/health.ts';
import type { LatencyEstimate } from '../../market/latency-estimate.ts';
import { type Floor, quoteAll, type Quotes } from '../../market/quote.ts';
import { placeOfModel } from '../../policy/globs.ts';
import type { Dataset } from './dataset.ts';
import type { Answer, Asked, Labelled, Router, RouterWorld } from './router.ts';
import type { Weather } from './stream.ts';

/** Names the one policy of a replay. */
export const POLICY = { name: 'replay', hash: 'replay' } as const;
const UP: HealthView = { state: 'closed', share: 1 };
const DOWN: HealthView = { state: 'open', share: 0, why: 'an outage of the replay' };
/** Nobody pays for time in a replay: all answer alike. */
const LATENCY: LatencyEstimate = { firstTokenMs: 0, firstTokenMsP95: 0, tokensPerSecond: 1_000, samples: 0 };

/** Beliefs with the catalogue's priors, as a fresh process has them. */
export const freshBeliefs = ({ sellers }: Dataset): Beliefs => {
  const priors = new Map<string, (typeof sellers)[number]['prior']>(
    sellers.map(({ offer, prior }) => [offer.model, prior]),
  );
  const [first] = sellers;
  return createBeliefs({
    priorOf: (model) => {
      const prior = priors.get(model) ?? first?.prior;
      if (!prior) throw new RangeError(`nobody sells ${model} in this replay`);
      return prior;
    },
  });
};

const dearer = (sheet: PriceSheet, times: number): PriceSheet => ({
  ...sheet,
  revision: `${sheet.revision} × ${times}`,
  rates: sheet.rates.map((rate) => ({
    ...rate,
    price: rate.price === null ? null : picoUsdPerUnit(Math.round(rate.price * times)),
  })),
});

/** The market of one spell: sheets at its prices, who is down. Kept per spell, since a spell lasts. */
const createStalls = ({ sellers }: Dataset) => {
  const columns = new Map(sellers.map(({ offer }, column) => [offer.key, column]));
  const books = new WeakMap<Weather, ReadonlyMap<OfferKey, PriceSheet>>();
  const book = (weather: Weather): ReadonlyMap<OfferKey, PriceSheet> => {
    const known = books.get(weather);
    if (known) return known;
    const fresh = new Map(
      sellers.map(({ offer, sheet }, column) => {
        const times = weather.price[column] ?? 1;
        return [offer.key, times === 1 ? sheet : dearer(sheet, times)];
      }),
    );
    books.set(weather, fresh);
    return fresh;
  };
  const healthIn =
    ({ isDown }: Weather) =>
    (offer: OfferKey): HealthView =>
      isDown[columns.get(offer) ?? -1] ? DOWN : UP;
  return {
    columnOf: (offer: OfferKey): number => columns.get(offer) ?? -1,
    /** Of the models that are there: live sheets × expected tokens, as the market makes them. */
    quotes: ({ at, plan, prompt, open, weather }: Asked, tokensOf: Floor['tokensOf']): Quotes => {
      const offers = open.flatMap((column) => sellers[column]?.offer ?? []);
      const sheets = book(weather);
      return quoteAll(
        offers,
        { plan, profile: prompt.profile, dialect: 'chat' },
        {
          at,
          sheetOf: (offer) => sheets.get(offer),
          latencyOf: () => LATENCY,
          healthOf: healthIn(weather),
          tokensOf,
          lastServed: undefined,
          luck: 0.5,
        },
      );
    },
  };
};

const outcomeOf = (asked: Asked, quote: Quote, { ok, cost, tokens }: Answer): Outcome => {
  const { requestId, at, prompt } = asked;
  const offer = quote.offer.key;
  const base = { requestId, at, offer, cost: nanoUsd(cost), costStatus: 'exact', totalMs: 0 } as const;
  const attempt = { ...base, attempt: 1, priceRevision: quote.sheet.revision } as const;
  if (!ok) {
    return { ...base, status: 'failed', attempts: [{ ...attempt, result: 'transient', usage: {} }] };
  }
  const usage = { input: prompt.profile.inputTokens, output: tokens };
  return { ...base, status: 'ok', finish: 'stop', attempts: [{ ...attempt, result: 'ok', usage }] };
};

/** Where everybody is down the product may refuse. */
const orNobody = (decide: () => Decision): Decision | undefined => {
  try {
    return decide();
  } catch (fault) {
    if (fault instanceof RouterError && fault.code === 'no_candidate') return undefined;
    throw fault;
  }
};

type ProductWorld = RouterWorld & {
  /** Shared by several routers where none of them learns. */
  readonly beliefs: Beliefs;
};

export const createProduct = ({ dataset, rng, learns, beliefs }: ProductWorld): Router => {
  const stalls = createStalls(dataset);
  const learner = createLearner({
    beliefs,
    pacer: createPacer(),
    exploration: createExplorationSpend(),
    orderIn: (patterns) => (model) => placeOfModel(patterns, model),
    rng,
  });
  let last: Decision | undefined;

  const decide: Router['decide'] = (asked, believed) => {
    const { requestId, at, plan, prompt } = asked;
    const { profile } = prompt;
    const quoted = stalls.quotes(asked, learner.tokensFor(profile));
    const ask = { requestId, explore: learns ? 'allowed' : 'never' } as const;
    const question = { ask, at, policy: POLICY, rule: 0, plan, profile, pinned: false };
    last = orNobody(() => learner.decide({ ...question, ...quoted }));
    if (!last) return -1;
    learner.committed(last);
    for (const { quote, quality } of last.ladder) believed[stalls.columnOf(quote.offer.key)] = quality.mean;
    const [chosen] = last.ladder;
    return chosen ? stalls.columnOf(chosen.quote.offer.key) : -1;
  };

  const settle: Router['settle'] = (asked, answer) => {
    const quote = last?.ladder[0]?.quote;
    if (!last || !quote) return;
    if (!learns) {
      learner.spentBefore({ policy: POLICY.name, plan: asked.plan, cost: nanoUsd(answer.cost), at: asked.at });
      return;
    }
    const outcome = outcomeOf(asked, quote, answer);
    learner.settled(last, outcome);
    if (answer.reward === undefined) return;
    const { requestId, at } = asked;
    const feedback = { requestId, source: 'eval', score: answer.reward, at };
    learner.judged({ decision: last, outcome, before: [], now: [feedback] });
  };

  return { decide, settle, teach: (labelled) => teach(beliefs, dataset, labelled) };
};

/** A labelled answer is a lesson like any other, whoever paid for it. */
export const teach = (beliefs: Beliefs, { sellers }: Dataset, labelled: Labelled): void => {
  const offer = sellers[labelled.model]?.offer;
  if (!offer) return;
  const { requestId, at, prompt, plan, tokens, reward } = labelled;
  beliefs.learn(
    lessonAbout(prompt.profile, {
      requestId,
      at,
      model: offer.model,
      offer: offer.key,
      halfLifeMs: plan.feedback.halfLifeMs,
      outputTokens: tokens,
      reward,
    }),
  );
};

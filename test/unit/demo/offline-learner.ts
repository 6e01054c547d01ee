// A small learner run on the truth alone: is the demo's world learnable in a few hundred requests, and by how much?
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import type { Rng } from '../../../src/core/ports.ts';
import { BANDS, type Band, TASKS, type Task } from '../../../src/core/profile.ts';
import { alternativesTo } from '../../../src/demo/counterfactual.ts';
import { drawsFor, normal, pick } from '../../../src/demo/draw.ts';
import { createJudge } from '../../../src/demo/judge.ts';
import type { Entry, RunLog } from '../../../src/demo/log.ts';
import { bandOf } from '../../../src/demo/prompts.ts';
import { type Score, scoreRun } from '../../../src/demo/score.ts';
import { OFFERS } from '../../../src/demo/stalls.ts';
import { createTruth, type Subject } from '../../../src/demo/truth.ts';
import { createWorkload } from '../../../src/demo/workload.ts';

/** Mistakes of a classifier that sees only text. */
const WRONG_TASK = 0.12;
const DIFFICULTY_ERROR = 0.12;
/** Share of requests that are sampled from the posterior; the others take its mean. */
const SAMPLED = 0.15;
/** Standard deviations: of a model's offset, its offset in a band, its offset on a task, and of one verdict. */
const SPREAD = { model: 0.1, band: 0.12, task: 0.1, verdict: 0.2 };

/** What a catalogue knows: dearer is better, most of all when it is hard. */
const PRIORS = [
  { atLeast: 6, easy: 0.94, hard: 0.8 },
  { atLeast: 1.5, easy: 0.92, hard: 0.68 },
  { atLeast: 0.4, easy: 0.89, hard: 0.54 },
  { atLeast: 0.1, easy: 0.84, hard: 0.4 },
  { atLeast: 0, easy: 0.74, hard: 0.25 },
];
const DIFFICULTY: Readonly<Record<Band, number>> = { easy: 0.2, medium: 0.5, hard: 0.8 };

const priorOf = (model: string, band: Band): number => {
  const blends = OFFERS.filter((offer) => offer.model === model).map(
    ({ price }) => (3 * price.input + price.output) / 4,
  );
  const tier = PRIORS.find(({ atLeast }) => Math.min(...blends) >= atLeast) ?? { easy: 0.8, hard: 0.4 };
  return tier.easy + (tier.hard - tier.easy) * DIFFICULTY[band];
};

type Seen = { readonly task: Task; readonly band: Band };
type Regression = { readonly mean: readonly number[]; readonly covariance: readonly (readonly number[])[] };

const FEATURES = [SPREAD.model, ...BANDS.map(() => SPREAD.band), ...TASKS.map(() => SPREAD.task)];
const featuresOf = ({ task, band }: Seen): number[] => [
  1,
  ...BANDS.map((one) => Number(one === band)),
  ...TASKS.map((one) => Number(one === task)),
];
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, at) => sum + x * (b[at] ?? 0), 0);

/** Bayesian linear regression per model, as an offset from the prior. */
const createBeliefs = () => {
  const models = new Map<string, Regression>();
  const blank: Regression = {
    mean: FEATURES.map(() => 0),
    covariance: FEATURES.map((sd, row) => FEATURES.map((_, column) => (row === column ? sd * sd : 0))),
  };
  return {
    estimate: (model: string, seen: Seen) => {
      const x = featuresOf(seen);
      const { mean, covariance } = models.get(model) ?? blank;
      const variance = dot(
        x,
        covariance.map((row) => dot(row, x)),
      );
      return { mean: Math.min(1, priorOf(model, seen.band) + dot(x, mean)), sd: Math.sqrt(variance) };
    },
    learn: (model: string, seen: Seen, reward: number): void => {
      const x = featuresOf(seen);
      const { mean, covariance } = models.get(model) ?? blank;
      const gain = covariance.map((row) => dot(row, x));
      const scale = dot(x, gain) + SPREAD.verdict ** 2;
      const error = reward - priorOf(model, seen.band) - dot(x, mean);
      models.set(model, {
        mean: mean.map((value, at) => value + ((gain[at] ?? 0) * error) / scale),
        covariance: covariance.map((row, i) =>
          row.map((value, j) => value - ((gain[i] ?? 0) * (gain[j] ?? 0)) / scale),
        ),
      });
    },
  };
};

const classify = ({ task, difficulty }: Subject, rng: Rng): Seen => ({
  task: rng.next() < WRONG_TASK ? pick(rng, TASKS) : task,
  band: bandOf({ difficulty: difficulty + DIFFICULTY_ERROR * normal(rng) }),
});

export type OfflineOptions = { readonly seed: number; readonly requests: number; readonly worthUsd: number };

export const runOffline = ({ seed, requests, worthUsd }: OfflineOptions): Score => {
  const truth = createTruth(seed);
  const judge = createJudge({ truth, seed });
  const beliefs = createBeliefs();
  const cheapened = offerKey('nimbus', modelKey('tidal/current-70b'));
  const priceChange = { atRequest: Math.floor(requests * 0.45), offer: cheapened, factor: 0.2 };

  const decide = (entry: Entry): { readonly entry: Entry; readonly seen: Seen; readonly model: string } => {
    const rng = drawsFor(seed, 'offline', entry.index);
    const seen = classify(entry.subject, rng);
    const sampled = rng.next() < SAMPLED;
    const alternatives = alternativesTo(entry, { truth, priceChange });
    const drawn = new Map<string, number>();
    for (const model of new Set(alternatives.map(({ offer }) => offer.model))) {
      const { mean, sd } = beliefs.estimate(model, seen);
      drawn.set(model, sampled ? mean + sd * normal(rng) : mean);
    }
    const [best] = alternatives
      .map((one) => ({ one, utility: worthUsd * (drawn.get(one.offer.model) ?? 0) - one.usd }))
      .toSorted((a, b) => b.utility - a.utility);
    if (!best) throw new Error('nobody can serve this');
    const { offer, usd } = best.one;
    return {
      entry: { ...entry, spendUsd: usd, result: { kind: 'answered', offer: offer.key } },
      seen,
      model: offer.model,
    };
  };

  const entries = createWorkload({ requests, seed }).map((item): Entry => {
    const body = JSON.parse(JSON.stringify(item.body));
    const { index, subject, stream } = item;
    const nobody = { kind: 'failed', code: 'none', message: '' } as const;
    const { entry, seen, model } = decide({
      index,
      subject,
      stream,
      body,
      knownTurns: 0,
      attempts: 1,
      spendUsd: 0,
      result: nobody,
    });
    const verdict = judge(subject, { model: modelKey(model), index });
    if (!verdict) return entry;
    beliefs.learn(model, seen, verdict.score);
    return { ...entry, reward: verdict.score };
  });
  const log: RunLog = { entries, priceChange };
  return scoreRun({ log, truth, baseline: modelKey('quarry/granite-large'), worthUsd });
};

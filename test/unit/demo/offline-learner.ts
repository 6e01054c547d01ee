// A learner of thirty lines over task × band cells, run on the truth alone: is the demo's world learnable, and by how much?
import type { OfferKey } from '../../../src/core/offer.ts';
import { BANDS, type Band, type Task, TASKS } from '../../../src/core/profile.ts';
import { alternativesTo } from '../../../src/demo/counterfactual.ts';
import { drawsFor, normal, pick } from '../../../src/demo/draw.ts';
import { createJudge } from '../../../src/demo/judge.ts';
import type { Entry, RunLog } from '../../../src/demo/log.ts';
import { bandOf } from '../../../src/demo/prompts.ts';
import { type Score, scoreRun } from '../../../src/demo/score.ts';
import { OFFERS } from '../../../src/demo/stalls.ts';
import { createTruth, type Subject } from '../../../src/demo/truth.ts';
import { createWorkload } from '../../../src/demo/workload.ts';
import { modelKey, offerKey } from '../../../src/core/offer.ts';

/** Mistakes of a classifier that sees only text. */
const WRONG_TASK = 0.1;
const DIFFICULTY_ERROR = Number(process.env['DE'] ?? 0.12);
/** Standard deviations: what is believed of a model before anything is seen, and of one verdict around the truth. */
const SPREAD = {
  model: Number(process.env['SM'] ?? 0.1),
  band: Number(process.env['SB'] ?? 0.08),
  task: Number(process.env['ST'] ?? 0.1),
};
const NOISE = Number(process.env['NO'] ?? 0.25);
/** Share of a posterior's standard deviation that is sampled. */
const BOLDNESS = Number(process.env['SD'] ?? 0.5);

/** What a catalogue knows: dearer is better, and hard is harder. */
const priorOf = (model: string, band: Band): number => {
  const prices = OFFERS.filter((offer) => offer.model === model).map((offer) => offer.price.output);
  const ability =
    Number(process.env['PA'] ?? 0.75) + Number(process.env['PC'] ?? 0.15) * Math.log10(Math.min(...prices));
  return 1 / (1 + Math.exp(-Number(process.env['PS'] ?? 5) * (ability - { easy: 0.2, medium: 0.5, hard: 0.8 }[band])));
};


type Regression = { readonly mean: number[]; readonly cov: number[][] };

const featuresOf = ({ task, band }: Seen): number[] => [
  1,
  ...BANDS.map((one) => Number(one === band)),
  ...TASKS.map((one) => Number(one === task)),
];

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);

/** Bayesian linear regression per model on top of the catalogue's prior. */
const createBeliefs = () => {
  const models = new Map<string, Regression>();
  const spreads = [SPREAD.model, ...BANDS.map(() => SPREAD.band), ...TASKS.map(() => SPREAD.task)];
  const of = (model: string): Regression => {
    const known = models.get(model) ?? {
      mean: spreads.map(() => 0),
      cov: spreads.map((sd, i) => spreads.map((_, j) => (i === j ? sd * sd : 0))),
    };
    models.set(model, known);
    return known;
  };
  return {
    estimate: (model: string, seen: Seen) => {
      const x = featuresOf(seen);
      const { mean, cov } = of(model);
      const variance = dot(
        x,
        cov.map((row) => dot(row, x)),
      );
      return { mean: priorOf(model, seen.band) + dot(x, mean), sd: BOLDNESS * Math.sqrt(variance) };
    },
    learn: (model: string, seen: Seen, reward: number): void => {
      const x = featuresOf(seen);
      const { mean, cov } = of(model);
      const gain = cov.map((row) => dot(row, x));
      const scale = dot(x, gain) + NOISE * NOISE;
      const error = reward - priorOf(model, seen.band) - dot(x, mean);
      models.set(model, {
        mean: mean.map((value, i) => value + ((gain[i] ?? 0) * error) / scale),
        cov: cov.map((row, i) => row.map((value, j) => value - ((gain[i] ?? 0) * (gain[j] ?? 0)) / scale)),
      });
    },
  };
};

type Seen = { readonly task: Task; readonly band: Band };

const classify = ({ task, difficulty }: Subject, seed: number, index: number): Seen => {
  const rng = drawsFor(seed, 'classifier', index);
  const seenTask = rng.next() < WRONG_TASK ? pick(rng, TASKS) : task;
  return { task: seenTask, band: bandOf({ difficulty: difficulty + DIFFICULTY_ERROR * normal(rng) }) };
};

export type OfflineOptions = {
  readonly seed: number;
  readonly requests: number;
  readonly worthUsd: number;
  readonly sample: boolean;
};

export const runOffline = ({ seed, requests, worthUsd, sample }: OfflineOptions): Score => {
  const truth = createTruth(seed);
  const judge = createJudge({ truth, seed });
  const beliefs = createBeliefs();
  const priceChange = {
    atRequest: Math.round(requests * 0.45),
    offer: offerKey('nimbus', modelKey('tidal/current-70b')),
    factor: 0.2,
  };
  const entries: Entry[] = [];
  for (const item of createWorkload({ requests, seed })) {
    const seen = classify(item.subject, seed, item.index);
    const rng = drawsFor(seed, 'learner', item.index);
    const blank = {
      index: item.index,
      subject: item.subject,
      body: JSON.parse(JSON.stringify(item.body)),
      knownTurns: 0,
      stream: item.stream,
      attempts: 1,
    };
    const asked: Entry = { ...blank, spendUsd: 0, result: { kind: 'failed', code: 'none', message: '' } };
    const draws = new Map<string, number>();
    const drawOf = (model: string): number => {
      const { mean, sd } = beliefs.estimate(model, seen);
      const drawn = draws.get(model) ?? mean + (sample ? sd * normal(rng) : 0);
      draws.set(model, drawn);
      return drawn;
    };
    const [best] = alternativesTo(asked, { truth, priceChange }).toSorted(
      (a, b) => worthUsd * drawOf(b.offer.model) - b.usd - (worthUsd * drawOf(a.offer.model) - a.usd),
    );
    if (!best) throw new Error('nobody can serve this');
    const key: OfferKey = best.offer.key;
    const verdict = judge(item.subject, { model: best.offer.model, index: item.index });
    if (verdict) beliefs.learn(best.offer.model, seen, verdict.score);
    entries.push({
      ...asked,
      spendUsd: best.usd,
      result: { kind: 'answered', offer: key },
      ...(verdict ? { reward: verdict.score } : {}),
    });
  }
  const log: RunLog = { entries, priceChange };
  (globalThis as any).lastLog = { log, truth };
  return scoreRun({ log, truth, baseline: modelKey('quarry/granite-large'), worthUsd });
};

export { BANDS };

// LinUCB with a penalty on the logarithm of cost, forgetting and a multiplicative pacer: the published form of ParetoBandit (arXiv 2604.00136).
import type { Prompt } from '../../src/app/replay/dataset.ts';
import type { Asked, CreateRouter, Router } from '../../src/app/replay/router.ts';
import type { Seller } from '../../src/app/replay/sellers.ts';
import { basePrice } from '../../src/market/rates.ts';
import { BANDS, TASKS } from '../../src/core/profile.ts';

const GAMMA = 0.997;
const ALPHA = 0.01;
const MOST_STALE = 200;
const COST_WEIGHT = 0.3;
const SMOOTHING = 0.05;
/** Requests a model nobody knows is sent first. */
const FORCED = 20;
const STEP = 0.05;
const MOST_LAMBDA = 5;
const RIDGE = 1;
const LEAST_RATE = 1e-4;
const MOST_RATE = 0.1;
const MIDDLE = Math.log(400);

/** In place of its sentence embedding, which a router without a model of its own does not have: task, band, difficulty and length. */
const featuresOf = ({ profile, characters }: Prompt): Float64Array =>
  Float64Array.from([
    1,
    profile.difficulty,
    (Math.log(1 + characters) - MIDDLE) / 2,
    ...TASKS.map((task) => Number(task === profile.task)),
    ...BANDS.map((band) => Number(band === profile.band)),
  ]);

/** `played`: when last; `heard`: how often it was judged. */
type Arm = { inverse: Float64Array; b: Float64Array; played: number; heard: number };

const identity = (size: number): Float64Array => {
  const matrix = new Float64Array(size * size);
  for (let at = 0; at < size; at++) matrix[at * size + at] = 1 / RIDGE;
  return matrix;
};

const times = (matrix: Float64Array, vector: Float64Array): Float64Array => {
  const size = vector.length;
  const product = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    let sum = 0;
    for (let column = 0; column < size; column++) sum += (matrix[row * size + column] ?? 0) * (vector[column] ?? 0);
    product[row] = sum;
  }
  return product;
};

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

/** A ← γ^dt·A + x·xᵀ, b ← γ^dt·b + r·x, on the inverse by Sherman and Morrison. */
const update = (arm: Arm, x: Float64Array, reward: number, fade: number): void => {
  const { inverse, b } = arm;
  for (let at = 0; at < inverse.length; at++) inverse[at] = (inverse[at] ?? 0) / fade;
  const ax = times(inverse, x);
  const scale = 1 + dot(x, ax);
  for (let row = 0; row < x.length; row++)
    for (let column = 0; column < x.length; column++) {
      const at = row * x.length + column;
      inverse[at] = (inverse[at] ?? 0) - ((ax[row] ?? 0) * (ax[column] ?? 0)) / scale;
    }
  for (let at = 0; at < b.length; at++) b[at] = fade * (b[at] ?? 0) + reward * (x[at] ?? 0);
};

const createArms = (count: number, size: number): Arm[] =>
  Array.from({ length: count }, () => ({ inverse: identity(size), b: new Float64Array(size), played: 0, heard: 0 }));

/** Dollars per thousand tokens, prompt and answer alike: what the published router is configured with. */
const rateOf = ({ sheet }: Seller): number =>
  ((basePrice(sheet.rates, 'input') ?? 0) + (basePrice(sheet.rates, 'output') ?? 0)) / 2e9;

/** 0 at a hundredth of a cent, 1 at ten cents a thousand tokens. */
const logCost = (rate: number): number =>
  (Math.log(Math.max(LEAST_RATE, rate)) - Math.log(LEAST_RATE)) / (Math.log(MOST_RATE) - Math.log(LEAST_RATE));

/** Dollars per request, as nano-dollars; nothing where the goal is no budget. */
const budgetOf = ({ plan: { objective } }: Asked, tickMs: number): number | undefined =>
  objective.kind === 'budget' ? (objective.amount / objective.periodMs) * tickMs : undefined;

export const createLinUcb =
  (tickMs: number): CreateRouter =>
  ({ dataset, learns }) => {
    const models = dataset.sellers.length;
    const size = 3 + TASKS.length + BANDS.length;
    const arms = createArms(models, size);
    const costs = dataset.sellers.map(rateOf);
    let clock = 0;
    let lambda = 0;
    let smoothed: number | undefined;

    const score = (model: number, x: Float64Array, cost: number): { mean: number; score: number } => {
      const arm = arms[model];
      if (!arm) return { mean: 0, score: Number.NEGATIVE_INFINITY };
      const ax = times(arm.inverse, x);
      const mean = dot(ax, arm.b);
      const stale = Math.max(GAMMA ** (clock - arm.played), 1 / MOST_STALE);
      const width = Math.sqrt(Math.max(0, dot(x, ax)) / stale);
      return { mean, score: mean + ALPHA * width - (COST_WEIGHT + lambda) * logCost(cost) };
    };

    const learn = (model: number, prompt: Prompt, reward: number): void => {
      const arm = arms[model];
      if (!arm) return;
      update(arm, featuresOf(prompt), reward, GAMMA ** (clock - arm.played));
      arm.played = clock;
      arm.heard += 1;
    };

    const decide: Router['decide'] = ({ prompt, open, weather }, believed) => {
      clock += 1;
      const x = featuresOf(prompt);
      const up = open.filter((model) => !weather.isDown[model]);
      const priced = up.map((model) => ({ model, cost: (costs[model] ?? 0) * (weather.price[model] ?? 1) }));
      const dearest = Math.max(...priced.map(({ cost }) => cost));
      const allowed = lambda > 0 ? priced.filter(({ cost }) => cost <= dearest / (1 + lambda)) : priced;
      const cheapest = priced.toSorted((a, b) => a.cost - b.cost).slice(0, 1);
      const unknown = up.find((model) => (arms[model]?.heard ?? 0) < FORCED);
      if (learns && unknown !== undefined) return unknown;
      let best = -1;
      let highest = Number.NEGATIVE_INFINITY;
      for (const { model, cost } of allowed.length > 0 ? allowed : cheapest) {
        const each = score(model, x, cost);
        believed[model] = each.mean;
        if (each.score > highest) [best, highest] = [model, each.score];
      }
      return best;
    };

    const settle: Router['settle'] = (asked, { model, cost, reward }) => {
      const budget = budgetOf(asked, tickMs);
      if (budget !== undefined) {
        smoothed = (1 - SMOOTHING) * (smoothed ?? budget) + SMOOTHING * cost;
        lambda = Math.min(MOST_LAMBDA, Math.max(0, lambda + STEP * (smoothed / budget - 1)));
      }
      if (learns && reward !== undefined) learn(model, asked.prompt, reward);
    };
    return { decide, settle, teach: ({ model, prompt, reward }) => learn(model, prompt, reward) };
  };

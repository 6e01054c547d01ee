// Baselines that never look at the prompt: one mean per model, and two ways of exploring with it.
import { nanoFromUsd } from '../../src/core/money.ts';
import { type Guess, guessing } from './guess.ts';

/** Of one reward; the product assumes the same before it has seen any. */
const VARIANCE = 0.0625;
/** A first belief counts for so many rewards. */
const PRIOR_WEIGHT = 3;
const NO_LIMIT = nanoFromUsd(1_000_000);
/** So wide that whoever is drawn highest is anybody. */
const ANYBODY = 1_000;
export const EPSILON = 0.05;

type Means = { readonly mean: (model: number) => number; readonly count: (model: number) => number } & Pick<
  Guess,
  'learn'
>;

const createMeans = (priors: readonly { readonly easy: number; readonly hard: number }[]): Means => {
  const sums = priors.map(({ easy, hard }) => ({ count: PRIOR_WEIGHT, sum: (PRIOR_WEIGHT * (easy + hard)) / 2 }));
  return {
    mean: (model) => (sums[model] ? sums[model].sum / sums[model].count : 0),
    count: (model) => sums[model]?.count ?? 1,
    learn: (model, _prompt, reward) => {
      const entry = sums[model];
      if (!entry) return;
      entry.count += 1;
      entry.sum += reward;
    },
  };
};

/** Thompson sampling on a Normal per model, at every request. */
export const contextFreeThompson = guessing(
  ({ dataset }) => {
    const means = createMeans(dataset.sellers.map(({ prior }) => prior));
    return {
      quality: (model) => ({ mean: means.mean(model), sd: Math.sqrt(VARIANCE / means.count(model)) }),
      learn: means.learn,
    };
  },
  { share: 1, spend: NO_LIMIT, floor: 0 },
);

/** The best by its mean, but for one request in twenty, which goes to anybody. */
export const epsilonGreedy = guessing(
  ({ dataset }) => {
    const means = createMeans(dataset.sellers.map(({ prior }) => prior));
    return { quality: (model) => ({ mean: means.mean(model), sd: ANYBODY }), learn: means.learn };
  },
  { share: EPSILON, spend: NO_LIMIT, floor: 0 },
);

// A baseline that sees only how long the prompt is: per model a line through quality over the logarithm of its characters.
import type { Prompt } from '../../src/app/replay/dataset.ts';
import { guessing } from './guess.ts';

const VARIANCE = 0.0625;
/** Rewards that speak for a first belief, and for a line without slope. */
const PRIOR_WEIGHT = 3;
/** Lengths are measured from here, in factors of e. */
const MIDDLE = Math.log(400);

const lengthOf = ({ characters }: Prompt): number => Math.log(1 + characters) - MIDDLE;

/** Sums of a regression on 1 and x, the prior's included. */
type Sums = { n: number; x: number; xx: number; y: number; xy: number };

/** Solves (A) b = s for two coefficients and the variance of the fitted mean at x. */
const lineAt = ({ n, x, xx, y, xy }: Sums, at: number): { mean: number; variance: number } => {
  const determinant = n * xx - x * x;
  const intercept = (xx * y - x * xy) / determinant;
  const slope = (n * xy - x * y) / determinant;
  return { mean: intercept + slope * at, variance: (VARIANCE * (xx - 2 * x * at + n * at * at)) / determinant };
};

export const promptLength = guessing(({ dataset }) => {
  const sums: Sums[] = dataset.sellers.map(({ prior: { easy, hard } }) => ({
    n: PRIOR_WEIGHT,
    x: 0,
    xx: PRIOR_WEIGHT,
    y: (PRIOR_WEIGHT * (easy + hard)) / 2,
    xy: 0,
  }));
  return {
    quality: (model, prompt) => {
      const entry = sums[model];
      if (!entry) return { mean: 0, sd: 0 };
      const { mean, variance } = lineAt(entry, lengthOf(prompt));
      return { mean: Math.min(1, Math.max(0, mean)), sd: Math.sqrt(Math.max(0, variance)) };
    },
    learn: (model, prompt, reward) => {
      const entry = sums[model];
      if (!entry) return;
      const x = lengthOf(prompt);
      entry.n += 1;
      entry.x += x;
      entry.xx += x * x;
      entry.y += reward;
      entry.xy += x * reward;
    },
  };
});

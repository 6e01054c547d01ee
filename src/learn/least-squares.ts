// A linear model of the features of lessons, fitted one lesson at a time: recursive least squares with a diagonal precision.
import { FEATURE_SPACE, STRUCTURAL } from '../core/features.ts';
import { type Columns, placesOf } from './lesson-columns.ts';

/** Value of a structural feature; those of words share a length of 1. */
const MARK = 0.3;

/** Sums the features' weights with their values; `weights` in any float array. */
export const linear = (weights: Float16Array | Float64Array, features: Uint16Array): number => {
  let marks = 0;
  let words = 0;
  let at = 0;
  for (; at < features.length && (features[at] ?? 0) < STRUCTURAL; at++) marks += weights[features[at] ?? 0] ?? 0;
  const structural = at;
  for (; at < features.length; at++) words += weights[features[at] ?? 0] ?? 0;
  return MARK * marks + words / Math.sqrt(Math.max(1, features.length - structural));
};

/** Filled by each fit at the features of its lessons, and emptied after it; shared, since fits follow one another. */
const weights = new Float64Array(FEATURE_SPACE);
/** 0 where no lesson has shown the feature: its precision is the ridge. */
const precision = new Float64Array(FEATURE_SPACE);

type Step = {
  /** Where the lesson's features begin and end. */
  readonly from: number;
  readonly to: number;
  /** What the lesson weighs. */
  readonly share: number;
  /** Precision of a weight nothing has been seen of. */
  readonly ridge: number;
  /** What is to be explained; undefined: nothing is learned of it yet. */
  readonly error: number | undefined;
};

/**
 * One step of recursive least squares with a diagonal precision: the error is shared out by how unsure each weight is. Equal to Bayesian linear
 * regression where features do not overlap, and better proven than hand-set rates where they do.
 * @returns prediction before the step, and its variance in units of a lesson's
 */
export const step = (features: Uint16Array, { from, to, share, ridge, error }: Step): [number, number] => {
  let structural = from;
  while (structural < to && (features[structural] ?? 0) < STRUCTURAL) structural++;
  const word = 1 / Math.sqrt(Math.max(1, to - structural));
  let predicted = 0;
  let variance = 0;
  for (let at = from; at < to; at++) {
    const id = features[at] ?? 0;
    const value = at < structural ? MARK : word;
    predicted += value * (weights[id] ?? 0);
    precision[id] ||= ridge;
    variance += (value * value) / (precision[id] ?? 1);
  }
  const miss = error === undefined ? 0 : error - predicted;
  const gain = (share * miss) / (1 + share * variance);
  for (let at = from; at < to; at++) {
    const id = features[at] ?? 0;
    const value = at < structural ? MARK : word;
    weights[id] = (weights[id] ?? 0) + (gain * value) / (precision[id] ?? 1);
    precision[id] = (precision[id] ?? 1) + share * value * value;
  }
  return [predicted, variance];
};

/** What the fit has come to; leaves the shared places empty. */
export const takeWeights = (columns: Columns, slots: readonly number[]): Float16Array => {
  const taken = new Float16Array(FEATURE_SPACE);
  for (const slot of slots) {
    const { from, to } = placesOf(columns, slot);
    for (let at = from; at < to; at++) {
      const id = columns.features[at] ?? 0;
      const weight = weights[id] ?? 0;
      if (weight !== 0) taken[id] = weight;
      weights[id] = 0;
      precision[id] = 0;
    }
  }
  return taken;
};

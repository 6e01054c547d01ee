// What the features of requests explain beyond their kind: one linear model per target, fitted to the remembered lessons, trusted as far as it has predicted.
import { FEATURE_SPACE, STRUCTURAL } from '../core/features.ts';
import { type Columns, featuresAt, KINDS, type LessonRow, MICRO, UNKNOWN } from './lesson-columns.ts';
import type { Memory } from './memory.ts';
import { tenantFactors } from './tenants.ts';

export type Target = 'reward' | 'tokens';

/** Precision of a weight before anything is seen, in lessons that show its feature alone: words say more of how long an answer is than of how good. */
const RIDGE: Readonly<Record<Target, number>> = { reward: 6, tokens: 1 };
/** Value of a structural feature; those of words share a length of 1. */
const MARK = 0.3;
/** Lessons before predictions count as proof, and before there is a base to measure from. */
const PROOF_FROM = 20;
const BASE_FROM = 5;
/** Pseudo-lessons of the proof: what a slope of 0 is worth, in units of one lesson's variance. */
const DOUBT = 10;
const SLOPE_MOST = 1;
/** The running mean of a kind leans on the model's, and follows drift over so many lessons. */
const KIND_PSEUDO = 10;
const MEMORY_OF_BASE = 200;
/** One lesson in so many, picked by its id, ends a fit: which lessons are fitted depends on the set alone, and few lessons cause a new fit. */
const STRIDE = 16;

/** What is fitted: rewards, or ln(1 + tokens). NaN where the lesson does not say. */
const valueOf = ({ reward, tokens }: Columns, slot: number, target: Target): number => {
  const value = (target === 'reward' ? reward : tokens)[slot] ?? UNKNOWN;
  if (value === UNKNOWN) return Number.NaN;
  return target === 'reward' ? value / MICRO : Math.log1p(value);
};

export type Residual = {
  readonly weights: Float16Array;
  /** Proven worth in [0,1]: what is predicted is multiplied by it. 0: nothing. */
  readonly slope: number;
  /** Variance of an unseen request's prediction, in units of one lesson's variance. */
  readonly leverage: number;
  /** Share of the variance that is left when the prediction is used. */
  readonly left: number;
  /** For tokens: their sum over that of exp(prediction) − 1. */
  readonly smear: number;
};

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

/** Places filled anew by each fit; shared, since fits follow one another. */
const weights = new Float64Array(FEATURE_SPACE);
const precision = new Float64Array(FEATURE_SPACE);

/**
 * One step of recursive least squares with a diagonal precision: the error is shared out by how unsure each weight is. Equal to Bayesian linear
 * regression where features do not overlap, and better proven than hand-set rates where they do.
 * @returns prediction before the step, and its variance in units of a lesson's
 */
const step = (features: Uint16Array, share: number, miss: (predicted: number) => number): [number, number] => {
  let structural = 0;
  while (structural < features.length && (features[structural] ?? 0) < STRUCTURAL) structural++;
  const word = 1 / Math.sqrt(Math.max(1, features.length - structural));
  let predicted = 0;
  let variance = 0;
  for (let at = 0; at < features.length; at++) {
    const id = features[at] ?? 0;
    const value = at < structural ? MARK : word;
    predicted += value * (weights[id] ?? 0);
    variance += (value * value) / (precision[id] ?? 1);
  }
  const gain = (share * miss(predicted)) / (1 + share * variance);
  for (let at = 0; at < features.length; at++) {
    const id = features[at] ?? 0;
    const value = at < structural ? MARK : word;
    weights[id] = (weights[id] ?? 0) + (gain * value) / (precision[id] ?? 1);
    precision[id] = (precision[id] ?? 1) + share * value * value;
  }
  return [predicted, variance];
};

/** Running means: of the model, and of each kind leaning on it. They look back over the last lessons only. */
const createBase = () => {
  const counts = new Float64Array(KINDS.length + 1);
  const means = new Float64Array(KINDS.length + 1);
  const follow = (index: number, value: number): void => {
    const count = Math.min(MEMORY_OF_BASE, (counts[index] ?? 0) + 1);
    counts[index] = count;
    means[index] = (means[index] ?? 0) + (value - (means[index] ?? 0)) / count;
  };
  return {
    of: (kind: number): number => {
      const own = counts[kind] ?? 0;
      return (own * (means[kind] ?? 0) + KIND_PSEUDO * (means[KINDS.length] ?? 0)) / (own + KIND_PSEUDO);
    },
    follow: (kind: number, value: number): void => {
      follow(kind, value);
      follow(KINDS.length, value);
    },
  };
};

/** Lessons with the target, from the first to the last that ends a stride. */
export const fittedSlots = (memory: Memory, target: Target): number[] => {
  const columns = memory.columns();
  const slots: number[] = [];
  let last = 0;
  for (const slot of memory.order()) {
    if ((columns.times[slot] ?? 0) <= 0 || Number.isNaN(valueOf(columns, slot, target))) continue;
    const ends = (columns.id[slot] ?? 0) % STRIDE === 0;
    if (ends || slots.length > 0) slots.push(slot);
    if (ends) last = slots.length;
  }
  return slots.slice(0, last);
};

/** Whether a lesson that comes or goes is among those fitted: it ends a stride, or lies before one that does. */
export const endsFit = (memory: Memory, { id, at }: Pick<LessonRow, 'id' | 'at'>): boolean => {
  if (id % STRIDE === 0) return true;
  const columns = memory.columns();
  const order = memory.order();
  for (let place = order.length - 1; place >= 0; place--) {
    const slot = order[place] ?? 0;
    if ((columns.at[slot] ?? 0) < at) return false;
    if ((columns.id[slot] ?? 0) % STRIDE === 0) return true;
  }
  return false;
};

/** Tells whether the lessons to be fitted are those of the fit before. */
export const stampOf = (columns: Columns, slots: readonly number[], target: Target): number => {
  let stamp = slots.length;
  for (const slot of slots) {
    const value = (target === 'reward' ? columns.reward : columns.tokens)[slot] ?? 0;
    stamp = (Math.imul(stamp, 31) + ((columns.id[slot] ?? 0) % 0x7fff_ffff) + value * (columns.times[slot] ?? 0)) | 0;
  }
  return stamp;
};

type Proof = { seen: number; square: number; product: number; predicted: number; leverage: number };

/** Passes once over the lessons in order of time: what each was predicted before it was seen is the proof. */
export const fitResidual = (columns: Columns, slots: readonly number[], target: Target): Residual => {
  weights.fill(0);
  precision.fill(RIDGE[target]);
  const base = createBase();
  const newest = columns.at[slots.at(-1) ?? 0] ?? 0;
  const proof: Proof = { seen: 0, square: 0, product: 0, predicted: 0, leverage: 1 };
  const bases = new Float64Array(slots.length);
  const predictions = new Float64Array(slots.length);
  // Rewards of a tenant that holds too much weigh less; how long answers are is nobody's opinion.
  const heard = target === 'reward' ? tenantFactors(columns, Uint16Array.from(slots), () => 1) : () => 1;
  slots.forEach((slot, index) => {
    const kind = columns.kind[slot] ?? 0;
    const value = valueOf(columns, slot, target);
    const age = (newest - (columns.at[slot] ?? 0)) / (columns.halfLife[slot] ?? 1);
    const share = (columns.times[slot] ?? 1) * 2 ** -age * heard(slot);
    const from = base.of(kind);
    const miss = (predicted: number): number => (index < BASE_FROM ? 0 : value - from - predicted);
    const [predicted, variance] = step(featuresAt(columns, slot), share, miss);
    base.follow(kind, value);
    bases[index] = from;
    predictions[index] = predicted;
    if (index < PROOF_FROM) return;
    proof.seen += share;
    proof.square += share * (value - from) ** 2;
    proof.product += share * (value - from) * predicted;
    proof.predicted += share * predicted ** 2;
    proof.leverage += (variance - proof.leverage) / Math.min(MEMORY_OF_BASE, index);
  });
  const doubt = (DOUBT * proof.square) / Math.max(1, proof.seen);
  const slope = Math.min(SLOPE_MOST, Math.max(0, proof.product / Math.max(Number.MIN_VALUE, proof.predicted + doubt)));
  const won = 2 * slope * proof.product - slope ** 2 * proof.predicted;
  let said = 0;
  let meant = 0;
  const measured = target === 'tokens' ? slots.length : 0;
  for (let index = PROOF_FROM; index < measured; index++) {
    said += columns.tokens[slots[index] ?? 0] ?? 0;
    meant += Math.expm1((bases[index] ?? 0) + slope * (predictions[index] ?? 0));
  }
  return {
    weights: new Float16Array(weights),
    slope,
    leverage: proof.leverage,
    left: proof.square > 0 ? Math.min(1, Math.max(0.1, 1 - won / proof.square)) : 1,
    smear: meant > 0 ? said / meant : 1,
  };
};

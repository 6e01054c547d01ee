// What the features of requests explain beyond their kind: one linear model per target, fitted to the remembered lessons, trusted as far as it has predicted.
import { step, takeWeights } from './least-squares.ts';
import { type Columns, KINDS, type LessonRow, logTokens, MICRO, placesOf, UNKNOWN } from './lesson-columns.ts';
import type { Memory } from './memory.ts';
import { tenantFactors } from './tenants.ts';

export type Target = 'reward' | 'tokens';

/** Precision of a weight before anything is seen, in lessons that show its feature alone: words say more of how long an answer is than of how good. */
const RIDGE: Readonly<Record<Target, number>> = { reward: 6, tokens: 1 };
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

/** What is said of the target, as it stands in the column; UNKNOWN where the lesson does not say. */
const saidOf = ({ reward, tokens }: Columns, target: Target): Int32Array => (target === 'reward' ? reward : tokens);
/** What is fitted: rewards, or ln(1 + tokens). */
const valueOf = (said: number, target: Target): number => (target === 'reward' ? said / MICRO : logTokens(said));

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
  const said = saidOf(columns, target);
  const slots: number[] = [];
  let last = 0;
  for (const slot of memory.order()) {
    if ((columns.times[slot] ?? 0) <= 0 || (said[slot] ?? UNKNOWN) === UNKNOWN) continue;
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
  const said = saidOf(columns, target);
  for (const slot of slots) {
    const value = said[slot] ?? 0;
    stamp = (Math.imul(stamp, 31) + ((columns.id[slot] ?? 0) % 0x7fff_ffff) + value * (columns.times[slot] ?? 0)) | 0;
  }
  return stamp;
};

type Proof = { seen: number; square: number; product: number; predicted: number; leverage: number };

/** Passes once over the lessons in order of time: what each was predicted before it was seen is the proof. */
export const fitResidual = (columns: Columns, slots: readonly number[], target: Target): Residual => {
  const ridge = RIDGE[target];
  const said = saidOf(columns, target);
  const base = createBase();
  const newest = columns.at[slots.at(-1) ?? 0] ?? 0;
  const proof: Proof = { seen: 0, square: 0, product: 0, predicted: 0, leverage: 1 };
  const bases = new Float64Array(slots.length);
  const predictions = new Float64Array(slots.length);
  // Rewards of a tenant that holds too much weigh less; how long answers are is nobody's opinion.
  const heard = target === 'reward' ? tenantFactors(columns, new Uint16Array(slots), () => 1) : () => 1;
  slots.forEach((slot, index) => {
    const kind = columns.kind[slot] ?? 0;
    const value = valueOf(said[slot] ?? UNKNOWN, target);
    const age = (newest - (columns.at[slot] ?? 0)) / (columns.halfLife[slot] ?? 1);
    const share = (columns.times[slot] ?? 1) * 2 ** -age * heard(slot);
    const from = base.of(kind);
    const error = index < BASE_FROM ? undefined : value - from;
    const [predicted, variance] = step(columns.features, { ...placesOf(columns, slot), share, ridge, error });
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
  let written = 0;
  let meant = 0;
  const measured = target === 'tokens' ? slots.length : 0;
  for (let index = PROOF_FROM; index < measured; index++) {
    written += columns.tokens[slots[index] ?? 0] ?? 0;
    meant += Math.expm1((bases[index] ?? 0) + slope * (predictions[index] ?? 0));
  }
  return {
    weights: takeWeights(columns, slots),
    slope,
    leverage: proof.leverage,
    left: proof.square > 0 ? Math.min(1, Math.max(0.1, 1 - won / proof.square)) : 1,
    smear: meant > 0 ? written / meant : 1,
  };
};

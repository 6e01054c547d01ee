// Mean and spread of a stream of numbers that forgets: decayed sums, so that the order within one instant does not matter.

/** Weighted sums as of `atMs`. */
export type Sums = { readonly weight: number; readonly sum: number; readonly squares: number; readonly atMs: number };

export const EMPTY: Sums = { weight: 0, sum: 0, squares: 0, atMs: 0 };

/** Samples are forgotten with this time constant. */
const TAU_MS = 300_000;

/** Adds x as of `atMs`. A late sample is weighed down instead of winding time back. */
export const addSample = (sums: Sums, x: number, atMs: number): Sums => {
  const newest = Math.max(sums.atMs, atMs);
  const fade = sums.weight === 0 ? 0 : Math.exp((sums.atMs - newest) / TAU_MS);
  const weight = Math.exp((atMs - newest) / TAU_MS);
  return {
    weight: sums.weight * fade + weight,
    sum: sums.sum * fade + weight * x,
    squares: sums.squares * fade + weight * x * x,
    atMs: newest,
  };
};

/** What is known of a quantity: as much as `weight` samples would tell. */
export type Knowledge = { readonly weight: number; readonly mean: number; readonly variance: number };

export const knowledgeAt = ({ weight, sum, squares, atMs }: Sums, nowMs: number): Knowledge | undefined => {
  if (weight === 0) return undefined;
  const mean = sum / weight;
  return {
    weight: weight * Math.exp(Math.min(0, atMs - nowMs) / TAU_MS),
    mean,
    variance: Math.max(0, squares / weight - mean * mean),
  };
};

/** Several sources being brought together, each by its weight: sums, not yet means. */
export type Mixture = { weight: number; mean: number; variance: number };

export const emptyMixture = (): Mixture => ({ weight: 0, mean: 0, variance: 0 });

export const mixIn = (mixture: Mixture, weight: number, { mean, variance }: Omit<Knowledge, 'weight'>): void => {
  mixture.weight += weight;
  mixture.mean += weight * mean;
  mixture.variance += weight * variance;
};

/** What they know together. The spread is that of single samples, not of what the sources disagree about. */
export const mixed = ({ weight, mean, variance }: Mixture): Knowledge =>
  weight === 0 ? { weight, mean: 0, variance: 0 } : { weight, mean: mean / weight, variance: variance / weight };

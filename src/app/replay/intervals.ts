// How sure a mean over a few seeds is.

/** Student's t at 97.5 %, by degrees of freedom from 1. */
const T975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const;
const Z975 = 1.96;

/** Beyond the table by the first term of its expansion in 1/df: within 0.001. */
const t975 = (freedom: number): number => T975[freedom - 1] ?? Z975 + (Z975 ** 3 + Z975) / (4 * freedom);

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

export type Interval = readonly [low: number, high: number];

/** 95 % interval of the mean by Student's t; null for fewer than two values, which say nothing of their spread. */
export const interval95 = (values: readonly number[]): Interval | null => {
  if (values.length < 2) return null;
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const half = t975(values.length - 1) * Math.sqrt(variance / values.length);
  return [mean - half, mean + half];
};

/** The value below which this share lies, between neighbours linearly; NaN of nothing. Sorts a copy. */
export const quantileOf = (values: Float64Array, share: number): number => {
  const sorted = values.toSorted();
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return low + (high - low) * (place - Math.floor(place));
};

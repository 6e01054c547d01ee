// How sure a mean over many requests is, where few of them may decide it: weights and bills have long tails. Pure.

export type Interval = { readonly mean: number; readonly low: number; readonly high: number };

/** 97.5 % quantile of the normal distribution: an interval of 95 %. */
const Z = 1.959964;
/** Student's quantiles are not told below: an interval is never more than about four errors wide to a side. */
const LEAST_FREEDOM = 2;

/** Student's t at 97.5 %, any degrees of freedom: Cornish and Fisher's expansion, 3 % short at two, exact beyond ten. */
const studentAt = (freedom: number): number => {
  const df = Math.max(LEAST_FREEDOM, freedom);
  const first = (Z ** 3 + Z) / (4 * df);
  const second = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * df ** 2);
  const third = (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / (384 * df ** 3);
  return Z + first + second + third;
};

type Moments = {
  readonly mean: number;
  /** Standard error of the mean. */
  readonly error: number;
  /** Third central moment over the cube of the standard deviation. */
  readonly skew: number;
  /** How many values the spread rests on: Kish's count, of squared deviations. */
  readonly freedom: number;
};

const momentsOf = (values: readonly number[]): Moments => {
  const count = Math.max(1, values.length);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  let [squares, cubes, fourths] = [0, 0, 0];
  for (const value of values) {
    const square = (value - mean) ** 2;
    squares += square;
    cubes += square * (value - mean);
    fourths += square ** 2;
  }
  const error = Math.sqrt(squares / Math.max(1, count - 1) / count);
  if (fourths === 0) return { mean, error, skew: 0, freedom: count };
  return { mean, error, skew: cubes / count / (squares / count) ** 1.5, freedom: squares ** 2 / fourths };
};

export const meanAndError = (values: readonly number[]): { readonly mean: number; readonly error: number } => {
  const { mean, error } = momentsOf(values);
  return { mean, error };
};

/**
 * 95 % interval of a mean: Student's t with as many degrees of freedom as values make up the spread, stretched to where the skew moves it (Johnson 1978,
 * J. Amer. Statist. Assoc. 73, 536–544). The normal interval for values all alike; up to three times as wide where a handful decide.
 */
export const around = (values: readonly number[]): Interval => {
  const { mean, error, skew, freedom } = momentsOf(values);
  const t = studentAt(freedom);
  const shift = (error * skew * (1 + 2 * t ** 2)) / (6 * Math.sqrt(Math.max(1, values.length)));
  return { mean, low: mean - t * error + Math.min(0, shift), high: mean + t * error + Math.max(0, shift) };
};

// The belief about one model as a mixed linear model: its own effect, one per difficulty band, one per task, one per cell, all Normal.
import { BANDS, type Band, TASKS, type Task } from '../core/profile.ts';

export type Kind = { readonly task: Task; readonly band: Band };

/** What the lessons of one task × band cell said: how many (weighted by age), and their mean distance from the catalogue prior. */
export type CellMean = Kind & { readonly count: number; readonly residual: number };

/** Distance from the prior, and the variance of that distance. */
export type Posterior = { readonly offset: number; readonly variance: number };

export type Effects = {
  readonly cells: readonly CellMean[];
  /** Variance of the model's own effect: how far a catalogue prior may be off. */
  readonly modelVariance: number;
  /** Variance of one reward about its cell's mean. */
  readonly noise: number;
};

/**
 * Standard deviations, in units of quality, of what a band, a task and a single cell add to a model's own effect. A model that is weak on hard
 * requests is weak on them in most tasks, so bands are pooled over tasks as tasks are over bands.
 */
const BAND_SD = 0.08;
const TASK_SD = 0.07;
const CELL_SD = 0.05;

const SIZE = 1 + BANDS.length + TASKS.length;

/** Positions of the effects a kind of request adds up: the model's own, its band's, its task's. */
const effectsOf = ({ task, band }: Kind): readonly [number, number, number] => [
  0,
  1 + BANDS.indexOf(band),
  1 + BANDS.length + TASKS.indexOf(task),
];

const at = (vector: Float64Array, index: number): number => vector[index] ?? 0;
const bump = (vector: Float64Array, index: number, by: number): void => void (vector[index] = at(vector, index) + by);

/** Solves precision · x = right for a symmetric positive definite matrix in place, by elimination without pivoting. */
const solve = (precision: Float64Array, right: Float64Array): Float64Array => {
  for (let pivot = 0; pivot < SIZE; pivot++)
    for (let row = pivot + 1; row < SIZE; row++) {
      // Most effects share no lesson, and stay apart.
      const below = at(precision, row * SIZE + pivot);
      if (below === 0) continue;
      const factor = below / at(precision, pivot * SIZE + pivot);
      for (let column = pivot; column < SIZE; column++)
        bump(precision, row * SIZE + column, -factor * at(precision, pivot * SIZE + column));
      bump(right, row, -factor * at(right, pivot));
    }
  for (let row = SIZE - 1; row >= 0; row--) {
    for (let column = row + 1; column < SIZE; column++)
      bump(right, row, -at(precision, row * SIZE + column) * at(right, column));
    right[row] = at(right, row) / at(precision, row * SIZE + row);
  }
  return right;
};

/**
 * Posterior of the effects of one kind of request (Bayesian linear regression with crossed random effects; Gelman & Hill, ch. 13). With
 * z = A⁻¹x, where A is the posterior precision and x picks the kind's effects, the mean is zᵀb and the variance zᵀx: one solve gives both.
 * Then the kind's own cell adds what its lessons say beyond the fit, shrunk by CELL_SD² / (CELL_SD² + noise/n).
 */
export const posteriorOf = ({ cells, modelVariance, noise }: Effects, kind: Kind): Posterior => {
  const precision = new Float64Array(SIZE * SIZE);
  const evidence = new Float64Array(SIZE);
  for (let index = 0; index < SIZE; index++) {
    const spread = index === 0 ? modelVariance : index <= BANDS.length ? BAND_SD ** 2 : TASK_SD ** 2;
    precision[index * SIZE + index] = 1 / spread;
  }
  for (const cell of cells) {
    const weight = 1 / (noise / cell.count + CELL_SD ** 2);
    const effects = effectsOf(cell);
    for (const row of effects) {
      bump(evidence, row, weight * cell.residual);
      for (const column of effects) bump(precision, row * SIZE + column, weight);
    }
  }
  const picked = new Float64Array(SIZE);
  for (const index of effectsOf(kind)) picked[index] = 1;
  const z = solve(precision, picked);
  let fit = 0;
  for (let index = 0; index < SIZE; index++) fit += at(evidence, index) * at(z, index);
  let variance = 0;
  for (const index of effectsOf(kind)) variance += at(z, index);

  const own = cells.find(({ task, band }) => task === kind.task && band === kind.band);
  const trust = own ? CELL_SD ** 2 / (CELL_SD ** 2 + noise / own.count) : 0;
  return {
    offset: fit + trust * ((own?.residual ?? 0) - fit),
    variance: (1 - trust) ** 2 * variance + (1 - trust) * CELL_SD ** 2,
  };
};

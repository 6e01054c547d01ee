// How far a cell of few lessons is trusted: each level is pulled to the one above it by a stated number of pseudo-lessons.

/** Lessons of one level: how many (weighted by age) and the sum of their distance from the prior. */
export type Level = { readonly count: number; readonly residual: number };

/**
 * Pseudo-lessons with which a task family leans on its model's mean, and a task × band cell on its family. Fifty lessons a family are known to be about as
 * good as hundreds of thousands in a nearest-neighbour table, so a family must own most of its belief by then: 50/60.
 */
export const TASK_PSEUDO = 10;
export const CELL_PSEUDO = 20;

export type Chain = {
  readonly model: Level;
  readonly task: Level;
  readonly cell: Level;
  /** Pseudo-lessons of the catalogue prior. */
  readonly prior: number;
  /** Of one lesson. */
  readonly variance: number;
};

/** Distance from the prior, and the variance of that distance. */
export type Posterior = { readonly offset: number; readonly variance: number };

const EMPTY: Level = { count: 0, residual: 0 };
const positive = (level: Level): Level => (level.count > 0 ? level : EMPTY);

/**
 * offset = (residual + k · offset above) / (n + k), from the model down to the cell; the variance of each is s²/(n + k) plus what of the
 * uncertainty above it leans on. (Empirical-Bayes shrinkage: P_fa = (k_fa + m0·P_a)/(n_fa + m0), one level deeper.)
 * Lessons of a cell count at all three levels, which makes the variance a little too wide.
 */
export const shrink = ({ model, task, cell, prior, variance }: Chain): Posterior => {
  const steps: readonly (readonly [Level, number])[] = [
    [positive(model), prior],
    [positive(task), TASK_PSEUDO],
    [positive(cell), CELL_PSEUDO],
  ];
  let above = { offset: 0, variance: 0 };
  for (const [{ count, residual }, pseudo] of steps) {
    const lean = pseudo / (count + pseudo);
    above = {
      offset: residual / (count + pseudo) + lean * above.offset,
      variance: variance / (count + pseudo) + lean ** 2 * above.variance,
    };
  }
  return above;
};

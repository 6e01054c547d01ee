// What the lessons of a model say of its quality on one kind of request, as a distance from its catalogue prior.
import { BANDS, type Band, TASKS } from '../core/profile.ts';
import { type CellMean, type Kind, type Posterior, posteriorOf } from './effects.ts';
import type { Cells } from './cells.ts';

/** What the catalogue says of a model before anybody has used it. */
export type Prior = {
  /** Quality in [0,1] on the easiest and on the hardest requests; between them it is interpolated. */
  readonly easy: number;
  readonly hard: number;
  /** Pseudo-lessons it is worth. Weak on purpose. */
  readonly weight: number;
  /** Expected tokens of an ordinary answer. */
  readonly outputTokens: number;
};

/** The difficulty a lesson is taken to have had: ledgers keep the band, not the number. */
const BAND_DIFFICULTY: Readonly<Record<Band, number>> = { easy: 0.2, medium: 0.5, hard: 0.8 };
/** Variance of one reward about its cell's mean: what is assumed, for how many lessons, and the least it may ever be. */
const VARIANCE_PRIOR = 0.12;
const VARIANCE_PSEUDO = 10;
const VARIANCE_FLOOR = 0.01;

export const priorAt = ({ easy, hard }: Prior, difficulty: number): number => easy + (hard - easy) * difficulty;

const KINDS: readonly Kind[] = TASKS.flatMap((task) => BANDS.map((band) => ({ task, band })));

/** What the cells with lessons say: their mean distance from the prior at their band. */
const cellMeans = (cells: Cells, prior: Prior): readonly CellMean[] => {
  const means: CellMean[] = [];
  for (const { task, band } of KINDS) {
    const { rewards, reward } = cells(task, band);
    if (rewards <= 0) continue;
    means.push({ task, band, count: rewards, residual: reward / rewards - priorAt(prior, BAND_DIFFICULTY[band]) });
  }
  return means;
};

/** Of one reward about its cell's mean, pooled over the model's cells. */
const varianceOf = (cells: Cells): number => {
  let count = VARIANCE_PSEUDO;
  let squares = VARIANCE_PSEUDO * VARIANCE_PRIOR;
  for (const { task, band } of KINDS) {
    const { rewards, reward, rewardSquare } = cells(task, band);
    if (rewards <= 0) continue;
    count += rewards;
    squares += Math.max(0, rewardSquare - reward ** 2 / rewards);
  }
  return Math.max(VARIANCE_FLOOR, squares / count);
};

/** Catalogue prior, then the model's own effect, its bands', its tasks' and its cells' (effects.ts). The prior is worth `weight` lessons. */
export const distanceFromPrior = (cells: Cells, prior: Prior, kind: Kind): Posterior => {
  const noise = varianceOf(cells);
  return posteriorOf({ cells: cellMeans(cells, prior), modelVariance: noise / prior.weight, noise }, kind);
};

// What the lessons of a model say of its quality on one kind of request, as a distance from its catalogue prior.
import { BANDS, type Band, TASKS, type Task } from '../core/profile.ts';
import type { Sums } from './evidence.ts';
import { type Level, type Posterior, shrink } from './shrink.ts';

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

/** Sums of a model's cells as one reader sees them. */
export type Cells = (task: Task, band: Band) => Sums;

/** The difficulty a lesson is taken to have had: ledgers keep the band, not the number. */
const BAND_DIFFICULTY: Readonly<Record<Band, number>> = { easy: 0.2, medium: 0.5, hard: 0.8 };
/** Variance of one reward about its cell's mean: what is assumed, for how many lessons, and the least it may ever be. */
const VARIANCE_PRIOR = 0.0625;
const VARIANCE_PSEUDO = 10;
const VARIANCE_FLOOR = 0.01;

export const priorAt = ({ easy, hard }: Prior, difficulty: number): number => easy + (hard - easy) * difficulty;

type Kind = { readonly task: Task; readonly band: Band };
const KINDS: readonly Kind[] = TASKS.flatMap((task) => BANDS.map((band) => ({ task, band })));

/** Over the kinds that match: how many lessons, and how far their rewards lie from the prior at their band. */
const levelOf = (cells: Cells, prior: Prior, matches: (kind: Kind) => boolean): Level => {
  let count = 0;
  let residual = 0;
  for (const kind of KINDS) {
    if (!matches(kind)) continue;
    const { rewards, reward } = cells(kind.task, kind.band);
    count += rewards;
    residual += reward - rewards * priorAt(prior, BAND_DIFFICULTY[kind.band]);
  }
  return { count, residual };
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

/** Catalogue prior → model → task family → task × band, each shrunk to the one before (shrink.ts). */
export const distanceFromPrior = (cells: Cells, prior: Prior, { task, band }: Kind): Posterior =>
  shrink({
    model: levelOf(cells, prior, () => true),
    task: levelOf(cells, prior, (other) => other.task === task),
    cell: levelOf(cells, prior, (other) => other.task === task && other.band === band),
    prior: prior.weight,
    variance: varianceOf(cells),
  });

// How long a model's answer will be on a kind of request: the mean that is paid for, and the P90 that is reserved.
import { BANDS, type Band, TASKS, type Task } from '../core/profile.ts';
import type { Cells } from './cells.ts';
import prior from './length-prior.json' with { type: 'json' };
import { type Level, shrink } from './shrink.ts';

export type TokenEstimate = { readonly mean: number; readonly p90: number };

/** Before rounding, in log space, so that features can be added. */
export type LengthBelief = {
  /** Mean of ln(1 + tokens). */
  readonly log: number;
  /** Of one answer about its cell, and of the mean itself. */
  readonly variance: number;
  readonly uncertainty: number;
  /** Arithmetic over geometric mean. */
  readonly smear: number;
};

/** How long answers of a family and a band are next to an ordinary one, before anything is learned: built by `npm run train`, measured in docs/model-card.md. */
const FACTORS: {
  readonly task: Readonly<Record<Task, number>>;
  readonly band: Readonly<Record<Band, number>>;
} = prior;

/** Pseudo-answers of the catalogue's expectation: few, since lengths show quickly. */
const PRIOR_PSEUDO = 3;
/** Standard deviation of the log about its cell, assumed for so many answers. Published tails are heavy. */
const LOG_SD_PRIOR = 0.8;
const LOG_SD_PSEUDO = 8;
/** Arithmetic over geometric mean: one runaway answer must not triple every estimate. */
const SMEAR_MOST = 4;
const Z90 = 1.2816;
/** No answer is expected to be longer. */
const TOKENS_MOST = 1_000_000;

type Input = {
  readonly cells: Cells;
  /** Tokens of an ordinary answer by the catalogue. */
  readonly expected: number;
  readonly task: Task;
  readonly band: Band;
};

const priorLog = (expected: number, task: Task, band: Band): number =>
  Math.log1p(Math.max(0, expected) * FACTORS.task[task] * FACTORS.band[band]);

type Levels = { readonly model: Level; readonly task: Level; readonly cell: Level };

/** How far the answers of the model, of the family and of the cell are from the prior. */
const levelsOf = ({ cells, expected, task, band }: Input): Levels => {
  const model = { count: 0, residual: 0 };
  const family = { count: 0, residual: 0 };
  const cell = { count: 0, residual: 0 };
  for (const other of TASKS)
    for (const otherBand of BANDS) {
      const { answers, log } = cells(other, otherBand);
      if (answers === 0) continue;
      const residual = log - answers * priorLog(expected, other, otherBand);
      model.count += answers;
      model.residual += residual;
      if (other !== task) continue;
      family.count += answers;
      family.residual += residual;
      if (otherBand !== band) continue;
      cell.count += answers;
      cell.residual += residual;
    }
  return { model, task: family, cell };
};

/**
 * Variance of the log about its cell and the smearing factor, both pooled over the model and eased in from their priors.
 * Smearing (Duan 1983): exp of a mean log is a median, not a mean; here the factor is Σ tokens over Σ exp(cell's mean log).
 */
const spreadOf = ({ cells }: Input): { variance: number; smear: number } => {
  let count = LOG_SD_PSEUDO;
  let squares = LOG_SD_PSEUDO * LOG_SD_PRIOR ** 2;
  let ratios = LOG_SD_PSEUDO * Math.exp(LOG_SD_PRIOR ** 2 / 2);
  for (const task of TASKS)
    for (const band of BANDS) {
      const { answers, log, logSquare, tokens } = cells(task, band);
      if (answers <= 0) continue;
      count += answers;
      squares += Math.max(0, logSquare - log ** 2 / answers);
      ratios += tokens / Math.max(1, Math.expm1(log / answers));
    }
  return { variance: squares / count, smear: Math.min(SMEAR_MOST, Math.max(1, ratios / count)) };
};

/** In log space: prior → model → family → cell, as quality is. */
export const lengthOf = (input: Input): LengthBelief => {
  const { expected, task, band } = input;
  const { variance, smear } = spreadOf(input);
  const believed = shrink({
    ...levelsOf(input),
    prior: PRIOR_PSEUDO,
    variance,
  });
  return { log: priorLog(expected, task, band) + believed.offset, variance, uncertainty: believed.variance, smear };
};

/** Mean by smearing, P90 of one answer by its own and the estimate's variance. */
export const tokensOf = ({ log, variance, uncertainty, smear }: LengthBelief): TokenEstimate => {
  const mean = Math.min(TOKENS_MOST, Math.max(1, Math.round(Math.expm1(log) * smear)));
  const p90 = Math.ceil(Math.expm1(log + Z90 * Math.sqrt(variance + uncertainty)));
  return { mean, p90: Math.min(TOKENS_MOST, Math.max(mean, p90)) };
};

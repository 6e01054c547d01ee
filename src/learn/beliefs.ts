// What is believed of every model: a function of the lessons remembered, whatever their order; mergeable, revisable, with a digest.
import { hash } from 'node:crypto';
import type { Estimate } from '../core/decision.ts';
import type { Lesson } from '../core/ledger.ts';
import type { Band, Task } from '../core/profile.ts';
import { NO_LESSONS, tickOf } from './cells.ts';
import { createKnown, type Known } from './known.ts';
import { type LessonRow, rowOf } from './lesson-columns.ts';
import { linear } from './least-squares.ts';
import { lengthOf, type TokenEstimate, tokensOf } from './output-tokens.ts';
import { distanceFromPrior, type Prior, priorAt } from './quality.ts';
import type { Residual } from './residual.ts';

/** Models that are learned of; lessons of further ones are ignored. */
const MODELS = 2_000;
/** Variance of one reward where a model's own is not asked for: what an unproven direction may add to the doubt. */
const RESIDUAL_VARIANCE = 0.0625;

export type TokenQuestion = {
  readonly model: string;
  readonly task: Task;
  readonly band: Band;
  /** Of this very request (core/features.ts); without them its kind is all that is known. */
  readonly features?: Uint16Array;
};

export type QualityQuestion = TokenQuestion & {
  /** Of this very request; finer than its band. */
  readonly difficulty: number;
  /** Epoch ms. */
  readonly at: number;
  readonly halfLifeMs: number;
};

export type Beliefs = {
  /** A Normal posterior in reward units; `sd` is of the mean, not of one reward. */
  quality(question: QualityQuestion): Estimate;
  /**
   * The same for choosing among models, its mean a little outside [0,1] at times: cut off at 1, two models believed nearly perfect look alike, and
   * the cheaper is taken for as good.
   */
  standing(question: QualityQuestion): Estimate;
  outputTokens(question: TokenQuestion): TokenEstimate;
  learn(lesson: Lesson): void;
  /** Takes a lesson back: a revised one is unlearned as it was, then learned as it is. */
  unlearn(lesson: Lesson): void;
  /** Works out now what the next question about this model would otherwise wait for; changes no answer. */
  conclude(model: string): void;
  /** Of everything remembered: the same lessons in any order give the same digest. */
  digest(): string;
  /** Plain JSON; merging two states is uniting them. */
  state(): readonly LessonRow[];
  merge(rows: readonly LessonRow[]): void;
};

/** What the features of a request move, times how far they are to be believed. */
const moved = (residual: Residual | undefined, features: Uint16Array | undefined): number =>
  residual && features && residual.slope > 0 ? residual.slope * linear(residual.weights, features) : 0;

/** As a quality is spoken of. */
const held = ({ mean, sd }: Estimate): Estimate => ({ mean: Math.min(1, Math.max(0, mean)), sd });

const digestOf = (rows: readonly LessonRow[]): string => {
  const lines = rows.map((row) => JSON.stringify(row)).sort();
  return hash('sha256', lines.join('\n'), 'hex');
};

export const createBeliefs = ({ priorOf }: { readonly priorOf: (model: string) => Prior }): Beliefs => {
  const models = new Map<string, Known>();

  const add = (row: LessonRow): void => {
    const known = models.get(row.model);
    if (known) known.add(row);
    else if (models.size < MODELS) {
      const fresh = createKnown();
      models.set(row.model, fresh);
      fresh.add(row);
    }
  };

  const standing = ({ model, features, difficulty, at, halfLifeMs, ...kind }: QualityQuestion): Estimate => {
    const prior = priorOf(model);
    const known = models.get(model);
    const { offset, variance } = known
      ? known.base(prior, { ...kind, at: tickOf(at, halfLifeMs), halfLifeMs })
      : distanceFromPrior(NO_LESSONS, prior, kind);
    const residual = known?.residual('reward');
    const mean = priorAt(prior, difficulty) + offset + moved(residual, features);
    const doubt = residual ? residual.slope ** 2 * residual.leverage * RESIDUAL_VARIANCE : 0;
    return { mean, sd: Math.sqrt(variance + doubt) };
  };

  const outputTokens: Beliefs['outputTokens'] = ({ model, features, task, band }) => {
    const prior = priorOf(model);
    const known = models.get(model);
    if (!known) return tokensOf(lengthOf({ cells: NO_LESSONS, expected: prior.outputTokens, task, band }));
    const length = known.answer(prior, { task, band });
    const residual = known.residual('tokens');
    if (!residual || !features || residual.slope === 0) return tokensOf(length);
    return tokensOf({
      ...length,
      log: length.log + moved(residual, features),
      variance: length.variance * residual.left,
      smear: residual.smear,
    });
  };

  const rows = (): LessonRow[] => [...models].flatMap(([model, known]) => known.rows(model));
  return {
    quality: (question) => held(standing(question)),
    standing,
    outputTokens,
    learn: (lesson) => add(rowOf(lesson, 1)),
    unlearn: (lesson) => add(rowOf(lesson, -1)),
    conclude: (model) => models.get(model)?.conclude(),
    digest: () => digestOf(rows()),
    state: rows,
    merge: (others) => others.forEach(add),
  };
};

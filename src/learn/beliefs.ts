// What is believed of every model: learned from lessons in any order, forgotten at reading time, mergeable, with a digest.
import { hash } from 'node:crypto';
import type { Estimate } from '../core/decision.ts';
import type { Lesson } from '../core/ledger.ts';
import { BANDS, type Band, TASKS, type Task } from '../core/profile.ts';
import { type Bucket, bucketOf, createEvidence, type Evidence, type Reading, SUMS, tickOf } from './evidence.ts';
import { outputTokensOf, type TokenEstimate } from './output-tokens.ts';
import { type Cells, distanceFromPrior, type Prior, priorAt } from './quality.ts';
import type { Posterior } from './effects.ts';

/** Models that are learned of; lessons of further ones are ignored. */
const MODELS = 2_000;
/** Conclusions kept per model between lessons: 27 kinds of request times a few half-lives. */
const CONCLUSIONS = 128;

export type QualityQuestion = {
  readonly model: string;
  readonly task: Task;
  readonly band: Band;
  /** Of this very request; finer than its band. */
  readonly difficulty: number;
  /** Epoch ms. */
  readonly at: number;
  readonly halfLifeMs: number;
};

/** One line of the state: what one cell holds in one bucket, as whole numbers. */
export type BeliefRow = { readonly model: string; readonly task: Task; readonly band: Band } & Bucket;

export type Beliefs = {
  /** A Normal posterior in reward units; `sd` is of the mean, not of one reward. */
  quality(question: QualityQuestion): Estimate;
  outputTokens(question: { readonly model: string; readonly task: Task; readonly band: Band }): TokenEstimate;
  learn(lesson: Lesson): void;
  /** Takes a lesson back: a revised one is unlearned as it was, then learned as it is. */
  unlearn(lesson: Lesson): void;
  /** Of everything held: the same lessons in any order give the same digest. */
  digest(): string;
  /** Plain JSON; merging two states is adding them. */
  state(): readonly BeliefRow[];
  merge(rows: readonly BeliefRow[]): void;
};

type Kept<Value> = { readonly prior: Prior; readonly value: Value };
/** What has been learned of one model. */
type Known = ReadonlyMap<string, Evidence>;
/** What was concluded of one model since its last lesson, by question. */
type Conclusions = {
  readonly qualities: Map<string, Kept<Posterior>>;
  readonly tokens: Map<string, Kept<TokenEstimate>>;
};

const cellKey = (task: Task, band: Band): string => `${task}/${band}`;
const CELL_KEYS = TASKS.flatMap((task) => BANDS.map((band) => cellKey(task, band)));
const NO_SUMS = createEvidence().read('newest');
/** Of a model nothing has been learned of. */
const NO_LESSONS: Cells = () => NO_SUMS;

const createKnown = (): Known => new Map(CELL_KEYS.map((key) => [key, createEvidence()]));

const cellsOf = (known: Known | undefined, reading: Reading): Cells =>
  known ? (task, band) => known.get(cellKey(task, band))?.read(reading) ?? NO_SUMS : NO_LESSONS;

const samePrior = (a: Prior, b: Prior): boolean =>
  a === b || (a.easy === b.easy && a.hard === b.hard && a.weight === b.weight && a.outputTokens === b.outputTokens);

type Question<Value> = { readonly key: string; readonly prior: Prior; readonly conclude: () => Value };

/** Answers from what was concluded before, as long as the prior is the same. */
const remembered = <Value>(kept: Map<string, Kept<Value>>, { key, prior, conclude }: Question<Value>): Value => {
  const known = kept.get(key);
  if (known && samePrior(known.prior, prior)) return known.value;
  const value = conclude();
  if (kept.size >= CONCLUSIONS) kept.clear();
  kept.set(key, { prior, value });
  return value;
};

const rowText = ({ model, task, band, level, index, sums }: BeliefRow): string =>
  [model, task, band, level, index, ...SUMS.map((name) => sums[name])].join('\t');

const rowsOf = (models: ReadonlyMap<string, Known>): BeliefRow[] =>
  [...models].flatMap(([model, known]) =>
    TASKS.flatMap((task) =>
      BANDS.flatMap((band) =>
        (known.get(cellKey(task, band))?.buckets() ?? []).map((bucket) => ({ model, task, band, ...bucket })),
      ),
    ),
  );

export const createBeliefs = ({ priorOf }: { readonly priorOf: (model: string) => Prior }): Beliefs => {
  const models = new Map<string, Known>();
  const concluded = new Map<string, Conclusions>();

  const conclusionsOf = (model: string): Conclusions => {
    const known = concluded.get(model);
    if (known) return known;
    const fresh: Conclusions = { qualities: new Map(), tokens: new Map() };
    if (concluded.size >= MODELS) concluded.clear();
    concluded.set(model, fresh);
    return fresh;
  };

  const add = (row: BeliefRow): void => {
    const known = models.get(row.model) ?? createKnown();
    if (!models.has(row.model) && models.size >= MODELS) return;
    models.set(row.model, known);
    const { level, index, sums } = row;
    known.get(cellKey(row.task, row.band))?.add({ level, index, sums });
    concluded.delete(row.model);
  };
  const addLesson = (lesson: Lesson, times: 1 | -1): void =>
    add({ model: lesson.model, task: lesson.task, band: lesson.band, ...bucketOf(lesson, times) });

  const distance = ({ model, task, band, at, halfLifeMs }: QualityQuestion, prior: Prior): Posterior => {
    const tick = tickOf(at, halfLifeMs);
    return remembered(conclusionsOf(model).qualities, {
      key: `${task}/${band}/${halfLifeMs}/${tick}`,
      prior,
      conclude: () => distanceFromPrior(cellsOf(models.get(model), { at: tick, halfLifeMs }), prior, { task, band }),
    });
  };
  const quality = (question: QualityQuestion): Estimate => {
    const prior = priorOf(question.model);
    const { offset, variance } = distance(question, prior);
    const mean = priorAt(prior, question.difficulty) + offset;
    return { mean: Math.min(1, Math.max(0, mean)), sd: Math.sqrt(variance) };
  };
  const outputTokens: Beliefs['outputTokens'] = ({ model, task, band }) => {
    const prior = priorOf(model);
    return remembered(conclusionsOf(model).tokens, {
      key: cellKey(task, band),
      prior,
      conclude: () =>
        outputTokensOf({ cells: cellsOf(models.get(model), 'newest'), expected: prior.outputTokens, task, band }),
    });
  };

  return {
    quality,
    outputTokens,
    learn: (lesson) => addLesson(lesson, 1),
    unlearn: (lesson) => addLesson(lesson, -1),
    digest: () => hash('sha256', rowsOf(models).map(rowText).sort().join('\n'), 'hex'),
    state: () => rowsOf(models),
    merge: (rows) => rows.forEach(add),
  };
};

// All that is known of one model: its remembered lessons, and what was concluded of them since the last one.
import type { Posterior } from './effects.ts';
import { type Cells, rewardCells, tokenCells } from './cells.ts';
import type { Kind, LessonRow } from './lesson-columns.ts';
import { createMemory, type Memory } from './memory.ts';
import { lengthOf, type LengthBelief } from './output-tokens.ts';
import { distanceFromPrior, type Prior } from './quality.ts';
import { regimeStart } from './regime.ts';
import { fittedSlots, fitResidual, type Residual, stampOf, type Target } from './residual.ts';

/** Conclusions kept between two lessons: 27 kinds of request for one half-life. */
const CONCLUSIONS = 32;
/** Half-lives read at a time. */
const READINGS = 2;

type Kept<Value> = { readonly prior: Prior; readonly value: Value };
type Fit = { readonly stamp: number; readonly residual: Residual };

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

export type Reader = Kind & {
  /** A tick (cells.ts). */
  readonly at: number;
  readonly halfLifeMs: number;
};

export type Known = {
  add(row: LessonRow): void;
  /** Distance of a kind of request from the prior, without its features. */
  base(prior: Prior, reader: Reader): Posterior;
  /** Length of answers to the kind, without its features. */
  answer(prior: Prior, kind: Kind): LengthBelief;
  residual(target: Target): Residual | undefined;
  rows(model: string): LessonRow[];
};

/** Fits of the residual, made anew when what they were made of has changed. */
const createFits = (memory: Memory) => {
  const fits = new Map<Target, Fit>();
  const unchecked = new Set<Target>();
  return {
    changed: (): void => void unchecked.add('reward').add('tokens'),
    residual(target: Target): Residual | undefined {
      const fit = fits.get(target);
      if (!unchecked.delete(target)) return fit?.residual;
      const columns = memory.columns();
      const slots = fittedSlots(memory, target);
      const stamp = stampOf(columns, slots, target);
      if (fit?.stamp === stamp) return fit.residual;
      if (slots.length === 0) fits.delete(target);
      else fits.set(target, { stamp, residual: fitResidual(columns, slots, target) });
      return fits.get(target)?.residual;
    },
  };
};

export const createKnown = (): Known => {
  const memory = createMemory();
  const fits = createFits(memory);
  const bases = new Map<string, Kept<Posterior>>();
  const answers = new Map<string, Kept<LengthBelief>>();
  const readings = new Map<string, Cells>();
  let lengths: Cells | undefined;
  let since: number | undefined;

  const add = (row: LessonRow): void => {
    memory.add(row);
    bases.clear();
    answers.clear();
    readings.clear();
    lengths = undefined;
    since = undefined;
    fits.changed();
  };

  const cellsAt = (at: number, halfLifeMs: number): Cells => {
    const key = `${halfLifeMs}/${at}`;
    const known = readings.get(key);
    if (known) return known;
    if (readings.size >= READINGS) readings.clear();
    since ??= regimeStart(memory);
    const cells = rewardCells(memory, { at, halfLifeMs, since });
    readings.set(key, cells);
    return cells;
  };

  return {
    add,
    base: (prior, { task, band, at, halfLifeMs }) =>
      remembered(bases, {
        key: `${task}/${band}/${halfLifeMs}/${at}`,
        prior,
        conclude: () => distanceFromPrior(cellsAt(at, halfLifeMs), prior, { task, band }),
      }),
    answer: (prior, { task, band }) =>
      remembered(answers, {
        key: `${task}/${band}`,
        prior,
        conclude: () => {
          lengths ??= tokenCells(memory);
          return lengthOf({ cells: lengths, expected: prior.outputTokens, task, band });
        },
      }),
    residual: fits.residual,
    rows: memory.rows,
  };
};

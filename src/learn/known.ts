// All that is known of one model: its remembered lessons, and what was concluded of them since the last one.
import type { Posterior } from './effects.ts';
import { type Cells, rewardCells, tokenCells } from './cells.ts';
import { type Kind, kindAt, type LessonRow, NO_SHIFT, UNKNOWN } from './lesson-columns.ts';
import { createMemory, type Memory } from './memory.ts';
import { lengthOf, type LengthBelief } from './output-tokens.ts';
import { distanceFromPrior, type Prior } from './quality.ts';
import { regimeStart } from './regime.ts';
import { structureOffset } from './structure.ts';
import { endsFit, fittedSlots, fitResidual, type Residual, stampOf, type Target } from './residual.ts';

/** Half-lives read at a time. */
const READINGS = 2;

type Kept<Value> = { readonly prior: Prior; readonly value: Value };
type Fit = { readonly stamp: number; readonly residual: Residual };

const ANYTHING = { reward: 0, shift: 0 } as const;

const samePrior = (a: Prior, b: Prior): boolean =>
  a === b || (a.easy === b.easy && a.hard === b.hard && a.weight === b.weight && a.outputTokens === b.outputTokens);

/** What was concluded of each kind of request; there are 27. */
type Conclusions<Value> = Map<number, Kept<Value>>;
type Question<Value> = { readonly kind: Kind; readonly prior: Prior; readonly conclude: () => Value };

/** Answers from what was concluded before, as long as the prior is the same. */
const remembered = <Value>(kept: Conclusions<Value>, { kind, prior, conclude }: Question<Value>): Value => {
  const key = kindAt(kind);
  const known = kept.get(key);
  if (known && samePrior(known.prior, prior)) return known.value;
  const value = conclude();
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
  /** Works out now what the next question would otherwise wait for. */
  conclude(): void;
  rows(model: string): LessonRow[];
};

/** Fits of the residual, made anew when what they were made of has changed. */
const createFits = (memory: Memory) => {
  const fits = new Map<Target, Fit>();
  const unchecked = new Set<Target>();
  return {
    changed: (): void => void unchecked.add('reward').add('tokens'),
    /** Of both targets, now. */
    renew(): void {
      for (const target of unchecked) this.residual(target);
    },
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

type When = Pick<Reader, 'at' | 'halfLifeMs'>;
/** Sums of judged and shown quality as one reader saw them, and what was concluded of them. */
type Reading = When & { readonly cells: Cells; readonly bases: Conclusions<Posterior> };

/** What readers of late have seen. */
const createReadings = (memory: Memory) => {
  let readings: readonly Reading[] = [];
  let since: number | undefined;
  let asked: When | undefined;

  const readingAt = ({ at, halfLifeMs }: When): Reading => {
    const known = readings.find((reading) => reading.at === at && reading.halfLifeMs === halfLifeMs);
    if (known) return known;
    since ??= regimeStart(memory);
    const reading = { at, halfLifeMs, cells: rewardCells(memory, { at, halfLifeMs, since }), bases: new Map() };
    readings = [...(readings.length < READINGS ? readings : []), reading];
    asked = { at, halfLifeMs };
    return reading;
  };
  return {
    readingAt,
    /** Anew for whoever asked last. */
    renew: (): void => void (asked && readingAt(asked)),
    /** @param isJudged whether rewards have changed: only they tell when the model did */
    clear: (isJudged: boolean): void => {
      readings = [];
      if (isJudged) since = undefined;
    },
  };
};

export const createKnown = (): Known => {
  const memory = createMemory();
  const fits = createFits(memory);
  const readings = createReadings(memory);
  const answers: Conclusions<LengthBelief> = new Map();
  let lengths: Cells | undefined;

  const forget = (row: Pick<LessonRow, 'reward' | 'shift'>): void => {
    // Token counts are as old as the newest lesson makes them, whatever it tells.
    answers.clear();
    lengths = undefined;
    if (row.reward === UNKNOWN && row.shift === NO_SHIFT) return;
    readings.clear(row.reward !== UNKNOWN);
  };

  const add = (row: LessonRow): void => {
    const before = memory.order();
    const newest = memory.columns().at[before.at(-1) ?? 0] ?? 0;
    const fitted = endsFit(memory, row);
    memory.add(row);
    // As many as before: another lesson had to go, or one counts more often. Then this row is not all that has changed.
    const swapped = memory.order().length === before.length;
    forget(swapped || row.at <= newest ? ANYTHING : row);
    if (swapped || fitted) fits.changed();
  };

  return {
    add,
    base: (prior, reader) => {
      const { cells, bases } = readings.readingAt(reader);
      return remembered(bases, {
        kind: reader,
        prior,
        conclude: () => {
          const { offset, variance } = distanceFromPrior(cells, prior, reader);
          return { offset: offset + structureOffset(cells, reader), variance };
        },
      });
    },
    answer: (prior, kind) =>
      remembered(answers, {
        kind,
        prior,
        conclude: () => {
          lengths ??= tokenCells(memory);
          return lengthOf({ cells: lengths, expected: prior.outputTokens, task: kind.task, band: kind.band });
        },
      }),
    residual: fits.residual,
    conclude: () => {
      fits.renew();
      lengths ??= tokenCells(memory);
      readings.renew();
    },
    rows: memory.rows,
  };
};

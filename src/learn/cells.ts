// What a model's remembered lessons add up to by kind of request, each weighing less the older it is.
import { clampHalfLife, kindAt, KINDS, logTokens, MICRO, MILLI, NO_SHIFT, UNKNOWN } from './lesson-columns.ts';
import type { Memory } from './memory.ts';
import { tenantFactors } from './tenants.ts';
import type { Band, Task } from '../core/profile.ts';

/** What is read changes only so often within a half-life: weights are off by 4 % at most. */
const TICKS_PER_HALF_LIFE = 16;
/** What all lessons from before a model changed weigh together: as much as a weak prior. */
const BEFORE_CHANGE = 8;

/** Weighted: how many were judged, Σr and Σr² · how many have token counts, Σ and Σ² of ln(1 + tokens), Σ tokens. */
export type Sums = {
  rewards: number;
  reward: number;
  rewardSquare: number;
  answers: number;
  log: number;
  logSquare: number;
  tokens: number;
  /** How many show structure that nobody has judged, and the sum of what it says. */
  shifts: number;
  shift: number;
};

/** Sums of a model's cells as one reader sees them. */
export type Cells = (task: Task, band: Band) => Readonly<Sums>;

const nothing = (): Sums => ({
  rewards: 0,
  reward: 0,
  rewardSquare: 0,
  answers: 0,
  log: 0,
  logSquare: 0,
  tokens: 0,
  shifts: 0,
  shift: 0,
});
const NOTHING: Readonly<Sums> = nothing();
/** Of a model nothing has been learned of. */
export const NO_LESSONS: Cells = () => NOTHING;

/** The start of the tick `at` lies in, for a reader with this half-life. */
export const tickOf = (at: number, halfLifeMs: number): number => {
  const width = 2 ** Math.floor(Math.log2(clampHalfLife(halfLifeMs) / TICKS_PER_HALF_LIFE));
  return Math.floor(at / width) * width;
};

/** Kinds nobody has asked about have no sums of their own. */
type ByKind = (Sums | undefined)[];
const none = (): ByKind => Array<undefined>(KINDS.length).fill(undefined);
const sumsAt = (sums: ByKind, kind: number): Sums => (sums[kind] ??= nothing());
const byKind = (sums: ByKind): Cells => {
  return (task, band) => sums[kindAt({ task, band })] ?? NOTHING;
};

export type Reading = {
  readonly at: number;
  readonly halfLifeMs: number;
  /** Place in the order from which the model is what it is now (regime.ts). */
  readonly since: number;
};

/** What each lesson weighs by the age it has at that instant; those before a change of the model weigh little. A lesson from the future has age 0. */
const weightsAt = (memory: Memory, { at, halfLifeMs, since }: Reading): Float64Array => {
  const columns = memory.columns();
  const order = memory.order();
  const weights = new Float64Array(order.length);
  const halved = clampHalfLife(halfLifeMs);
  let before = 0;
  for (let place = 0; place < order.length; place++) {
    const slot = order[place] ?? 0;
    const times = columns.times[slot] ?? 0;
    if (times <= 0) continue;
    const age = Math.max(0, at - (columns.at[slot] ?? 0)) / halved;
    const weight = times * 2 ** -age;
    weights[place] = weight;
    if (place < since && (columns.reward[slot] ?? UNKNOWN) !== UNKNOWN) before += weight;
  }
  const discount = Math.min(1, BEFORE_CHANGE / Math.max(before, Number.MIN_VALUE));
  for (let place = 0; place < since; place++) weights[place] = (weights[place] ?? 0) * discount;
  return weights;
};

/** Rewards, and the structure of what nobody judged. No tenant holds more than its share of either. */
export const rewardCells = (memory: Memory, reading: Reading): Cells => {
  const columns = memory.columns();
  const order = memory.order();
  const weights = weightsAt(memory, reading);
  const isJudged = (place: number): boolean => (columns.reward[order[place] ?? 0] ?? UNKNOWN) !== UNKNOWN;
  const judgedShare = tenantFactors(columns, order, (place) => (isJudged(place) ? (weights[place] ?? 0) : 0));
  const shownShare = tenantFactors(columns, order, (place) => (isJudged(place) ? 0 : (weights[place] ?? 0)));
  const sums = none();
  for (let place = 0; place < order.length; place++) {
    const slot = order[place] ?? 0;
    const weight = weights[place] ?? 0;
    if (weight === 0) continue;
    const cell = sumsAt(sums, columns.kind[slot] ?? 0);
    if (isJudged(place)) {
      const counted = weight * judgedShare(slot);
      const reward = (columns.reward[slot] ?? 0) / MICRO;
      cell.rewards += counted;
      cell.reward += counted * reward;
      cell.rewardSquare += counted * reward ** 2;
    } else if ((columns.shift[slot] ?? NO_SHIFT) !== NO_SHIFT) {
      const counted = weight * shownShare(slot);
      cell.shifts += counted;
      cell.shift += (counted * (columns.shift[slot] ?? 0)) / MILLI;
    }
  }
  return byKind(sums);
};

/** Token counts by the age they had when the newest lesson came, each with its own half-life. */
export const tokenCells = (memory: Memory): Cells => {
  const columns = memory.columns();
  const order = memory.order();
  const newest = columns.at[order.at(-1) ?? 0] ?? 0;
  const sums = none();
  for (let place = 0; place < order.length; place++) {
    const slot = order[place] ?? 0;
    const tokens = columns.tokens[slot] ?? UNKNOWN;
    const times = columns.times[slot] ?? 0;
    if (times <= 0 || tokens === UNKNOWN) continue;
    const weight = times * 2 ** -((newest - (columns.at[slot] ?? 0)) / (columns.halfLife[slot] ?? 1));
    const cell = sumsAt(sums, columns.kind[slot] ?? 0);
    const log = logTokens(tokens);
    cell.answers += weight;
    cell.log += weight * log;
    cell.logSquare += weight * log ** 2;
    cell.tokens += weight * tokens;
  }
  return byKind(sums);
};

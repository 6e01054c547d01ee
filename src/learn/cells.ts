// What a model's remembered lessons add up to by kind of request, each weighing less the older it is.
import { clampHalfLife, kindAt, KINDS, MICRO, UNKNOWN } from './lesson-columns.ts';
import type { Memory } from './memory.ts';
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
});
const NOTHING: Readonly<Sums> = nothing();
/** Of a model nothing has been learned of. */
export const NO_LESSONS: Cells = () => NOTHING;

/** The start of the tick `at` lies in, for a reader with this half-life. */
export const tickOf = (at: number, halfLifeMs: number): number => {
  const width = 2 ** Math.floor(Math.log2(clampHalfLife(halfLifeMs) / TICKS_PER_HALF_LIFE));
  return Math.floor(at / width) * width;
};

const byKind = (sums: readonly Sums[]): Cells => {
  return (task, band) => sums[kindAt({ task, band })] ?? NOTHING;
};

export type Reading = {
  readonly at: number;
  readonly halfLifeMs: number;
  /** Place in the order from which the model is what it is now (regime.ts). */
  readonly since: number;
};

/** Rewards by the age they have at an instant for one half-life. A lesson from the future has age 0. */
export const rewardCells = (memory: Memory, { at, halfLifeMs, since }: Reading): Cells => {
  const columns = memory.columns();
  const order = memory.order();
  const weights = new Float64Array(order.length);
  let before = 0;
  for (let place = 0; place < order.length; place++) {
    const slot = order[place] ?? 0;
    const times = columns.times[slot] ?? 0;
    if (times <= 0 || (columns.reward[slot] ?? UNKNOWN) === UNKNOWN) continue;
    const age = Math.max(0, at - (columns.at[slot] ?? 0)) / clampHalfLife(halfLifeMs);
    const weight = times * 2 ** -age;
    weights[place] = weight;
    if (place < since) before += weight;
  }
  const discount = Math.min(1, BEFORE_CHANGE / Math.max(before, Number.MIN_VALUE));
  const sums = KINDS.map(nothing);
  for (let place = 0; place < order.length; place++) {
    const weight = (weights[place] ?? 0) * (place < since ? discount : 1);
    if (weight === 0) continue;
    const slot = order[place] ?? 0;
    const cell = sums[columns.kind[slot] ?? 0] ?? nothing();
    const reward = (columns.reward[slot] ?? 0) / MICRO;
    cell.rewards += weight;
    cell.reward += weight * reward;
    cell.rewardSquare += weight * reward ** 2;
  }
  return byKind(sums);
};

/** Token counts by the age they had when the newest lesson came, each with its own half-life. */
export const tokenCells = (memory: Memory): Cells => {
  const columns = memory.columns();
  const order = memory.order();
  const newest = columns.at[order.at(-1) ?? 0] ?? 0;
  const sums = KINDS.map(nothing);
  for (const slot of order) {
    const tokens = columns.tokens[slot] ?? UNKNOWN;
    const times = columns.times[slot] ?? 0;
    if (times <= 0 || tokens === UNKNOWN) continue;
    const weight = times * 2 ** -((newest - (columns.at[slot] ?? 0)) / (columns.halfLife[slot] ?? 1));
    const cell = sums[columns.kind[slot] ?? 0] ?? nothing();
    const log = Math.log1p(tokens);
    cell.answers += weight;
    cell.log += weight * log;
    cell.logSquare += weight * log ** 2;
    cell.tokens += weight * tokens;
  }
  return byKind(sums);
};

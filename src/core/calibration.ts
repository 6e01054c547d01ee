// What a signal of our own is worth in the words of those who judge: means of explicit feedback by signal, kept apart by caller.
import { isExplicit, isStructure, JUDGE, ownShift, rewardOf } from './reward.ts';
import type { Signal, Taken } from './signal.ts';

/** Scores are looked at in so many steps. */
const STEPS = 5;
/** Pairs with which a signal's own value counts: it gives way as explicit feedback comes. */
const OWN_PSEUDO = 20;
/** Callers whose pairs are kept; the one heard of longest ago goes first. */
const MOST_CALLERS = 1_000;

/** How many pairs, and the sum of what was said explicitly. */
type Sum = { count: number; total: number };
type Table = Map<string, Sum>;

const stepOf = (score: number): number => Math.min(STEPS - 1, Math.floor(score * STEPS));
const meanOf = ({ count, total }: Sum): number => total / Math.max(1, count);
const NONE: Sum = { count: 0, total: 0 };

const add = (table: Table, key: string, times: 1 | -1, value: number): void => {
  const { count, total } = table.get(key) ?? NONE;
  table.set(key, { count: count + times, total: total + times * value });
};

/** Pairs of one request: what people said of it, beside each signal of our own. */
const note = (table: Table, signals: readonly Signal[], times: 1 | -1): void => {
  const said = rewardOf(signals.filter(({ source }) => isExplicit(source)));
  if (said === undefined) return;
  for (const { source, score } of signals) {
    if (source !== JUDGE && !isStructure(source)) continue;
    add(table, source, times, said);
    add(table, `${source} ${stepOf(score)}`, times, said);
  }
};

const shrunk = ({ count }: Sum, found: number, own: number): number =>
  (count * found + OWN_PSEUDO * own) / (count + OWN_PSEUDO);

export type Calibration = {
  /** Both in whole: what was known of the request's signals before, and what is now. */
  heard(caller: string, before: readonly Signal[], now: readonly Signal[]): void;
  /** What a fresh signal is taken for; nothing for one that people give. */
  taken(caller: string, signal: Pick<Signal, 'source' | 'score'>): Taken;
};

/**
 * A judge's score becomes the mean of what this caller's people said of answers with such a score; a structural one becomes their mean distance
 * from what they say of all answers that show this signal. Both shrunk to the signal's own value by OWN_PSEUDO pairs. By caller, so that nobody's
 * way of judging, honest or not, changes what another's signals are taken for.
 */
export const createCalibration = (): Calibration => {
  const callers = new Map<string, Table>();

  const tableOf = (caller: string): Table => {
    const table = callers.get(caller) ?? new Map<string, Sum>();
    callers.delete(caller);
    callers.set(caller, table);
    const [oldest] = callers.keys();
    if (callers.size > MOST_CALLERS && oldest !== undefined) callers.delete(oldest);
    return table;
  };

  return {
    heard(caller, before, now) {
      const table = tableOf(caller);
      note(table, before, -1);
      note(table, now, 1);
    },

    taken(caller, { source, score }) {
      const table = callers.get(caller);
      const like = table?.get(`${source} ${stepOf(score)}`) ?? NONE;
      if (source === JUDGE) return { value: shrunk(like, meanOf(like), score) };
      if (!isStructure(source)) return {};
      return { shift: shrunk(like, meanOf(like) - meanOf(table?.get(source) ?? NONE), ownShift(source, score)) };
    },
  };
};

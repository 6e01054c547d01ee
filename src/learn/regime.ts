// Whether a model has silently changed: where its rewards split best into before and after, if the split is no accident.
import { KINDS, MICRO, UNKNOWN } from './lesson-columns.ts';
import type { Memory } from './memory.ts';

/**
 * Squared gap between the means over its variance that a split must reach. Searching all places of a steady history raises the largest of them: of
 * 1 350 steady histories of 40 to 1 472 lessons 9 reached it, and 126 of 150 drops from 0.92 to 0.72 had after 120 lessons (119 from 0.8 to 0.6);
 * at 14 those were 5, 116 and 109.
 */
const ALARM = 12;
/** Fewest judged lessons on each side. */
const LEAST_AFTER = 12;
const LEAST_BEFORE = 24;
/** Several changes are looked for one after another, the latest last. */
const CHANGES = 4;
const VARIANCE_FLOOR = 0.01;
/** A kind's mean leans on the model's. */
const KIND_PSEUDO = 10;

/** Rewards less the mean of their kind, of all tenants or all but one, so that a change of traffic does not look like a change of the model. */
const residuals = (
  memory: Memory,
  without?: number,
): { readonly values: Float64Array; readonly places: Uint16Array } => {
  const { reward, times, kind, tenant } = memory.columns();
  const order = memory.order();
  const counts = new Float64Array(KINDS.length);
  const sums = new Float64Array(KINDS.length);
  const places = new Uint16Array(order.length);
  let count = 0;
  let total = 0;
  for (let place = 0; place < order.length; place++) {
    const slot = order[place] ?? 0;
    const value = reward[slot] ?? UNKNOWN;
    if (value === UNKNOWN || (times[slot] ?? 0) <= 0 || tenant[slot] === without) continue;
    const at = kind[slot] ?? 0;
    counts[at] = (counts[at] ?? 0) + 1;
    sums[at] = (sums[at] ?? 0) + value / MICRO;
    total += value / MICRO;
    places[count++] = place;
  }
  // Too few for any split: what they are does not matter.
  if (count < LEAST_BEFORE + LEAST_AFTER) return { values: new Float64Array(count), places: places.subarray(0, count) };
  const mean = total / Math.max(1, count);
  const values = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const slot = order[places[index] ?? 0] ?? 0;
    const at = kind[slot] ?? 0;
    const own = ((sums[at] ?? 0) + KIND_PSEUDO * mean) / ((counts[at] ?? 0) + KIND_PSEUDO);
    values[index] = (reward[slot] ?? 0) / MICRO - own;
  }
  return { values, places: places.subarray(0, count) };
};

type Split = { readonly at: number; readonly ratio: number };

const varianceOf = (values: Float64Array, from: number, to = values.length): number => {
  let sum = 0;
  let squares = 0;
  for (let index = from; index < to; index++) {
    sum += values[index] ?? 0;
    squares += (values[index] ?? 0) ** 2;
  }
  const count = Math.max(1, to - from);
  return squares / count - (sum / count) ** 2;
};

/** The split of values from `from` on that explains most; `at` is the first value after it. */
const bestSplit = (values: Float64Array, from: number): Split => {
  const count = values.length - from;
  let sum = 0;
  for (let index = from; index < values.length; index++) sum += values[index] ?? 0;
  let before = 0;
  let best = { between: 0, gap: 0, length: 0 };
  for (let length = 1; length <= count - LEAST_AFTER; length++) {
    before += values[from + length - 1] ?? 0;
    if (length < LEAST_BEFORE) continue;
    const gap = before / length - (sum - before) / (count - length);
    const between = (gap * gap * length * (count - length)) / count;
    if (between > best.between) best = { between, gap, length };
  }
  const { between, gap, length } = best;
  if (length === 0) return { at: from, ratio: 0 };
  const at = from + length;
  const pooled = Math.max(VARIANCE_FLOOR, varianceOf(values, from) - between / count);
  // Where failures are rare a few of them look like a landslide beside the calm next to them: each side is measured by its own scatter.
  const first = Math.max(pooled, varianceOf(values, from, at));
  const second = Math.max(pooled, varianceOf(values, at));
  return { at, ratio: gap ** 2 / (first / length + second / (count - length)) };
};

type Residuals = ReturnType<typeof residuals>;

/** Generalised likelihood ratio for a shift of the mean with unequal variances, by binary segmentation towards the present (Basseville & Nikiforov 1993, ch. 2). */
const changeIn = ({ values, places }: Residuals): number => {
  let from = 0;
  for (let change = 0; change < CHANGES; change++) {
    const { at, ratio } = bestSplit(values, from);
    if (ratio < ALARM) break;
    from = at;
  }
  return from === 0 ? 0 : (places[from] ?? 0);
};

/** Who has judged most since then. */
const loudestSince = (memory: Memory, start: number): number => {
  const { tenant, reward } = memory.columns();
  const counts = new Map<number, number>();
  for (const slot of memory.order().subarray(start))
    if ((reward[slot] ?? UNKNOWN) !== UNKNOWN) counts.set(tenant[slot] ?? 0, (counts.get(tenant[slot] ?? 0) ?? 0) + 1);
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0])[0];
};

/**
 * Place in the memory's order from which the model is what it is now; 0 when nothing shows that it ever changed. What only one tenant has seen is no
 * change of the model where the others have said enough to have seen it too. Looks at the set as it is, so it is the same in any order of learning,
 * and a false alarm passes with the accident that caused it.
 */
export const regimeStart = (memory: Memory): number => {
  const start = changeIn(residuals(memory));
  if (start === 0) return 0;
  const others = residuals(memory, loudestSince(memory, start));
  if (others.values.length < LEAST_BEFORE + LEAST_AFTER) return start;
  return changeIn(others) === 0 ? 0 : start;
};

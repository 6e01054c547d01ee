// The lessons of one model that are remembered, in order of time: a bounded set that is the same in whatever order it was filled.
import {
  type Columns,
  createColumns,
  grown,
  kindAt,
  type LessonRow,
  NO_SHIFT,
  readRow,
  UNKNOWN,
  writeRow,
} from './lesson-columns.ts';
import { crowding } from './tenants.ts';

/** Lessons kept of a model: 136 bytes each with its place in the order, 183 kB; with two fits of 33 kB and what is concluded of them under 256 kB. */
export const LESSONS_KEPT = 1_344;
/** A judged lesson is worth keeping this many half-lives longer than one nobody has judged. */
const JUDGED_LONGER = 4;
const FIRST_SIZE = 16;

export type Memory = {
  /** Adds the row's `times` to what is remembered of that lesson. */
  add(row: LessonRow): void;
  columns(): Columns;
  /** Slots in order of time, then of id; those that count 0 or less are among them. */
  order(): Uint16Array;
  rows(model: string): LessonRow[];
};

/** When all places are taken, the lesson with the earliest of these goes first. */
const keptUntil = ({ at, reward, halfLife }: Columns, slot: number): number =>
  (at[slot] ?? 0) + ((reward[slot] ?? 0) === UNKNOWN ? 0 : JUDGED_LONGER * (halfLife[slot] ?? 0));

/** By time, then by what else tells lessons apart. */
const compare = ({ at, id, reward, tokens, shift, kind }: Columns, slot: number, row: LessonRow): number =>
  (at[slot] ?? 0) - row.at ||
  (id[slot] ?? 0) - row.id ||
  (reward[slot] ?? 0) - row.reward ||
  (tokens[slot] ?? 0) - row.tokens ||
  (shift[slot] ?? 0) - row.shift ||
  (kind[slot] ?? 0) - kindAt(row);

type Ordered = { readonly columns: Columns; readonly order: Uint16Array; readonly count: number };

/** How many come before the row. */
const placeIn = ({ columns, order, count }: Ordered, row: LessonRow): number => {
  if (count === 0 || compare(columns, order[count - 1] ?? 0, row) < 0) return count;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(columns, order[middle] ?? 0, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The place of the lesson that is worth least; of this tenant alone, where one is named. */
const worstOf = ({ columns, order, count }: Ordered, of: number | undefined): number => {
  let worst = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let place = 0; place < count; place++) {
    const slot = order[place] ?? 0;
    if (of !== undefined && columns.tenant[slot] !== of) continue;
    const until = keptUntil(columns, slot);
    if (until < least) [worst, least] = [place, until];
  }
  return worst;
};

const longer = (order: Uint16Array, size: number): Uint16Array<ArrayBuffer> => {
  const copy = new Uint16Array(size);
  copy.set(order);
  return copy;
};

/**
 * The LESSONS_KEPT lessons worth keeping longest: the newest, judged ones before others. That is a property of the set, so replicas and replays agree
 * on it. (The one exception: a lesson that is taken back after it had pushed another out leaves its place empty.)
 */
export const createMemory = (): Memory => {
  let columns = createColumns(FIRST_SIZE);
  let order = new Uint16Array(FIRST_SIZE);
  let count = 0;
  /** The order as far as it is filled, until that changes: it is asked for many times between two lessons. */
  let filled: Uint16Array | undefined;

  const grow = (): void => {
    const size = Math.min(LESSONS_KEPT, 2 * count);
    columns = grown(columns, size);
    order = longer(order, size);
  };
  const removeAt = (place: number): void => {
    columns.times[order[place] ?? 0] = 0;
    order.copyWithin(place, place + 1, count);
    count -= 1;
  };
  /** Makes room for a lesson; false when all that are kept are worth more. A tenant that holds too many places gives up its own first. */
  const makeRoom = (row: LessonRow): boolean => {
    if (count < columns.at.length) return true;
    if (count < LESSONS_KEPT) {
      grow();
      return true;
    }
    const crowded = crowding(columns, order.subarray(0, count), LESSONS_KEPT);
    const worst = worstOf({ columns, order, count }, crowded);
    const until = row.at + (row.reward === UNKNOWN ? 0 : JUDGED_LONGER * row.halfLifeMs);
    const isForOthers = crowded !== undefined && crowded !== row.tenant;
    if (!isForOthers && keptUntil(columns, order[worst] ?? 0) > until) return false;
    removeAt(worst);
    return true;
  };
  const insert = (row: LessonRow): void => {
    const slot = columns.times.indexOf(0);
    const place = placeIn({ columns, order, count }, row);
    order.copyWithin(place + 1, place, count);
    order[place] = slot;
    count += 1;
    writeRow(columns, slot, row);
  };

  const add = (row: LessonRow): void => {
    filled = undefined;
    if (row.times === 0 || (row.reward === UNKNOWN && row.tokens === UNKNOWN && row.shift === NO_SHIFT)) return;
    const place = placeIn({ columns, order, count }, row);
    const slot = order[place] ?? 0;
    if (place < count && compare(columns, slot, row) === 0) {
      const times = (columns.times[slot] ?? 0) + row.times;
      if (times === 0) removeAt(place);
      else columns.times[slot] = times;
    } else if (makeRoom(row)) insert(row);
  };

  return {
    add,
    columns: () => columns,
    order: () => (filled ??= order.subarray(0, count)),
    rows: (model) => Array.from(order.subarray(0, count), (slot) => readRow(columns, slot, model)),
  };
};

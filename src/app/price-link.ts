// What the thread that answers requests and the thread that reads prices say to each other: plain data, in slices.
import type { Config } from '../config.ts';
import type { FeedSpeed } from '../core/ports.ts';
import type { PriceChange } from '../market/sheet-book.ts';
import type { SeenAgain, Standing } from '../market/sheets.ts';
import type { ListedOffer } from './feeds.ts';

/** What the worker starts with. */
export type WorkerStart = {
  readonly config: Config;
  readonly offers: readonly ListedOffer[];
  /** Makes the jitter of this process. */
  readonly seed: number;
  /** Whether others want to hear what is read here. */
  readonly shares: boolean;
};

/** What to do: the four words of the refresh, a reading from another process, or how offers stood before a worker was lost. */
export type Task =
  | { readonly do: 'restore' | 'due' | 'all' }
  | { readonly do: 'hear'; readonly bytes: Uint8Array }
  | {
      readonly do: 'install';
      readonly standings: readonly Standing[];
      readonly precedences: ReadonlyMap<string, number>;
    };

/** To the worker. One task at a time; `now` is the time it is done at, in epoch ms. */
export type Ask =
  | { readonly kind: 'task'; readonly id: number; readonly now: number; readonly task: Task }
  /** The last slice has been dealt with: send the next. */
  | { readonly kind: 'more' }
  | { readonly kind: 'may'; readonly ticket: number; readonly may: boolean };

export type Speeds = {
  readonly feed: string;
  readonly speeds: readonly FeedSpeed[];
  readonly observedAt: number;
};

/** Part of what a task has led to. The sheets of a change are those of its standing, so they cross once. */
export type Slice = {
  readonly standings: readonly Standing[];
  readonly seen: readonly SeenAgain[];
  readonly changes: readonly PriceChange[];
  readonly speeds: readonly Speeds[];
};

/** From the worker. */
export type Tell =
  | {
      readonly kind: 'slice';
      readonly id: number;
      readonly slice: Slice;
      readonly precedences: ReadonlyMap<string, number>;
      readonly last: boolean;
    }
  | { readonly kind: 'fault'; readonly feed: string; readonly why: string }
  | { readonly kind: 'may'; readonly ticket: number; readonly feed: string; readonly forMs: number }
  /** What was read here, for other processes: to be handed to their `hear` as it is. */
  | { readonly kind: 'reading'; readonly feed: string; readonly bytes: Uint8Array };

/** So many offers are put in force between two turns of the event loop; of those only seen again, ten times as many. */
export const SLICE = 50;
const SEEN_SLICE = 500;

export const NO_NEWS: Slice = { standings: [], seen: [], changes: [], speeds: [] };

/** How offers stand, in parts of a slice, at least one. */
export function* partsOf<T>(items: Iterable<T>, size = SLICE): Iterable<readonly T[]> {
  let part: T[] = [];
  for (const item of items) {
    part.push(item);
    if (part.length < size) continue;
    yield part;
    part = [];
  }
  yield part;
}

/** Slices of what there is to say, at least one. */
export const slicesOf = ({ standings, seen, changes, speeds }: Slice): readonly Slice[] => {
  const byOffer = Map.groupBy(changes, ({ offer }) => offer);
  const slices: Slice[] = [];
  for (const part of partsOf(standings)) {
    slices.push({ ...NO_NEWS, standings: part, changes: part.flatMap(({ offer }) => byOffer.get(offer) ?? []) });
    for (const { offer } of part) byOffer.delete(offer);
  }
  for (const part of partsOf([...byOffer.values()].flat())) slices.push({ ...NO_NEWS, changes: part });
  for (const group of seen)
    for (const offers of partsOf(group.offers, SEEN_SLICE)) slices.push({ ...NO_NEWS, seen: [{ ...group, offers }] });
  for (const each of speeds)
    for (const part of partsOf(each.speeds)) slices.push({ ...NO_NEWS, speeds: [{ ...each, speeds: part }] });
  return slices;
};

// When feeds are read and what becomes of it: due feeds one after another, the last good reading kept whatever happens.
import type { Clock, Feed, Rng } from '../core/ports.ts';
import type { NamedReading } from './listings.ts';
import type { PriceChange } from './sheet-book.ts';
import type { PriceTable } from './sheets.ts';

export type ScheduledFeed = { readonly feed: Feed; readonly everyMs: number };

export type RefreshDeps = {
  readonly feeds: readonly ScheduledFeed[];
  readonly table: PriceTable;
  readonly clock: Clock;
  readonly rng: Rng;
  /** One refresher per cluster: resolves to false where another process has the lease. */
  readonly mayRead: (feed: string, forMs: number) => Promise<boolean>;
  readonly onChange: (change: PriceChange) => void;
  readonly onFault: (feed: string, why: string) => void;
};

/** Readings are spread over this share of their interval, so that a fleet does not ask at once. */
const JITTER = 0.1;

export const createRefresh = (deps: RefreshDeps) => {
  const { clock, rng, table } = deps;
  const dueAt = new Map<string, number>(deps.feeds.map(({ feed }) => [feed.name, 0]));
  const stopping = new AbortController();

  const read = async ({ feed, everyMs }: ScheduledFeed): Promise<NamedReading | undefined> => {
    dueAt.set(feed.name, clock.now() + everyMs * (1 + JITTER * (rng.next() - 0.5)));
    try {
      if (!(await deps.mayRead(feed.name, everyMs / 2))) return undefined;
      const reading = await feed.read(stopping.signal);
      if (reading) return { name: feed.name, lineage: feed.lineage, precedence: feed.precedence, ...reading };
      // Unchanged is news too: its prices have just been seen again.
      table.confirm(feed.name, clock.now());
      return undefined;
    } catch (fault) {
      deps.onFault(feed.name, fault instanceof Error ? fault.message : String(fault));
      return undefined;
    }
  };

  const refresh = async (feeds: readonly ScheduledFeed[]): Promise<readonly PriceChange[]> => {
    const readings = await Promise.all(feeds.map(read));
    const fresh = readings.filter((reading) => reading !== undefined);
    // Without a fresh reading the table is still told the time: scheduled prices begin, holds run out.
    const { changes, frozen } = table.applyReadings(fresh, clock.now());
    for (const change of changes) deps.onChange(change);
    for (const { feed, reason } of frozen) deps.onFault(feed, reason);
    return changes;
  };

  return {
    /** Reads what is due. Called by the clock, every minute. */
    due: () => refresh(deps.feeds.filter(({ feed }) => (dueAt.get(feed.name) ?? 0) <= clock.now())),
    /** Reads everything now. */
    all: () => refresh(deps.feeds),
    stop: () => stopping.abort(),
  };
};

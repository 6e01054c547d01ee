// When feeds are read and what becomes of it: due feeds one after another, the last good reading kept whatever happens.
import type { Clock, Feed, FeedReading, FeedSpeed, Rng } from '../core/ports.ts';
import type { Applied } from './intake.ts';
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
  /** How fast sellers were for others, from a reading that was believed; after a restart it may be old. */
  readonly onSpeeds?: (feed: string, speeds: readonly FeedSpeed[], observedAt: number) => void;
};

/** Readings are spread over this share of their interval, so that a fleet does not ask at once. */
const JITTER = 0.1;
/** A feed that failed is tried again after this, or after its interval where that is shorter. */
const RETRY_MS = 15 * 60_000;

const named = (feed: Feed, reading: FeedReading): NamedReading => ({
  name: feed.name,
  lineage: feed.lineage,
  precedence: feed.precedence,
  ...reading,
});

/** Reads feeds when they are due, and says what went wrong. */
const createReader = (deps: RefreshDeps, report: (applied: Applied) => void) => {
  const { clock, rng, table } = deps;
  /** Monotonic: a wall clock that jumps neither silences a feed nor has it read again and again. */
  const dueAt = new Map<string, number>();
  const stopping = new AbortController();

  const wait = (feed: Feed, ms: number): void => {
    dueAt.set(feed.name, clock.elapsed() + ms * (1 + JITTER * (rng.next() - 0.5)));
  };

  const fails = (feed: Feed, fault: unknown): undefined => {
    deps.onFault(feed.name, fault instanceof Error ? fault.message : String(fault));
  };

  return {
    fails,
    read: async ({ feed, everyMs }: ScheduledFeed): Promise<NamedReading | undefined> => {
      wait(feed, everyMs);
      try {
        if (!(await deps.mayRead(feed.name, everyMs / 2))) return undefined;
        const reading = await feed.read(stopping.signal);
        if (reading) return named(feed, reading);
        // Unchanged is news too: its prices have just been seen again, and a cut that waited for that is released.
        report(table.confirm(feed.name, clock.now()));
        return undefined;
      } catch (fault) {
        wait(feed, Math.min(everyMs, RETRY_MS));
        return fails(feed, fault);
      }
    },
    restored: async ({ feed }: ScheduledFeed): Promise<NamedReading | undefined> => {
      try {
        const reading = await feed.restore?.();
        return reading && named(feed, reading);
      } catch (fault) {
        return fails(feed, fault);
      }
    },
    isDue: ({ feed }: ScheduledFeed): boolean => clock.elapsed() >= (dueAt.get(feed.name) ?? 0),
    stop: () => stopping.abort(),
  };
};

export const createRefresh = (deps: RefreshDeps) => {
  const { clock, table } = deps;
  let told: PriceChange[] = [];
  const report = ({ changes, frozen }: Applied): void => {
    for (const change of changes) deps.onChange(change);
    for (const { feed, reason } of frozen) deps.onFault(feed, reason);
    told.push(...changes);
  };
  const reader = createReader(deps, report);

  /** @returns the readings that were believed as a whole */
  const apply = (readings: readonly NamedReading[]): readonly NamedReading[] => {
    // Without a fresh reading the table is still told the time: scheduled prices begin.
    const applied = table.applyReadings(readings, clock.now());
    report(applied);
    const doubted = new Set(applied.frozen.map(({ feed }) => feed));
    const believed = readings.filter(({ name }) => !doubted.has(name));
    for (const { name, speeds, observedAt } of believed) if (speeds) deps.onSpeeds?.(name, speeds, observedAt);
    return believed;
  };

  /** What has been told of since the last call. */
  const takeChanges = (): readonly PriceChange[] => {
    const changes = told;
    told = [];
    return changes;
  };

  const refresh = async (scheduled: readonly ScheduledFeed[]): Promise<readonly PriceChange[]> => {
    const readings = (await Promise.all(scheduled.map(reader.read))).filter((reading) => reading !== undefined);
    const believed = apply(readings);
    const feeds = scheduled.filter(({ feed }) => believed.some(({ name }) => name === feed.name));
    await Promise.all(
      feeds.map(async ({ feed }) => {
        try {
          await feed.keep?.();
        } catch (fault) {
          reader.fails(feed, fault);
        }
      }),
    );
    return takeChanges();
  };

  return {
    /** Takes up what was last believed before this process began, as old as it is. Damaged copies are reported and left. */
    restore: async (): Promise<readonly PriceChange[]> => {
      const readings = (await Promise.all(deps.feeds.map(reader.restored))).filter((reading) => reading !== undefined);
      if (readings.length > 0) apply(readings);
      return takeChanges();
    },
    /** Reads what is due. Called by the clock, every minute. */
    due: () => refresh(deps.feeds.filter(reader.isDue)),
    /** Reads everything now. */
    all: () => refresh(deps.feeds),
    stop: reader.stop,
  };
};

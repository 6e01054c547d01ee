// PostgreSQL: what one replica at a time does behind the requests: next month's tables, the sums of hours that are over, and of hours added to.
import { sql } from 'kysely';
import type { Clock } from '../core/ports.ts';
import { prepareMonths } from './partitions.ts';
import { buildHours, HOUR_MS, watch } from './rollup.ts';
import type { LedgerDatabase } from './schema.ts';

/** A request is rolled up so long after its hour: nearly all have ended and been judged by then, and the few others are exact as well. */
const SETTLE_MS = 10 * 60_000;
const ROUND_MS = 60_000;
/** Hours added to that are built anew in a round, those with the most requests first. */
const REBUILT_PER_ROUND = 10;
/** A ledger older than this is rolled up from there on. */
const MOST_HOURS = 400 * 24;
/** Of the session lock that says whose turn it is: writers have numbers from 1, opening has 0. */
const TURN = -1;

/** The hour that is rolled up next; undefined: all that are over have been. */
const nextHour = async (db: LedgerDatabase, now: number): Promise<number | undefined> => {
  const closed = Math.floor((now - SETTLE_MS) / HOUR_MS) - 1;
  const { rows } = await sql<{ open: bigint | null; last: bigint | null; begin: bigint | null }>`
    select (select min(hour) from rolled_hours where state = 'watched') as open, (select max(hour) from rolled_hours) as last,
      (select min(at) from decisions where at >= ${(closed - MOST_HOURS) * HOUR_MS}) / ${sql.lit(HOUR_MS)} as begin`.execute(
    db,
  );
  const [found] = rows;
  const next = found?.open ?? (found?.last === null || found?.last === undefined ? found?.begin : found.last + 1n);
  return next !== null && next !== undefined && next <= closed ? Number(next) : undefined;
};

const mostAddedTo = async (db: LedgerDatabase): Promise<readonly number[]> => {
  const rows = await db
    .selectFrom('rollup_late as l')
    .innerJoin('rolled_hours as h', 'h.hour', 'l.hour')
    .where('h.state', '=', 'built')
    .groupBy('l.hour')
    .orderBy(sql`count(*)`, 'desc')
    .limit(REBUILT_PER_ROUND)
    .select('l.hour')
    .execute();
  return rows.map(({ hour }) => Number(hour));
};

/** Added to while it was built: what reports say is right all the same, and the next round builds it. */
const wasOvertaken = (fault: unknown): boolean =>
  fault instanceof Error && 'code' in fault && (fault.code === '40001' || fault.code === '40P01');

const buildHour = async (db: LedgerDatabase, hour: number): Promise<void> => {
  await watch(db, { first: hour, last: hour });
  await buildHours(db, { first: hour, last: hour });
};

type Rolling = { readonly now: number; readonly stopped?: AbortSignal };

/** Everything that is to be rolled up by now. */
export const rollUp = async (db: LedgerDatabase, { now, stopped }: Rolling): Promise<void> => {
  try {
    let hour = await nextHour(db, now);
    while (hour !== undefined) {
      await buildHour(db, hour);
      hour = stopped?.aborted ? undefined : await nextHour(db, now);
    }
    for (const hour of await mostAddedTo(db)) if (!stopped?.aborted) await buildHours(db, { first: hour, last: hour });
  } catch (fault) {
    if (!wasOvertaken(fault)) throw fault;
  }
};

/** Does nothing where another replica does it. */
const inTurn = (db: LedgerDatabase, work: (session: LedgerDatabase) => Promise<void>): Promise<void> =>
  db.connection().execute(async (session) => {
    const lock = sql`hashtext(current_schema()), ${sql.lit(TURN)}`;
    const { rows } = await sql<{ mine: boolean }>`select pg_try_advisory_lock(${lock}) as mine`.execute(session);
    if (!rows[0]?.mine) return;
    try {
      await work(session);
    } finally {
      await sql`select pg_advisory_unlock(${lock})`.execute(session);
    }
  });

export type Keeper = { close(): Promise<void> };

type KeeperDeps = {
  readonly db: LedgerDatabase;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** Says that this replica is there. */
  readonly seen?: () => Promise<void>;
};

/** Once a minute. A fault is said once and tried again: nothing is lost by it, reports only take longer. */
export const startKeeper = ({ db, clock, say, seen }: KeeperDeps): Keeper => {
  const stopped = new AbortController();
  let said = '';
  const round = async (): Promise<void> => {
    try {
      await seen?.();
      await inTurn(db, async (session) => {
        await prepareMonths(session, clock.now());
        await rollUp(session, { now: clock.now(), stopped: stopped.signal });
      });
      said = '';
    } catch (fault) {
      const now = String(fault);
      if (now !== said && !stopped.signal.aborted) say(`the ledger's sums by hour could not be kept: ${now}`);
      said = now;
    }
  };
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await clock.sleep(ROUND_MS, stopped.signal);
      if (!stopped.signal.aborted) await round();
    }
  };
  const running = run();
  return {
    close: async () => {
      stopped.abort();
      await running;
    },
  };
};

// The ledger of a cluster: the same tables on PostgreSQL, shared by any number of replicas.
import { sql } from 'kysely';
import type { ClientBase } from 'pg';
import { RouterError } from '../core/errors.ts';
import { readCheck } from './check.ts';
import { readLessons } from './lessons.ts';
import { lessonPages, trafficPages } from './pages.ts';
import { prepareMonths } from './partitions.ts';
import { LEDGER_SCHEMA, openPool } from './postgres-pool.ts';
import { readBills, readLatestPrices, readPriceChanges } from './prices.ts';
import { readRequest } from './read.ts';
import { readRecords } from './records.ts';
import { READING, startWriting, type Through } from './postgres-writing.ts';
import { isGone, type OpenedLedger, type SharedLedger } from './recover.ts';
import { startKeeper } from './rollup-keeper.ts';
import { readRolledSpend } from './rollup-read.ts';
import { checkVersion, migrate } from './migrate.ts';
import type { LedgerDatabase } from './schema.ts';
import type { SpoolPlace } from './spooled.ts';
import { readTraffic } from './traffic.ts';
import { readWriterSpend } from './writer-spend.ts';

export type PostgresLedgerOptions = {
  readonly url: string;
  /** Where records wait while the database is away; without one the ledger is opened for reading only. */
  readonly spool?: SpoolPlace;
  /** PostgreSQL schema that holds the tables; made if need be. */
  readonly schema?: string;
};

const WRITE_MS = 5_000;
const REPORT_MS = 60_000;
/** Bringing an old ledger up to date copies it. */
const MIGRATE_MS = 3_600_000;
const READERS = 3;

/** Under a lock: replicas that start together would each find it missing and all but one would fail. */
const createSchema = (db: LedgerDatabase, schema: string): Promise<void> =>
  db.transaction().execute(async (change) => {
    await sql`select pg_advisory_xact_lock(hashtext(${schema}), 0)`.execute(change);
    await sql`create schema if not exists ${sql.id(schema)}`.execute(change);
  });

/** Says, for as long as the session lasts, that this writer lives. */
const holdOf = (writer: number): string => `pg_advisory_lock_shared(hashtext(current_schema()), ${writer})`;

/** Everything a ledger is asked. @param through waits for what was recorded and is still on its way */
const questionsOf = (read: LedgerDatabase, through: Through) =>
  ({
    request: (id) => through(() => readRequest(read, id)),
    lessons: () => lessonPages((after) => through(() => readLessons(read, after))),
    spend: (range, by) => through(() => readRolledSpend(read, range, by)),
    check: (step) => through(() => readCheck(read, 'postgres', step)),
    records: (question) => through(() => readRecords(read, question)),
    traffic: { decisions: (range) => trafficPages((before) => through(() => readTraffic(read, { range, before }))) },
  }) satisfies Partial<OpenedLedger>;

const sharedQuestionsOf = (read: LedgerDatabase, through: Through, writer: string): SharedLedger => ({
  writer,
  isGone: (other) => isGone(read, 'postgres', BigInt(other)),
  spentByWriter: (by, from) => through(() => readWriterSpend(read, by, from)),
  lessonsSince: (at) => lessonPages((after) => through(() => readLessons(read, after, at))),
});

const priceQuestionsOf = (read: LedgerDatabase, through: Through) =>
  ({
    of: (offer, range) => through(() => readPriceChanges(read, range, offer)),
    within: (range) => through(() => readPriceChanges(read, range)),
    latest: () => through(() => readLatestPrices(read)),
    bills: () => through(() => readBills(read)),
  }) satisfies Partial<OpenedLedger['prices']>;

type Opening = { readonly url: string; readonly schema: string; readonly place: SpoolPlace };

const bringUpToDate = async ({ url, schema, place }: Opening): Promise<void> => {
  const db = openPool({ url, schema, max: 1, queryMs: MIGRATE_MS });
  try {
    await createSchema(db, schema);
    await migrate(db, 'postgres');
    await prepareMonths(db, place.clock.now());
  } finally {
    await db.destroy();
  }
};

/**
 * Opens (or creates) the ledger; settles what replicas that are gone left unanswered. Each living replica holds a session lock on its
 * number, so nobody takes a neighbour's request under way for a lost one; should a lock be lost with its connection, the true outcome
 * still wins when it comes. What is recorded is on this machine's disk when `append` resolves, and in the database soon after.
 * @throws RouterError ledger_unavailable: not reachable, or written by a newer Bourse
 */
export const openPostgresLedger = async (options: PostgresLedgerOptions): Promise<OpenedLedger> => {
  const { url, schema = LEDGER_SCHEMA, spool: place } = options;
  let held: number | undefined;
  const holdAgain = async (client: ClientBase): Promise<void> => {
    if (held !== undefined) await client.query(`select ${holdOf(held)}`);
  };
  const write = openPool({ url, schema, max: 1, queryMs: WRITE_MS, onConnect: holdAgain });
  const read = openPool({ url, schema, max: READERS, queryMs: REPORT_MS });
  const end = async (): Promise<void> => void (await Promise.all([write.destroy(), read.destroy()]));
  const hold = async (writer: number): Promise<void> => {
    held = writer;
    await sql`select ${sql.raw(holdOf(writer))}`.execute(write);
  };
  try {
    await (place ? bringUpToDate({ url, schema, place }) : checkVersion(read));
    const { recovered, commits, through, spool, writer, seen, close } = place
      ? await startWriting({ write, read }, { place, hold, makeTables: () => bringUpToDate({ url, schema, place }) })
      : READING;
    // On the readers' connections: the writer's is never kept waiting.
    const keeper = place && startKeeper({ db: read, clock: place.clock, say: place.say, ...(seen && { seen }) });
    const finish = async (): Promise<void> => void (await Promise.all([keeper?.close(), close()]));
    let closing: Promise<void> | undefined;
    return {
      recovered,
      ...(spool && { spool }),
      ...(writer !== undefined && { shared: sharedQuestionsOf(read, through, writer) }),
      fault: () => commits.fault(),
      append: (records) => commits.append(records),
      ...questionsOf(read, through),
      prices: {
        append: (changes) => commits.append(changes.map((change) => ({ kind: 'price', change }))),
        ...priceQuestionsOf(read, through),
      },
      close: () => (closing ??= finish().then(end, end)),
    };
  } catch (cause) {
    await end();
    if (cause instanceof RouterError) throw cause;
    throw new RouterError('ledger_unavailable', 'The ledger database cannot be opened; see the log for the cause.', {
      cause,
    });
  }
};

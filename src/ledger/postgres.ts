// The ledger of a cluster: the same tables on PostgreSQL, shared by any number of replicas.
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type ClientBase, Pool, TypeOverrides, types as standardTypes } from 'pg';
import { RouterError } from '../core/errors.ts';
import { ZERO_USD } from '../core/money.ts';
import { createGroupCommit, type GroupCommit, READ_ONLY } from './group-commit.ts';
import { readCheck } from './check.ts';
import { readLessons } from './lessons.ts';
import { lessonPages, trafficPages } from './pages.ts';
import { readBills, readLatestPrices, readPriceChanges } from './prices.ts';
import { readRequest } from './read.ts';
import { readRecords } from './records.ts';
import { type OpenedLedger, recover, type Recovered } from './recover.ts';
import { checkVersion, type LedgerDatabase, migrate, type Tables } from './schema.ts';
import { readSpend } from './spend.ts';
import type { SpoolState } from './spool.ts';
import { openSpooled, type SpoolPlace } from './spooled.ts';
import { readTraffic } from './traffic.ts';
import { insertRows, registerWriter, withoutKnownDocuments } from './write.ts';

export type PostgresLedgerOptions = {
  readonly url: string;
  /** Where records wait while the database is away; without one the ledger is opened for reading only. */
  readonly spool?: SpoolPlace;
  /** PostgreSQL schema that holds the tables; made if need be. */
  readonly schema?: string;
};

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const CONNECT_MS = 2_000;
const WRITE_MS = 5_000;
const REPORT_MS = 60_000;
const READERS = 3;
const types = new TypeOverrides();
types.setTypeParser(standardTypes.builtins.INT8, BigInt);

type PoolTerms = PostgresLedgerOptions & {
  readonly schema: string;
  readonly max: number;
  readonly queryMs: number;
  /** Awaited before a new connection is used; the types of pg do not say so. */
  readonly onConnect?: (client: ClientBase) => unknown;
};

const createPool = ({ url, schema, max, queryMs, onConnect }: PoolTerms): Pool => {
  const pool = new Pool({
    connectionString: url,
    options: `-c search_path=${schema}`,
    application_name: 'bourse',
    max,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: queryMs,
    // The writer's session holds its lock: it must not be closed for being idle.
    idleTimeoutMillis: 0,
    keepAlive: true,
    types,
    ...(onConnect && { onConnect }),
  });
  // A connection that breaks is replaced by the pool, idle or not; the query under way, or the next one, reports what is really wrong.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
};

/** Under a lock: replicas that start together would each find it missing and all but one would fail. */
const createSchema = (db: LedgerDatabase, schema: string): Promise<void> =>
  db.transaction().execute(async (change) => {
    await sql`select pg_advisory_xact_lock(hashtext(${schema}), 0)`.execute(change);
    await sql`create schema if not exists ${sql.id(schema)}`.execute(change);
  });

/** Says, for as long as the session lasts, that this writer lives. */
const holdOf = (writer: number): string => `pg_advisory_lock_shared(hashtext(current_schema()), ${writer})`;

const kyselyOf = (pool: Pool): LedgerDatabase => new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });

type Through = <T>(work: () => Promise<T>) => Promise<T>;

/** Everything a ledger is asked. @param through waits for what was recorded and is still on its way */
const questionsOf = (read: LedgerDatabase, through: Through) =>
  ({
    request: (id) => through(() => readRequest(read, id)),
    lessons: () => lessonPages((after) => through(() => readLessons(read, after))),
    spend: (range, by) => through(() => readSpend(read, range, by)),
    check: (step) => through(() => readCheck(read, 'postgres', step)),
    records: (question) => through(() => readRecords(read, question)),
    traffic: { decisions: (range) => trafficPages((before) => through(() => readTraffic(read, { range, before }))) },
  }) satisfies Partial<OpenedLedger>;

const priceQuestionsOf = (read: LedgerDatabase, through: Through) =>
  ({
    of: (offer, range) => through(() => readPriceChanges(read, range, offer)),
    within: (range) => through(() => readPriceChanges(read, range)),
    latest: () => through(() => readLatestPrices(read)),
    bills: () => through(() => readBills(read)),
  }) satisfies Partial<OpenedLedger['prices']>;

type Writing = {
  readonly recovered: Recovered;
  readonly commits: GroupCommit;
  readonly through: Through;
  readonly spool?: () => SpoolState;
  readonly close: () => Promise<void>;
};

const READING: Writing = {
  recovered: { requests: 0, ambiguous: 0, reserved: ZERO_USD },
  commits: READ_ONLY,
  through: (work) => work(),
  close: async () => undefined,
};

/** Takes part: has a number, holds its lock, delivers what was left, settles what others left unanswered. */
const startWriting = async (write: LedgerDatabase, place: SpoolPlace, hold: (writer: number) => Promise<void>) => {
  const writer = await registerWriter(write);
  await hold(Number(writer));
  const spooled = await openSpooled({ ...place, insert: (rows, by) => insertRows(write, rows, by) });
  const recovered = await recover(write, { engine: 'postgres', self: writer });
  const commits = createGroupCommit({
    commit: withoutKnownDocuments((rows) => spooled.commit(rows, writer)),
  });
  const close = async (): Promise<void> => {
    await commits.close();
    await spooled.close();
  };
  return { recovered, commits, through: spooled.read, spool: () => spooled.state, close } satisfies Writing;
};

const openAndMigrate = async (
  write: LedgerDatabase,
  { schema, spool }: { schema: string; spool: boolean },
): Promise<void> => {
  if (!spool) return checkVersion(write);
  await createSchema(write, schema);
  await migrate(write, 'postgres');
};

/**
 * Opens (or creates) the ledger; settles what replicas that are gone left unanswered. Each living replica holds a session lock on its
 * number, so nobody takes a neighbour's request under way for a lost one; should a lock be lost with its connection, the true outcome
 * still wins when it comes. What is recorded is on this machine's disk when `append` resolves, and in the database soon after.
 * @throws RouterError ledger_unavailable: not reachable, or written by a newer Bourse
 */
export const openPostgresLedger = async (options: PostgresLedgerOptions): Promise<OpenedLedger> => {
  const { url, schema = 'bourse', spool: place } = options;
  if (!SCHEMA_NAME.test(schema)) throw new RangeError(`not a schema name: ${schema}`);
  let held: number | undefined;
  const holdAgain = async (client: ClientBase): Promise<void> => {
    if (held !== undefined) await client.query(`select ${holdOf(held)}`);
  };
  const writePool = createPool({ url, schema, max: 1, queryMs: WRITE_MS, onConnect: holdAgain });
  const readPool = createPool({ url, schema, max: READERS, queryMs: REPORT_MS });
  const [write, read] = [kyselyOf(writePool), kyselyOf(readPool)];
  const end = async (): Promise<void> => void (await Promise.all([write.destroy(), read.destroy()]));
  const hold = async (writer: number): Promise<void> => {
    held = writer;
    await sql`select ${sql.raw(holdOf(writer))}`.execute(write);
  };
  try {
    await openAndMigrate(write, { schema, spool: place !== undefined });
    const { recovered, commits, through, spool, close } = place ? await startWriting(write, place, hold) : READING;
    let closing: Promise<void> | undefined;
    return {
      recovered,
      ...(spool && { spool }),
      fault: () => commits.fault(),
      append: (records) => commits.append(records),
      ...questionsOf(read, through),
      prices: {
        append: (changes) => commits.append(changes.map((change) => ({ kind: 'price', change }))),
        ...priceQuestionsOf(read, through),
      },
      close: () => (closing ??= close().then(end, end)),
    };
  } catch (cause) {
    await end();
    if (cause instanceof RouterError) throw cause;
    throw new RouterError('ledger_unavailable', 'The ledger database cannot be opened; see the log for the cause.', {
      cause,
    });
  }
};

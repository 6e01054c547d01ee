// The ledger of a cluster: the same tables on PostgreSQL, shared by any number of replicas.
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type ClientBase, Pool, TypeOverrides, types as standardTypes } from 'pg';
import { RouterError } from '../core/errors.ts';
import { createGroupCommit } from './group-commit.ts';
import { readLessons } from './lessons.ts';
import { lessonPages } from './pages.ts';
import { readRequest } from './read.ts';
import { type OpenedLedger, recover } from './recover.ts';
import { type LedgerDatabase, migrate, type Tables } from './schema.ts';
import { readSpend } from './spend.ts';
import { insertRows, registerWriter, withoutKnownDocuments } from './write.ts';

export type PostgresLedgerOptions = {
  readonly url: string;
  /** PostgreSQL schema that holds the tables; made if need be. */
  readonly schema?: string;
};

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const CONNECT_MS = 2_000;
const WRITE_MS = 5_000;
const REPORT_MS = 60_000;
const READERS = 3;
/** A commit that lost its connection is told again: every row is idempotent but feedback, whose newest revision would be the same. */
const TRIES = 3;

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
  // An idle connection that breaks is replaced by the pool; the next query reports what is really wrong.
  pool.on('error', () => undefined);
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

const lostConnection = (cause: unknown): boolean => {
  if (!(cause instanceof Error)) return false;
  const code = 'code' in cause ? String(cause.code) : '';
  // 08: connection exception, 57P: the server is going down or starting. A client-side error has no SQLSTATE at all.
  return !/^[0-9A-Z]{5}$/.test(code) || code.startsWith('08') || code.startsWith('57P');
};

const persistently = async (work: () => Promise<void>): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (cause) {
      if (attempt >= TRIES || !lostConnection(cause)) throw cause;
    }
  }
};

/**
 * Opens (or creates) the ledger; settles what replicas that are gone left unanswered. Each living replica holds a session lock on its
 * number, so nobody takes a neighbour's request under way for a lost one; should a lock be lost with its connection, the true outcome
 * still wins when it comes.
 * @throws RouterError ledger_unavailable: not reachable, or written by a newer Bourse
 */
export const openPostgresLedger = async (options: PostgresLedgerOptions): Promise<OpenedLedger> => {
  const { url, schema = 'bourse' } = options;
  if (!SCHEMA_NAME.test(schema)) throw new RangeError(`not a schema name: ${schema}`);
  let held: number | undefined;
  const holdAgain = async (client: ClientBase): Promise<void> => {
    if (held !== undefined) await client.query(`select ${holdOf(held)}`);
  };
  const writePool = createPool({ url, schema, max: 1, queryMs: WRITE_MS, onConnect: holdAgain });
  const readPool = createPool({ url, schema, max: READERS, queryMs: REPORT_MS });
  const [write, read] = [kyselyOf(writePool), kyselyOf(readPool)];
  const end = async (): Promise<void> => void (await Promise.all([write.destroy(), read.destroy()]));
  try {
    await createSchema(write, schema);
    await migrate(write, 'postgres');
    const writer = await registerWriter(write);
    held = Number(writer);
    await sql`select ${sql.raw(holdOf(held))}`.execute(write);
    const recovered = await recover(write, { engine: 'postgres', self: writer });
    const commits = createGroupCommit({
      commit: withoutKnownDocuments((rows) => persistently(() => insertRows(write, rows, writer))),
      afterFailure: 'go on',
    });
    let closing: Promise<void> | undefined;
    return {
      recovered,
      append: (records) => commits.append(records),
      request: (id) => readRequest(read, id),
      lessons: () => lessonPages((after) => readLessons(read, after)),
      spend: (range, by) => readSpend(read, range, by),
      close: () => (closing ??= commits.close().then(end, end)),
    };
  } catch (cause) {
    await end();
    if (cause instanceof RouterError) throw cause;
    throw new RouterError('ledger_unavailable', 'The ledger database cannot be opened; see the log for the cause.', {
      cause,
    });
  }
};

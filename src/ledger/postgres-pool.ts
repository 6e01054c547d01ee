// Connections to the ledger's PostgreSQL database, with whole numbers as bigint and every wait bounded.
import { Kysely, PostgresDialect } from 'kysely';
import { type ClientBase, Pool, TypeOverrides, types as standardTypes } from 'pg';
import type { LedgerDatabase, Tables } from './schema.ts';

/** PostgreSQL schema that holds the tables, where nobody says otherwise. */
export const LEDGER_SCHEMA = 'bourse';
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const CONNECT_MS = 2_000;
const types = new TypeOverrides();
types.setTypeParser(standardTypes.builtins.INT8, BigInt);

type PoolTerms = {
  readonly url: string;
  readonly schema: string;
  readonly max: number;
  readonly queryMs: number;
  /** Awaited before a new connection is used; the types of pg do not say so. */
  readonly onConnect?: (client: ClientBase) => unknown;
};

/** @throws RangeError where it is no schema's name */
export const openPool = ({ url, schema, max, queryMs, onConnect }: PoolTerms): LedgerDatabase => {
  if (!SCHEMA_NAME.test(schema)) throw new RangeError(`not a schema name: ${schema}`);
  const pool = new Pool({
    connectionString: url,
    // Months are joined with their like, so that a report of a day looks at a month's tables; compiling a question takes longer than asking it.
    options: `-c search_path=${schema} -c enable_partitionwise_join=on -c jit=off`,
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
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
};

// How one SQLite file is opened: WAL, whole numbers as bigint, refused when torn or when another process writes to it.
import { existsSync, statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { RouterError } from '../core/errors.ts';
import type { LedgerDatabase, Tables } from './schema.ts';
import { createStatements } from './sqlite-statements.ts';

/** process: survives the death of this process · power: survives the loss of power, at one disk sync per commit. */
export type Durability = 'process' | 'power';

/** A file up to this size is read whole and checked at each opening for writing: under half a second. Larger ones are checked page by page as used. */
const CHECKED_BYTES = 256 * 2 ** 20;
const BUSY_MS = 2_000;
const WAL_BYTES = 64 * 2 ** 20;

/** node:sqlite as Kysely likes it. Its values are exactly what we bind: text, numbers, bigint, null. */
const kyselyOf = (database: DatabaseSync): LedgerDatabase => {
  const prepare = createStatements(database);
  return new Kysely<Tables>({
    dialect: new SqliteDialect({
      database: {
        close: () => database.close(),
        prepare: (text) => {
          const statement = prepare(text);
          return {
            reader: statement.columns().length > 0,
            all: (values) => statement.all(...(values as readonly SQLInputValue[])),
            run: (values) => statement.run(...(values as readonly SQLInputValue[])),
            iterate: (values) => statement.iterate(...(values as readonly SQLInputValue[])),
          };
        },
      },
    }),
  });
};

const refused = (path: string, why: string, cause: unknown): RouterError =>
  new RouterError('ledger_unavailable', `The ledger ${path} cannot be opened: ${why}.`, { cause });

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Held by the operating system for as long as this process lives, so that a crash frees it by itself. @throws RouterError ledger_unavailable */
export const lockFile = (path: string): DatabaseSync => {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (cause) {
    lock.close();
    throw refused(path, 'another process has it open for writing', cause);
  }
};

const checkWhole = (database: DatabaseSync, path: string): void => {
  if (statSync(path).size > CHECKED_BYTES) return;
  const [row] = database.prepare('pragma quick_check(1)').all();
  const verdict = String(row?.['quick_check']);
  if (verdict !== 'ok') throw new Error(verdict);
};

export type OpenFile = {
  readonly db: LedgerDatabase;
  /** The same connection without the query builder, for what is written all the time. */
  readonly database: DatabaseSync;
  close(): Promise<void>;
};

/** @throws RouterError ledger_unavailable: held by another process, torn, or not a ledger at all */
export const openForWriting = (path: string, durability: Durability): OpenFile => {
  const lock = lockFile(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_MS });
    database.exec('pragma journal_mode = wal');
    database.exec(`pragma synchronous = ${durability === 'power' ? 'full' : 'normal'}`);
    database.exec(`pragma journal_size_limit = ${WAL_BYTES}`);
    checkWhole(database, path);
  } catch (cause) {
    database?.close();
    lock.close();
    throw refused(path, `${messageOf(cause)}. It is damaged or no ledger; restore it from a backup`, cause);
  }
  const db = kyselyOf(database);
  return {
    db,
    database,
    close: async () => {
      await db.destroy();
      lock.close();
    },
  };
};

/** A reader never waits for the writer, nor the writer for it. */
export const openForReading = (path: string): OpenFile => {
  if (!existsSync(path)) throw refused(path, 'there is no such file', undefined);
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  const db = kyselyOf(database);
  return { db, database, close: () => db.destroy() };
};

// How a batch of rows enters the tables: inserted once, never changed; a row that is already there stays as it is.
import type { InsertObject } from 'kysely';
import { leaveRollups } from './rollup.ts';
import type { Engine, LedgerDatabase, Tables } from './schema.ts';
import type { Rows } from './rows.ts';

/** Keeps a statement under SQLite's 32 766 and PostgreSQL's 65 535 parameters. */
const ROWS_PER_STATEMENT = 500;

const chunks = function* <T>(rows: readonly T[]): Generator<T[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) yield rows.slice(from, from + ROWS_PER_STATEMENT);
};

/** All rows in one transaction. Telling the same twice changes nothing. */
export const insertRows = (db: LedgerDatabase, rows: Rows, writer: bigint, engine: Engine = 'sqlite'): Promise<void> =>
  db.transaction().execute(async (change) => {
    if (engine === 'postgres') await leaveRollups(change, rows);
    const insert = async <Table extends keyof Rows>(
      table: Table,
      all: InsertObject<Tables, Table>[],
    ): Promise<void> => {
      for (const some of chunks(all))
        await change
          .insertInto(table)
          .values(some)
          .onConflict((on) => on.doNothing())
          .execute();
    };
    await insert('documents', rows.documents);
    await insert('decisions', rows.decisions);
    await insert(
      'dispatches',
      rows.dispatches.map((row) => ({ ...row, writer })),
    );
    await insert('outcomes', rows.outcomes);
    await insert('attempts', rows.attempts);
    await insert('feedback', rows.feedback);
    await insert('price_changes', rows.price_changes);
  });

/** A number for this opening, so that a later one can tell whose dispatches were left unanswered. */
export const registerWriter = async (db: LedgerDatabase): Promise<bigint> => {
  const row = await db.insertInto('writers').defaultValues().returning('id').executeTakeFirstOrThrow();
  return row.id;
};

/** Hashes remembered before we forget them all: telling the database again is harmless, remembering for ever is not. */
const MAX_KNOWN = 10_000;

/** Leaves out the documents that an earlier commit of this process has certainly written. */
export const withoutKnownDocuments = (commit: (rows: Rows) => Promise<void>): ((rows: Rows) => Promise<void>) => {
  const known = new Set<string>();
  return async (rows) => {
    const fresh = new Map(rows.documents.map((row) => [row.hash, row]));
    for (const hash of fresh.keys()) if (known.has(hash)) fresh.delete(hash);
    await commit({ ...rows, documents: [...fresh.values()] });
    if (known.size + fresh.size > MAX_KNOWN) known.clear();
    for (const hash of fresh.keys()) known.add(hash);
  };
};

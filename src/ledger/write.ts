// How a batch of rows enters the tables: inserted once, never changed; a row that is already there stays as it is.
import { type InsertObject, sql } from 'kysely';
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

/**
 * A number for this opening, so that a later one can tell whose dispatches were left unanswered.
 * @param now epoch ms; null: nobody will say how far it has come
 */
export const registerWriter = async (db: LedgerDatabase, now: number | null = null): Promise<bigint> => {
  const row = await db.insertInto('writers').values({ seen: now }).returning('id').executeTakeFirstOrThrow();
  return row.id;
};

/** All that the writer had recorded at `at` (epoch ms) is in the database. */
export const sawWriter = async (db: LedgerDatabase, writer: bigint, at: number): Promise<void> => {
  await db.updateTable('writers').set({ seen: at }).where('id', '=', writer).execute();
};

/**
 * The database knows this number, as one that somebody has to look at: before something of a writer that is gone is brought in, and where the
 * database was emptied. PostgreSQL only.
 * @param seen as in registerWriter
 */
export const reopenWriter = (db: LedgerDatabase, writer: bigint, seen: number | null = null): Promise<void> =>
  db.transaction().execute(async (change) => {
    await sql`insert into writers (id, seen) overriding system value values (${writer}, ${seen})
      on conflict (id) do update set settled = 0`.execute(change);
    await sql`select setval(pg_get_serial_sequence('writers', 'id'), (select max(id) from writers))`.execute(change);
  });

/** What is remembered before we forget it all: telling the database again is harmless, remembering for ever is not. */
const MOST_KNOWN = 10_000;
const MOST_KNOWN_LETTERS = 4 * 2 ** 20;

/** Documents of which a commit of this process is certain, by hash: kept, since a database that was emptied has to be told them again. */
export const createKnownDocuments = () => {
  const known = new Map<string, string>();
  let letters = 0;
  return {
    has: (hash: string): boolean => known.has(hash),
    add(documents: Rows['documents']): void {
      const more = documents.reduce((sum, { body }) => sum + body.length, 0);
      if (known.size + documents.length > MOST_KNOWN || letters + more > MOST_KNOWN_LETTERS) {
        known.clear();
        letters = 0;
      }
      for (const { hash, body } of documents) known.set(hash, body);
      letters += more;
    },
    all: (): Rows['documents'] => Array.from(known, ([hash, body]) => ({ hash, body })),
  };
};

/** Leaves out the documents that an earlier commit of this process has certainly written. */
export const withoutKnownDocuments = (
  commit: (rows: Rows) => Promise<void>,
  known = createKnownDocuments(),
): ((rows: Rows) => Promise<void>) => {
  return async (rows) => {
    const fresh = new Map(rows.documents.map((row) => [row.hash, row]));
    for (const hash of fresh.keys()) if (known.has(hash)) fresh.delete(hash);
    await commit({ ...rows, documents: [...fresh.values()] });
    known.add([...fresh.values()]);
  };
};

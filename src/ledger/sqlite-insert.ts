// How a batch of rows enters a SQLite file: a statement per table, prepared once and run once a row, all of it in one transaction.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Rows } from './rows.ts';

type Table = keyof Rows;
type Row = Readonly<Record<string, SQLInputValue>>;
type Insert = { readonly columns: readonly string[]; readonly statement: StatementSync };

const TABLES = [
  'documents',
  'decisions',
  'dispatches',
  'outcomes',
  'attempts',
  'feedback',
  'price_changes',
] as const satisfies Table[];

/** Telling the same twice changes nothing. */
const prepare = (database: DatabaseSync, table: Table, row: Row): Insert => {
  const columns = Object.keys(row);
  const values = columns.map(() => '?').join(', ');
  return {
    columns,
    statement: database.prepare(
      `insert into ${table} (${columns.join(', ')}) values (${values}) on conflict do nothing`,
    ),
  };
};

/** Given with rows, writes them all or none. @param writer the number of this opening */
export const createInserter = (database: DatabaseSync, writer: bigint): ((rows: Rows) => void) => {
  const prepared = new Map<Table, Insert>();

  const insert = (table: Table, rows: readonly Row[]): void => {
    const [first] = rows;
    if (!first) return;
    // Rows of a table are all made in one place (rows.ts): the first has the columns of every other.
    const { columns, statement } = prepared.get(table) ?? prepare(database, table, first);
    prepared.set(table, { columns, statement });
    for (const row of rows) statement.run(...columns.map((column) => row[column] ?? null));
  };

  return (rows) => {
    database.exec('begin immediate');
    try {
      for (const table of TABLES)
        insert(table, table === 'dispatches' ? rows.dispatches.map((row) => ({ ...row, writer })) : rows[table]);
      database.exec('commit');
    } catch (cause) {
      if (database.isTransaction) database.exec('rollback');
      throw cause;
    }
  };
};

// Statements of one SQLite connection, prepared once for each text and kept while there is room.
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** More than the questions there are, lists of other lengths among them; the one unused longest goes first. */
export const MOST_STATEMENTS = 64;

/** One that is made anew for every question takes a sixth of its time, and what SQLite holds for it V8 knows nothing of. */
export const createStatements = (database: Pick<DatabaseSync, 'prepare'>) => {
  const kept = new Map<string, StatementSync>();

  const prepare = (text: string): StatementSync => {
    const statement = database.prepare(text);
    statement.setReadBigInts(true);
    return statement;
  };

  return (text: string): StatementSync => {
    const statement = kept.get(text) ?? prepare(text);
    kept.delete(text);
    kept.set(text, statement);
    const [oldest] = kept.keys();
    if (kept.size > MOST_STATEMENTS && oldest !== undefined) kept.delete(oldest);
    return statement;
  };
};

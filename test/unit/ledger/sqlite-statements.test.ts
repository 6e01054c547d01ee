import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { createStatements, MOST_STATEMENTS } from '../../../src/ledger/sqlite-statements.ts';

const openCounted = () => {
  const database = new DatabaseSync(':memory:');
  database.exec('create table t (a integer); insert into t values (1), (2)');
  let prepared = 0;
  const prepare = (text: string) => {
    prepared += 1;
    return database.prepare(text);
  };
  return { database, statementOf: createStatements({ prepare }), prepared: () => prepared };
};

const numbered = (number: number): string => `select a from t where a = ${number}`;

describe('prepared statements', () => {
  it('are prepared once for a text, and answer with other values each time', () => {
    const { statementOf, prepared } = openCounted();
    const ask = (value: number) => statementOf('select a from t where a = ?').all(value);
    expect([ask(1), ask(2), ask(3)]).toEqual([[{ a: 1n }], [{ a: 2n }], []]);
    expect(prepared()).toBe(1);
  });

  it('are kept while there is room, the one unused longest going first', () => {
    const { statementOf, prepared } = openCounted();
    for (let number = 0; number < MOST_STATEMENTS; number += 1) statementOf(numbered(number));
    statementOf(numbered(0));
    statementOf(numbered(MOST_STATEMENTS));
    const before = prepared();
    statementOf(numbered(0));
    expect(prepared()).toBe(before);
    statementOf(numbered(1));
    expect(prepared()).toBe(before + 1);
  });

  it('see the columns a table has got since they were prepared', () => {
    const { database, statementOf } = openCounted();
    const all = () => statementOf('select * from t order by a').all()[0];
    expect(all()).toEqual({ a: 1n });
    database.exec('alter table t add column b integer default 7');
    expect(all()).toEqual({ a: 1n, b: 7n });
  });
});

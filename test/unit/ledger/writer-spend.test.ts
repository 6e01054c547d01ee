import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { requestIdAt } from '../../../src/core/request-id.ts';
import { nanoUsd } from '../../../src/core/money.ts';
import { openPool } from '../../../src/ledger/postgres-pool.ts';
import { rowsOf } from '../../../src/ledger/rows.ts';
import { insertRows } from '../../../src/ledger/write.ts';
import { readWriterSpend } from '../../../src/ledger/writer-spend.ts';
import { attemptOf, DAY_MS, decided, fullDecision, outcomeOf, sent, settled } from '../../support/ledger.ts';
import { openTestLedger } from '../../support/postgres-ledger.ts';

const url = inject('postgresUrl') ?? '';
const FROM = Date.UTC(2026, 10, 1);

const setUp = async () => {
  const schema = `w${randomUUID().slice(0, 8)}`;
  await (await openTestLedger({ url, schema })).close();
  const db = openPool({ url, schema, max: 1, queryMs: 10_000 });
  onTestFinished(() => db.destroy());
  const spend = async (writer: bigint, at: number, cost: number | undefined): Promise<void> => {
    const id = requestIdAt(at, randomUUID());
    const ended =
      cost === undefined ? [] : [settled(outcomeOf(id, { attempts: [attemptOf(id, { cost: nanoUsd(cost) })] }))];
    await insertRows(
      db,
      rowsOf([decided(fullDecision(id, { at }), 'k'), sent(id, 1, 7_000), ...ended]),
      writer,
      'postgres',
    );
  };
  return { db, spend };
};

describe.skipIf(!url)('what each replica has spent since a window began', () => {
  it('is added up over all its days, calls without an end at the most they can have cost', async () => {
    const { db, spend } = await setUp();
    await spend(1n, FROM - 1, 50);
    await spend(1n, FROM, 100);
    await spend(1n, FROM + DAY_MS - 1, 200);
    await spend(1n, FROM + 3 * DAY_MS, undefined);
    await spend(2n, FROM + DAY_MS, 400);
    await spend(2n, FROM + 20 * DAY_MS, 800);
    const spent = await readWriterSpend(db, 'caller', FROM);
    expect(new Set(spent)).toEqual(
      new Set([
        { writer: '1', key: 'k', cost: 7_300 },
        { writer: '2', key: 'k', cost: 1_200 },
      ]),
    );
  });

  it('is nothing in an empty ledger', async () => {
    const { db } = await setUp();
    expect(await readWriterSpend(db, 'policy', FROM)).toEqual([]);
  });
});

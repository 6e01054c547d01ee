// What a replica that starts looks for of those that have ended: all they left, and no more of the ledger than that takes.
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { requestIdAt } from '../../../src/core/request-id.ts';
import { openPool } from '../../../src/ledger/postgres-pool.ts';
import { rowsOf } from '../../../src/ledger/rows.ts';
import { insertRows, registerWriter, reopenWriter } from '../../../src/ledger/write.ts';
import { DAY_MS, decided, fullDecision, sent } from '../../support/ledger.ts';
import { openTestLedger } from '../../support/postgres-ledger.ts';

const url = inject('postgresUrl') ?? '';
const NOW = Date.UTC(2026, 10, 24, 12);

const setUp = async () => {
  const schema = `r${randomUUID().slice(0, 8)}`;
  const open = async () => {
    const ledger = await openTestLedger({ url, schema });
    await ledger.close();
    return ledger.recovered.requests;
  };
  await open();
  const db = openPool({ url, schema, max: 1, queryMs: 10_000 });
  onTestFinished(() => db.destroy());
  /** It was sent at that time, and nothing more was ever heard of it. */
  const leave = async (writer: bigint, at: number): Promise<void> => {
    const id = requestIdAt(at, randomUUID());
    await insertRows(db, rowsOf([decided(fullDecision(id, { at })), sent(id)]), writer, 'postgres');
  };
  const settledWriters = async (): Promise<readonly bigint[]> =>
    (await db.selectFrom('writers').where('settled', '=', 1n).select('id').execute()).map(({ id }) => id);
  return { db, open, leave, settledWriters };
};

describe.skipIf(!url)('what a replica that has ended left unanswered', () => {
  it('is settled by the next that starts, and its writer is not looked at again', async () => {
    const { db, open, leave, settledWriters } = await setUp();
    const writer = await registerWriter(db, NOW);
    await leave(writer, NOW + 1_000);
    await leave(writer, NOW + DAY_MS);
    expect(await open()).toBe(2);
    expect(await settledWriters()).toContain(writer);
    await leave(writer, NOW + 2_000);
    expect(await open()).toBe(0);
  });

  it('is looked for again when more of it is delivered from its disk', async () => {
    const { db, open, leave } = await setUp();
    const writer = await registerWriter(db, NOW);
    expect(await open()).toBe(0);
    await reopenWriter(db, writer);
    await leave(writer, NOW + 1_000);
    expect(await open()).toBe(1);
  });

  it('is looked for from where all it had recorded was known to be there', async () => {
    const { db, open, leave } = await setUp();
    const writer = await registerWriter(db, NOW);
    await leave(writer, NOW - DAY_MS);
    await leave(writer, NOW - 60_000);
    expect(await open()).toBe(1);
  });

  it('is looked for everywhere where nobody said how far it had come', async () => {
    const { db, open, leave } = await setUp();
    await leave(await registerWriter(db), NOW - DAY_MS);
    expect(await open()).toBe(1);
  });
});

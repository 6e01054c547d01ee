// A ledger of the version before prices were kept: opened, it is brought up to date, and everything in it stays readable.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, describe, expect, inject, it } from 'vitest';
import type { OpenedLedger } from '../../../src/ledger/recover.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { keyOf, outcomeOf, wholeRequest } from '../../support/ledger.ts';
import { sampleOffer, sampleSheet } from '../../support/sample.ts';
import { openTestLedger } from '../../support/postgres-ledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-upgrade-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What later versions added, taken away again. */
const BACK_TO_1 = [
  'drop index attempts_billed',
  'alter table attempts drop column billed',
  'alter table attempts drop column computed',
  'drop table price_changes',
  'alter table decisions drop column features',
  'drop index feedback_telling',
  'alter table feedback drop column telling',
  ...['decisions', 'dispatches', 'outcomes', 'attempts', 'feedback'].map(
    (table) => `alter table ${table} drop column sum`,
  ),
  'delete from schema_version where version > 1',
];

const spark = sampleOffer('lumen:lumen/spark');
const EVER = { from: 0, to: Number.POSITIVE_INFINITY, limit: 10 };

const checkUpgraded = async (ledger: OpenedLedger): Promise<void> => {
  expect((await ledger.request('old'))?.outcome).toEqual(outcomeOf('old'));
  expect(await ledger.prices.of(spark.key, EVER)).toEqual([]);
  expect(await ledger.prices.bills()).toEqual([]);
  const sheet = sampleSheet(spark, { input: 1, output: 2 });
  await ledger.prices.append([
    { offer: keyOf('lumen:lumen/spark'), verdict: 'applied', reason: 'first price', observedAt: 1, sheet },
  ]);
  await ledger.append(wholeRequest('new'));
  expect(await ledger.prices.latest()).toHaveLength(1);
  expect((await ledger.request('new'))?.outcome?.status).toBe('ok');
};

describe('a ledger of version 1', () => {
  it('in SQLite is brought up to date when it is opened for writing, and refused until then', async () => {
    const path = join(folder, 'old.db');
    const before = await openSqliteLedger({ path });
    await before.append(wholeRequest('old'));
    await before.close();
    const database = new DatabaseSync(path);
    for (const statement of BACK_TO_1) database.exec(statement);
    database.close();
    await expect(openSqliteLedger({ path, access: 'read' })).rejects.toThrow('Open it once for writing');
    const after = await openSqliteLedger({ path });
    await checkUpgraded(after);
    await after.close();
  });

  const url = inject('postgresUrl');
  it.skipIf(!url)('in PostgreSQL is brought up to date by the first replica that opens it', async () => {
    const schema = `u${randomUUID().slice(0, 8)}`;
    const open = () => openTestLedger({ url: url ?? '', schema });
    const before = await open();
    await before.append(wholeRequest('old'));
    await before.close();
    const client = new Client({ connectionString: url ?? '' });
    await client.connect();
    await client.query(`set search_path to ${schema}`);
    for (const statement of BACK_TO_1) await client.query(statement);
    await client.end();
    const [one, two] = await Promise.all([open(), open()]);
    await checkUpgraded(one);
    expect(await two.prices.latest()).toHaveLength(1);
    await Promise.all([one.close(), two.close()]);
  });
});

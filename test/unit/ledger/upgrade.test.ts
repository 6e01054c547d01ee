// A ledger of the version before prices were kept: opened, it is brought up to date, and everything in it stays readable.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { requestIdAt } from '../../../src/core/request-id.ts';
import type { OpenedLedger } from '../../../src/ledger/recover.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { keyOf, outcomeOf, said, START_MS, wholeRequest } from '../../support/ledger.ts';
import { sampleOffer, sampleSheet } from '../../support/sample.ts';
import { openTestLedger } from '../../support/postgres-ledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-upgrade-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What later versions added, taken away again. */
const BACK_TO_6 = ['seen', 'settled'].map((column) => `alter table writers drop column ${column}`);
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

/** PostgreSQL: tables cut into months made whole again, as they were before version 6, with what is in them. */
const WHOLE_AGAIN = [
  'drop table rolled_hours, rollup_late, rollups',
  ...['decisions', 'dispatches', 'outcomes', 'attempts', 'feedback'].flatMap((table) => [
    `create table ${table}_whole as select * from ${table}`,
    `drop table ${table}`,
    `alter table ${table}_whole rename to ${table}`,
    `alter table ${table} alter column request_id set not null`,
  ]),
  'alter table decisions add primary key (request_id)',
  'create index decisions_at on decisions (at)',
  'alter table dispatches add primary key (request_id, attempt)',
  'alter table outcomes add unique (request_id, recovered)',
  'alter table attempts add primary key (request_id, attempt, recovered)',
  'create index attempts_billed on attempts (offer, at) where billed is not null',
  'create index feedback_request on feedback (request_id, source, seq)',
  'create unique index feedback_telling on feedback (telling)',
  ...['outcomes', 'feedback'].flatMap((table) => [
    `alter table ${table} alter column seq set not null`,
    `alter table ${table} alter column seq add generated always as identity`,
    `alter table ${table} add primary key (seq)`,
    `select setval(pg_get_serial_sequence('${table}', 'seq'), (select coalesce(max(seq), 0) + 1 from ${table}), false)`,
  ]),
  'delete from schema_version where version > 5',
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
    for (const statement of [...BACK_TO_6, ...BACK_TO_1]) database.exec(statement);
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
    for (const statement of [...BACK_TO_6, ...WHOLE_AGAIN, ...BACK_TO_1]) await client.query(statement);
    await client.end();
    const [one, two] = await Promise.all([open(), open()]);
    await checkUpgraded(one);
    expect(await two.prices.latest()).toHaveLength(1);
    await Promise.all([one.close(), two.close()]);
  });

  it.skipIf(!url)(
    'in PostgreSQL is cut into months with everything in it, and tells twice from once as before',
    async () => {
      const schema = `u${randomUUID().slice(0, 8)}`;
      const open = () => openTestLedger({ url: url ?? '', schema });
      const ids = [Date.UTC(2026, 2, 31, 23, 59, 59, 999), Date.UTC(2026, 3, 1), START_MS]
        .map((at) => requestIdAt(at, 'x'))
        .concat('11111111-aaaa', 'ffffffff-aaaa');
      const before = await open();
      for (const id of ids) await before.append([...wholeRequest(id), said(id, { score: 0.5 })]);
      const views = await Promise.all(ids.map((id) => before.request(id)));
      const lessons = await Array.fromAsync(before.lessons());
      const spent = await before.spend({ from: 0, to: Number.POSITIVE_INFINITY }, 'offer');
      await before.close();
      const client = new Client({ connectionString: url ?? '' });
      await client.connect();
      await client.query(`set search_path to ${schema}`);
      for (const statement of [...BACK_TO_6, ...WHOLE_AGAIN]) await client.query(statement);
      const after = await open();
      expect(await Promise.all(ids.map((id) => after.request(id)))).toEqual(views);
      expect(await Array.fromAsync(after.lessons())).toEqual(lessons);
      const { rows } = await client.query<{ part: string }>(
        `select distinct tableoid::regclass::text as part from decisions order by 1`,
      );
      expect(rows.map(({ part }) => part)).toEqual([
        'decisions_2026_03',
        'decisions_2026_04',
        'decisions_2026_11',
        'decisions_rest',
      ]);
      for (const id of ids) await after.append(wholeRequest(id));
      expect(await after.spend({ from: 0, to: Number.POSITIVE_INFINITY }, 'offer')).toEqual(spent);
      await after.append([...wholeRequest('next'), said('next')]);
      expect((await Array.fromAsync(after.lessons())).flat().at(-1)?.requestId).toBe('next');
      await client.end();
      await after.close();
    },
  );
});

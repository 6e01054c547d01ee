// How long reports over a large PostgreSQL ledger take, with sums by hour and without: node benchmarks/reports.ts [--requests 50000000] [--short] [--save]
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { rowsOf } from '../src/ledger/rows.ts';
import { openPostgresLedger } from '../src/ledger/postgres.ts';
import { LEDGER_SCHEMA, openPool } from '../src/ledger/postgres-pool.ts';
import { readRolledSpend } from '../src/ledger/rollup-read.ts';
import type { LedgerDatabase } from '../src/ledger/schema.ts';
import { readSpend } from '../src/ledger/spend.ts';
import { insertRows } from '../src/ledger/write.ts';
import { savingsReport } from '../src/reports/savings.ts';
import { spendReport } from '../src/reports/spend.ts';
import { postgresPrograms, startPostgres } from '../test/support/servers.ts';
import { testSpool } from '../test/support/postgres-ledger.ts';
import { machine, resultPath, writeResult } from './machine.ts';
import { DAY_MS, fill } from './reports/fill.ts';
import { copySums, rollUpDays, seconds } from './reports/sums.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '50000000' },
    /** Nothing more is filled in after so long. */
    'fill-seconds': { type: 'string', default: '420' },
    /** Requests of the first and the last day only; the sums of the days between are those of the first. */
    short: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
  },
});

/** Measured: what a request takes on this disk, its keys included, and as much again for sorting. */
const BYTES_PER_REQUEST = 1_200;
const SETTINGS = [
  'shared_buffers=1GB',
  'work_mem=128MB',
  'maintenance_work_mem=1GB',
  'max_wal_size=8GB',
  'wal_level=minimal',
  'max_wal_senders=0',
];
const REPEATS = 3;
/** A report is given up after so long. */
const PATIENCE_MS = 240_000;
const DAYS = 30;
const LATE = 10_000;

const start = Date.UTC(2026, 3, 1);

const say = (line: string): void => console.log(line);

type Timed = {
  readonly report: string;
  readonly rollups: boolean;
  readonly requests: number;
  readonly seconds: readonly number[];
};

/** The range begins and ends in the middle of an hour, as "the last 30 days" do. */
const rangeOf = (days: number) => ({ from: start + 1_234_567, to: start + days * DAY_MS - 765_432 });

const time = async (
  db: LedgerDatabase,
  rollups: boolean,
  { days, perDay }: { days: number; perDay: number },
): Promise<Timed[]> => {
  const ledger = {
    spend: (range: Parameters<typeof readRolledSpend>[1], by: Parameters<typeof readRolledSpend>[2]) =>
      rollups ? readRolledSpend(db, range, by) : readSpend(db, range, by, 'postgres'),
  };
  const range = rangeOf(days);
  const reports = {
    'spend by policy': () => spendReport({ ledger }, { range, by: 'policy' }),
    'savings by caller': () => savingsReport({ ledger }, { range, by: 'caller' }),
    'quality by model': () => spendReport({ ledger }, { range, by: 'model' }),
  };
  const timed: Timed[] = [];
  for (const [report, work] of Object.entries(reports)) {
    const taken: number[] = [];
    for (let turn = 0; turn < (rollups ? REPEATS : 1); turn++) taken.push(await seconds(work));
    timed.push({ report, rollups, requests: days * perDay, seconds: taken });
    say(`${report}, ${days} days, ${rollups ? 'sums by hour' : 'request by request'}: ${taken.join(' ')} s`);
  }
  return timed;
};

/** Requests of hours long built are judged. */
const judgeLate = async (db: LedgerDatabase): Promise<void> => {
  const { rows } = await sql<{
    id: string;
  }>`select request_id as id from decisions tablesample system (0.1) limit ${LATE}`.execute(db);
  const feedback = rows.map(({ id }) => ({
    kind: 'feedback' as const,
    feedback: { requestId: id, source: 'eval', score: 0.5, at: start },
  }));
  for (let from = 0; from < feedback.length; from += 500)
    await insertRows(db, rowsOf(feedback.slice(from, from + 500)), 1n, 'postgres');
};

const measure = async (url: string) => {
  await (await openPostgresLedger({ url, spool: testSpool('reports') })).close();
  const db = openPool({ url, schema: LEDGER_SCHEMA, max: 3, queryMs: PATIENCE_MS });
  const filler = openPool({ url, schema: LEDGER_SCHEMA, max: 1, queryMs: 3_600_000 });
  const perDay = Math.ceil(Number(values.requests) / DAYS);
  const begun = performance.now();
  const all = Array.from({ length: DAYS }, (_, day) => day);
  const kept = values.short ? [0, DAYS - 1] : all;
  let written = 0;
  const fillSeconds = await seconds(async () => {
    written = await fill(
      filler,
      { start, days: kept, perDay },
      () => performance.now() - begun > Number(values['fill-seconds']) * 1000,
    );
  });
  const days = values.short ? DAYS : written / perDay;
  const requests = days * perDay;
  const { rows } = await sql<{ bytes: string }>`select pg_database_size(current_database()) as bytes`.execute(filler);
  say(`${written} requests in ${fillSeconds} s, ${(Number(rows[0]?.bytes) / 2 ** 30).toFixed(1)} GiB`);
  const plain = await time(db, false, { days: 1, perDay });
  let hours: readonly number[] = [];
  const buildSeconds = await seconds(async () => {
    hours = await rollUpDays(filler, { start, days: kept.slice(0, written / perDay) });
  });
  if (values.short) await copySums(filler, { start, days: all.slice(1, -1) });
  await sql`analyze rollups`.execute(filler);
  const sums = await sql<{
    rows: string;
    bytes: string;
  }>`select count(*) as rows, pg_total_relation_size('rollups') as bytes from rollups`.execute(filler);
  say(`sums by hour: built in ${buildSeconds} s, ${sums.rows[0]?.rows} rows`);
  const summed = await time(db, true, { days, perDay });
  const lateSeconds = await seconds(() => judgeLate(filler));
  const late = await time(db, true, { days, perDay });
  await Promise.all([db.destroy(), filler.destroy()]);
  return {
    requests,
    requestsWritten: written,
    days,
    fillSeconds,
    databaseBytes: Number(rows[0]?.bytes),
    rollups: {
      buildSeconds,
      secondsOfAnHour: hours.slice(0, 24),
      requestsOfAnHour: perDay / 24,
      rows: Number(sums.rows[0]?.rows),
      bytes: Number(sums.rows[0]?.bytes),
    },
    late: { requests: LATE, writeSeconds: lateSeconds, reports: late },
    reports: [...plain, ...summed],
  };
};

const free = statfsSync(tmpdir());
if (free.bavail * free.bsize < Number(values.requests) * BYTES_PER_REQUEST)
  throw new Error('too little room in the temporary folder; ask for fewer --requests');
const programs = postgresPrograms();
if (!programs) throw new Error('PostgreSQL is not installed on this machine');
const server = await startPostgres(programs, SETTINGS);
try {
  const on = machine();
  const result = { what: 'reports', machine: on, settings: SETTINGS, ...(await measure(server.url)) };
  if (values.save) writeResult(resultPath(values.short ? 'reports-short' : 'reports', on), result);
  else say(JSON.stringify(result, undefined, 2));
} finally {
  await server.stop();
}

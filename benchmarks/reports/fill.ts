// Fills a PostgreSQL ledger on the server's side with requests of a month, as a company's traffic might look; bodies are left empty.
import { sql } from 'kysely';
import { TASKS } from '../../src/core/profile.ts';
import { KEYS, monthAt, PARTITIONED, partitionOf, prepareMonths } from '../../src/ledger/partitions.ts';
import type { LedgerDatabase } from '../../src/ledger/schema.ts';

export const DAY_MS = 86_400_000;

export type Traffic = {
  readonly start: number;
  /** Numbers of the days that are written, from 0. */
  readonly days: readonly number[];
  readonly perDay: number;
};

/**
 * A request's number n, its time t, its id, and h: numbers of no pattern that are the same in every run (Knuth's multiplicative hash). 24 offers
 * of 12 models at 8 providers. Worked out once per row: `offset 0` keeps PostgreSQL from doing it in every column.
 */
const requests = ({ start, perDay }: Traffic, from: number, to: number) => sql`(
  select n, t, h, lpad(to_hex(t), 12, '0') || '-' || lpad(to_hex(n), 8, '0') as id,
    20000 + h % 100003 * (1 + h / 4001 % 40) as cost, 'author/model-' || h / 1009 % 12 as model,
    'provider-' || h / 2003 % 2 + h / 1009 % 4 * 2 as provider
  from (select n, ${start}::bigint + n * ${DAY_MS}::bigint / ${perDay}::bigint as t, n * 2654435761 % 4294967296 as h
    from generate_series(${from}::bigint, ${to}::bigint) n offset 0) as drawn offset 0) as r`;

const CALLED = sql.raw('request_id, at, offer, provider, model, recovered');
const OFFERED = sql.raw(`provider || ':' || model, provider, model, 0`);
/** After the first has failed: the same model at the provider beside it. */
const ELSEWHERE = sql.raw(`'provider-' || (h / 2003 + 1) % 2 + h / 1009 % 4 * 2 || ':' || model,
  'provider-' || (h / 2003 + 1) % 2 + h / 1009 % 4 * 2, model, 0`);

const insertions = (traffic: Traffic, from: number, to: number) => {
  const those = requests(traffic, from, to);
  const call = (
    attempt: number,
    offered: typeof OFFERED,
  ) => sql`insert into attempts (${CALLED}, attempt, result, cost, cost_status, body)
    select id, t, ${offered}, ${sql.lit(attempt)}, case when h % 50 = 7 then 'failed' else 'ok' end, cost,
      case when h % 40 = 3 then 'estimated' else 'exact' end, '' from ${those}`;
  return [
    sql`insert into decisions (request_id, at, policy, caller, task, band, reason, half_life_ms, offer, body)
      select id, t, 'policy-' || h / 7 % 12, 'key-' || h / 101 % 200, (array[${sql.join(TASKS.map((task) => sql.lit(task)))}])[1 + h / 17 % 9],
        'easy', case when h % 100 < 93 then 'objective' when h % 100 < 96 then 'explored' when h % 100 < 97 then 'holdout'
          when h % 100 < 99 then 'pinned' else 'probe' end, 1209600000, provider || ':' || model, '' from ${those}`,
    sql`insert into outcomes (${CALLED}, status, cost, baseline_cost, output_tokens, body)
      select id, t + 900, ${OFFERED}, case when h % 50 = 7 then 'failed' when h % 100 = 11 then 'cancelled' else 'ok' end,
        cost * case when h % 33 = 5 then 2 else 1 end, case when h % 50 = 1 then null else 4 * cost end, 300, '' from ${those}`,
    call(1, OFFERED),
    sql`${call(2, ELSEWHERE)} where h % 33 = 5`,
    sql`insert into feedback (request_id, source, score, at, body)
      select id, 'user', (h % 11) / 10.0, t + 60000, '' from ${those} where h % 20 = 9`,
  ];
};

/** Rows first and keys afterwards: a tenth of the time. */
const withoutKeys = async (db: LedgerDatabase): Promise<void> => {
  for (const table of PARTITIONED)
    await sql`alter table ${sql.table(table)} drop constraint if exists ${sql.ref(`${table}_pkey`)}`.execute(db);
  const { rows } = await sql<{ name: string }>`select c.relname as name from pg_class c
    where c.relkind = 'I' and c.relnamespace = current_schema()::regnamespace`.execute(db);
  for (const { name } of rows) await sql`drop index ${sql.table(name)}`.execute(db);
};

/** @returns how many requests were written: fewer than asked for where the time was up */
export const fill = async (db: LedgerDatabase, traffic: Traffic, until: () => boolean): Promise<number> => {
  const { start, days, perDay } = traffic;
  await prepareMonths(db, start);
  await withoutKeys(db);
  // Not written to the log of the server as well: what is measured is reading.
  for (const table of PARTITIONED)
    await sql`alter table ${sql.table(partitionOf(table, monthAt(start)))} set unlogged`.execute(db);
  let written = 0;
  for (const day of days) {
    if (until()) break;
    for (const statement of insertions(traffic, day * perDay, (day + 1) * perDay - 1)) await statement.execute(db);
    written += 1;
    process.stderr.write(`\rday ${written} of ${days.length}`);
  }
  process.stderr.write('\nkeys\n');
  for (const table of PARTITIONED) for (const statement of KEYS[table]) await sql.raw(statement).execute(db);
  for (const table of PARTITIONED) await sql`analyze ${sql.table(table)}`.execute(db);
  return written * perDay;
};

// PostgreSQL: what grows with requests lies in a table per month, so that a month can be dropped and an old one costs a new one nothing.
// Cut by request id, which begins with the request's time: every row of a request is in one month, however late it comes, and what must be
// there only once (a request's decision, a telling of feedback) is told apart by keys that hold the id anyway.
import { sql } from 'kysely';
import { firstIdAt } from '../core/request-id.ts';
import type { LedgerDatabase } from './schema.ts';

export const PARTITIONED = ['decisions', 'dispatches', 'outcomes', 'attempts', 'feedback'] as const;
type Partitioned = (typeof PARTITIONED)[number];

/** By table, in this order. Keys first: `insert … on conflict do nothing` goes by them. Names differ from those of the tables as they were before. */
export const KEYS: Readonly<Record<Partitioned, readonly string[]>> = {
  decisions: ['alter table decisions add primary key (request_id)', 'create index on decisions (at)'],
  dispatches: ['alter table dispatches add primary key (request_id, attempt)'],
  outcomes: ['alter table outcomes add primary key (request_id, recovered)', 'create index on outcomes (seq)'],
  attempts: [
    'alter table attempts add primary key (request_id, attempt, recovered)',
    'create index attempts_billed on attempts (offer, at) where billed is not null',
  ],
  feedback: [
    'create unique index feedback_telling on feedback (request_id, telling)',
    'create index feedback_request on feedback (request_id, source, seq)',
  ],
};

/** Numbers of their own, since a column that numbers itself cannot be cut into partitions on every version of PostgreSQL. */
const numbered = (table: 'outcomes' | 'feedback'): readonly string[] => [
  `create sequence ${table}_numbers owned by ${table}.seq`,
  `select setval('${table}_numbers', coalesce((select max(seq) from ${table}), 0) + 1, false)`,
  `alter table ${table} alter column seq set default nextval('${table}_numbers')`,
];

/** A month in UTC. */
export type Month = { readonly year: number /** 0..11 */; readonly month: number };

export const monthAt = (ms: number): Month => {
  const date = new Date(ms);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() };
};
export const startOf = ({ year, month }: Month): number => Date.UTC(year, month);
export const following = ({ year, month }: Month): Month => monthAt(Date.UTC(year, month + 1));
/** 2026-05 */
export const monthText = (month: Month): string => new Date(startOf(month)).toISOString().slice(0, 7);

export const partitionOf = (table: Partitioned, month: Month): string =>
  `${table}_${monthText(month).replace('-', '_')}`;

const boundsOf = (month: Month): { from: string; to: string } => ({
  from: firstIdAt(startOf(month)),
  to: firstIdAt(startOf(following(month))),
});

/** Ids that begin with a time: not those of the first versions, nor a test's. They are all of the years 2001 to 2039. */
const TIMED = '^0[01][0-9a-f]{10}-';
/** An id from which nobody can have a request: a broken clock must not make a hundred tables. */
const MOST_MONTHS = 120;

/** Months in which requests lie that are not cut into months yet. */
const monthsIn = async (db: LedgerDatabase, table: string): Promise<readonly Month[]> => {
  const { rows } = await sql<{ least: string | null; most: string | null }>`
    select min(request_id) as least, max(request_id) as most from ${sql.table(table)}
    where request_id ~ ${TIMED}`.execute(db);
  const [least, most] = [rows[0]?.least, rows[0]?.most];
  if (!least || !most) return [];
  const timeOf = (id: string): number => Number.parseInt(id.slice(0, 12), 16);
  const months: Month[] = [];
  for (let at = monthAt(timeOf(least)); startOf(at) <= timeOf(most); at = following(at)) months.push(at);
  return months.slice(-MOST_MONTHS);
};

/** From whole tables to tables cut into months, every row copied: the ids of the first versions have no time and stay in the rest. */
export const cutIntoMonths = async (db: LedgerDatabase): Promise<readonly string[]> => {
  const months = await monthsIn(db, 'decisions');
  return PARTITIONED.flatMap((table) => [
    `alter table ${table} rename to ${table}_whole`,
    // Bytes, in which digits come before letters: the order the months are cut by, whatever the database's language.
    `alter table ${table}_whole alter column request_id type text collate "C"`,
    `create table ${table} (like ${table}_whole including defaults) partition by range (request_id)`,
    `create table ${table}_rest partition of ${table} default`,
    ...months.map((month) => {
      const { from, to } = boundsOf(month);
      return `create table ${partitionOf(table, month)} partition of ${table} for values from ('${from}') to ('${to}')`;
    }),
    `insert into ${table} select * from ${table}_whole`,
    `drop table ${table}_whole`,
    ...KEYS[table],
    ...(table === 'outcomes' || table === 'feedback' ? numbered(table) : []),
  ]);
};

const exists = async (db: LedgerDatabase, table: string): Promise<boolean> => {
  const { rows } = await sql<{ there: boolean }>`select to_regclass(${table}) is not null as there`.execute(db);
  return rows[0]?.there ?? false;
};

/** What has come before its month was cut lies in the rest and moves. */
const addMonth = async (db: LedgerDatabase, table: Partitioned, month: Month): Promise<void> => {
  const [name, { from, to }] = [partitionOf(table, month), boundsOf(month)];
  if (await exists(db, name)) return;
  const [own, rest] = [sql.table(name), sql.table(`${table}_rest`)];
  await sql`create table ${own} (like ${sql.table(table)} including defaults)`.execute(db);
  await sql`lock table ${sql.table(table)} in access exclusive mode`.execute(db);
  await sql`with moved as (delete from ${rest} where request_id >= ${from} and request_id < ${to} returning *)
    insert into ${own} select * from moved`.execute(db);
  await sql`alter table ${sql.table(table)} attach partition ${own}
    for values from (${sql.lit(from)}) to (${sql.lit(to)})`.execute(db);
};

/** This month's tables and the next one's, in time. Costs a look where they are there. */
export const prepareMonths = async (db: LedgerDatabase, now: number): Promise<void> => {
  const months = [monthAt(now), following(monthAt(now))];
  const missing = await Promise.all(months.map(async (month) => !(await exists(db, partitionOf('feedback', month)))));
  if (!missing.includes(true)) return;
  await db.transaction().execute(async (change) => {
    await sql`select pg_advisory_xact_lock(hashtext(current_schema()), 0)`.execute(change);
    for (const month of months) for (const table of PARTITIONED) await addMonth(change, table, month);
  });
};

/** Months before this one that have tables, the oldest first. */
export const monthsBefore = async (db: LedgerDatabase, before: Month): Promise<readonly Month[]> => {
  const { rows } = await sql<{
    name: string;
  }>`select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = to_regclass('decisions') order by 1`.execute(db);
  return rows
    .flatMap(({ name }): Month[] => {
      const [, year, month] = /^decisions_(\d{4})_(\d{2})$/.exec(name) ?? [];
      return year !== undefined && month !== undefined ? [{ year: Number(year), month: Number(month) - 1 }] : [];
    })
    .filter((month) => startOf(month) < startOf(before));
};

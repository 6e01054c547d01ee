// PostgreSQL: sums by hour that are equal to the sums of the rows, to the nano-dollar and at every instant, whoever writes when.
//
// An hour is built from one snapshot. Who adds to a request of such an hour afterwards first takes the request's share out of the sums, by
// rows below zero, and names it in `rollup_late`; reports then read it itself. Building the hour anew takes both up again. It holds because
// 1. an hour is watched before it is built, and every write that did not know has ended by then (`watch`);
// 2. of all who add to a request only the first takes it out, and the others wait for it (the key of `rollup_late`);
// 3. building fails, and is done again, where somebody named a request meanwhile whose name it was about to take back (repeatable read).
import { type RawBuilder, sql } from 'kysely';
import type { Rows } from './rows.ts';
import type { LedgerDatabase } from './schema.ts';
import { ATTEMPT_FIGURES, REQUEST_FIGURES } from './spend.ts';
import { ATTEMPT_SUMS, AXES, axisColumn, endedRequests, madeCalls, requestSums } from './spend-sums.ts';

export const HOUR_MS = 3_600_000;

/** First and last, both included. */
export type Hours = { readonly first: number; readonly last: number };

type Sign = 1 | -1;
const REQUEST_SUMS = requestSums('postgres');
const HEAD = ['hour', 'axis', 'key', 'reason'] as const;

const hourColumn = sql<bigint>`(d.at / ${sql.lit(HOUR_MS)})`;

/** Every axis in one pass. In a grouping set the columns of the other axes are null, and no column of an axis ever is. */
const byEveryAxis = (of: 'o' | 'a') => {
  const columns = AXES.map((axis) => axisColumn(axis, of));
  const sets = columns.map((column) => sql`(${hourColumn}, d.reason, ${column})`);
  const named = AXES.map((axis) => sql`when grouping(${axisColumn(axis, of)}) = 0 then ${sql.lit(axis)}`);
  return {
    sets: sql`grouping sets (${sql.join(sets)})`,
    head: [
      hourColumn.as('hour'),
      sql`case ${sql.join(named, sql` `)} end`.as('axis'),
      sql`coalesce(${sql.join(columns)})`.as('key'),
      sql`d.reason`.as('reason'),
    ] as const,
  };
};

type Image = { readonly where: RawBuilder<boolean>; readonly sign: Sign };

const names = (of: readonly string[]): RawBuilder<unknown> => sql.join(of.map((name) => sql.ref(name)));
const nothing = (of: readonly string[]): RawBuilder<unknown> => sql.join(of.map(() => sql`0`));

/** What requests come to, by hour, axis, key and reason: added to the sums or taken out of them. */
const addImage = async (db: LedgerDatabase, { where, sign }: Image): Promise<void> => {
  const [answered, charged] = [byEveryAxis('o'), byEveryAxis('a')];
  const requests = endedRequests(db, where)
    .groupBy(answered.sets)
    .select([...answered.head, ...REQUEST_SUMS]);
  const attempts = madeCalls(db, where)
    .groupBy(charged.sets)
    .select([...charged.head, ...ATTEMPT_SUMS]);
  const figures = [...REQUEST_FIGURES, ...ATTEMPT_FIGURES];
  const summed = sql.join(figures.map((name) => sql`${sql.lit(sign)} * sum(${sql.ref(name)})`));
  await sql`insert into rollups (${names([...HEAD, ...figures])})
    select ${names(HEAD)}, ${summed} from (
      select ${names(HEAD)}, ${names(REQUEST_FIGURES)}, ${nothing(ATTEMPT_FIGURES)} from (${requests}) as answered
      union all
      select ${names(HEAD)}, ${nothing(REQUEST_FIGURES)}, ${names(ATTEMPT_FIGURES)} from (${attempts}) as charged
    ) as image (${names([...HEAD, ...figures])}) group by ${names(HEAD)}`.execute(db);
};

/** When a row's decision is told with it, when it was made; else null: the ledger may know. */
const touchedBy = (rows: Rows): ReadonlyMap<string, number | null> => {
  const touched = new Map<string, number | null>();
  for (const { request_id: id } of [...rows.outcomes, ...rows.attempts, ...rows.feedback]) touched.set(id, null);
  for (const { request_id: id, at } of rows.decisions) touched.set(id, at);
  return touched;
};

/**
 * Before rows are inserted, in the same transaction: requests of hours that are rolled up leave the sums. That it writes to `rollup_late`,
 * if only in name, is what makes `watch` wait for it. Sorted, so that two who name the same requests never wait for one another.
 */
export const leaveRollups = async (change: LedgerDatabase, rows: Rows): Promise<void> => {
  const touched = touchedBy(rows);
  if (touched.size === 0) return;
  const [ids, times] = [[...touched.keys()], [...touched.values()]];
  const { rows: named } = await sql<{ request_id: string; first: boolean }>`
    insert into rollup_late (request_id, hour)
    select t.request_id, h.hour
    from unnest(${ids}::text[], ${times}::bigint[]) as t(request_id, at)
    left join decisions d on d.request_id = t.request_id
    join rolled_hours h on h.hour = coalesce(d.at, t.at) / ${sql.lit(HOUR_MS)}
    order by 1
    on conflict (request_id) do update set hour = excluded.hour
    returning request_id, xmax = 0 as first`.execute(change);
  const leaving = named.filter(({ first }) => first).map((row) => row.request_id);
  if (leaving.length > 0) await addImage(change, { where: sql`d.request_id = any(${leaving})`, sign: -1 });
};

/** Every write that ends after this knows that the hours are watched: those under way are waited for, and the next ones wait for a moment. */
export const watch = (db: LedgerDatabase, { first, last }: Hours): Promise<void> =>
  db.transaction().execute(async (change) => {
    await sql`lock table rollup_late in share row exclusive mode`.execute(change);
    await sql`insert into rolled_hours (hour, state) select hour, 'watched' from generate_series(${first}::bigint, ${last}::bigint) hour
      on conflict (hour) do nothing`.execute(change);
  });

/** Sums of watched hours out of what is in the tables now. The first line is what two who build the same hour fail over, all but one. */
const build = async (change: LedgerDatabase, { first, last }: Hours): Promise<void> => {
  const within = (column: string) => sql<boolean>`${sql.ref(column)} between ${first}::bigint and ${last}::bigint`;
  await sql`update rolled_hours set state = 'built' where ${within('hour')}`.execute(change);
  await sql`delete from rollup_late where ${within('hour')}`.execute(change);
  await sql`delete from rollups where axis = any(${[...AXES]}) and ${within('hour')}`.execute(change);
  const [from, to] = [BigInt(first) * BigInt(HOUR_MS), BigInt(last + 1) * BigInt(HOUR_MS)];
  await addImage(change, { where: sql`(d.at >= ${from} and d.at < ${to})`, sign: 1 });
};

/** @throws 40001 where somebody added to one of the hours meanwhile: nothing is changed then, and what reports say is right all the same */
export const buildHours = (db: LedgerDatabase, hours: Hours): Promise<void> =>
  db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute((change) => build(change, hours));

/** For good: in the transaction in which their requests go. Nobody writes meanwhile. */
export const sealHours = async (change: LedgerDatabase, last: number): Promise<void> => {
  await sql`lock table rollup_late in share row exclusive mode`.execute(change);
  const late = await change
    .selectFrom('rollup_late as l')
    .innerJoin('rolled_hours as h', 'h.hour', 'l.hour')
    .where('h.state', '<>', 'sealed')
    .where('l.hour', '<=', BigInt(last))
    .select('l.hour')
    .distinct()
    .execute();
  for (const { hour } of late) await build(change, { first: Number(hour), last: Number(hour) });
  await sql`update rolled_hours set state = 'sealed' where hour <= ${last}::bigint`.execute(change);
};

// The sums every report of spend is made of: per key and reason of deciding, of requests that ended and of calls that were made.
import { type RawBuilder, sql } from 'kysely';
import type { Range, SpendKey } from '../core/ledger.ts';
import { rewardsOf } from './reward.ts';
import type { Engine, LedgerDatabase } from './schema.ts';

/** What a router told of a request wins over what a later opening made of its silence. */
const effectiveOutcome = sql<boolean>`(o.recovered = 0 or not exists
  (select 1 from outcomes told where told.request_id = o.request_id and told.recovered = 0))`;
export const effectiveAttempt = sql<boolean>`(a.recovered = 0 or not exists
  (select 1 from attempts told where told.request_id = a.request_id and told.attempt = a.attempt and told.recovered = 0))`;

/** Rewards are added up as whole billionths: like money, they come to the same in any order. */
export const REWARD_UNIT = 1e9;

/** PostgreSQL adds bigints up to a numeric, SQLite to null where there are none. */
const total = (of: RawBuilder<unknown>) => sql<bigint>`cast(coalesce(sum(${of}), 0) as bigint)`;
const counted = (when: RawBuilder<unknown>) => total(sql`case when ${when} then 1 else 0 end`);
const summed = (column: RawBuilder<unknown>, when: RawBuilder<unknown>) =>
  total(sql`case when ${when} then ${column} else 0 end`);

/** In squared nano-dollars: beyond 64 bits, so exact as PostgreSQL's numeric, and a float where SQLite has nothing larger. */
const squares = (engine: Engine) => {
  const cost = engine === 'postgres' ? sql`cast(o.cost as numeric)` : sql`cast(o.cost as double precision)`;
  return sql<string | number>`coalesce(sum(${cost} * ${cost}), 0)`;
};

export const requestSums = (engine: Engine) =>
  [
    counted(sql`true`).as('requests'),
    counted(sql`o.status = 'failed'`).as('failed'),
    counted(sql`o.status = 'cancelled'`).as('cancelled'),
    squares(engine).as('cost_squares'),
    total(sql`o.baseline_cost`).as('baseline_cost'),
    summed(sql`o.cost`, sql`o.baseline_cost is not null`).as('compared_cost'),
    counted(sql`o.baseline_cost is not null`).as('compared'),
    total(sql`cast(round(r.reward * ${sql.lit(REWARD_UNIT)}) as bigint)`).as('reward'),
    counted(sql`r.reward is not null`).as('judged'),
  ] as const;

export const ATTEMPT_SUMS = [
  counted(sql`true`).as('attempts'),
  summed(sql`a.cost`, sql`a.cost_status <> 'ambiguous'`).as('cost'),
  summed(sql`a.cost`, sql`a.cost_status = 'estimated'`).as('estimated_cost'),
  summed(sql`a.cost`, sql`a.cost_status = 'ambiguous'`).as('ambiguous_cost'),
  counted(sql`a.cost_status = 'ambiguous'`).as('ambiguous'),
] as const;

/**
 * A request stands under the offer that answered; `r.reward` is what those who judged the answer came to.
 * @param where which requests, of `decisions as d`
 */
export const endedRequests = (db: LedgerDatabase, where: RawBuilder<boolean>) => {
  // Named again: else all feedback there is would be added up for the few requests that are asked for.
  const judged = db.selectFrom('decisions as d').where(where).select('d.request_id');
  return db
    .selectFrom('decisions as d')
    .innerJoin('outcomes as o', 'o.request_id', 'd.request_id')
    .leftJoin(rewardsOf(db).where('said.request_id', 'in', judged).as('r'), 'r.request_id', 'd.request_id')
    .where(effectiveOutcome)
    .where(where);
};

/** Money stands under the offer that charged it. */
export const madeCalls = (db: LedgerDatabase, where: RawBuilder<boolean>) =>
  db
    .selectFrom('decisions as d')
    .innerJoin('attempts as a', 'a.request_id', 'd.request_id')
    .where(effectiveAttempt)
    .where(where);

/** What rows can be asked by; `day` is cut out of the time. */
export const AXES = ['policy', 'caller', 'task', 'model', 'provider', 'offer'] as const satisfies readonly SpendKey[];
export type Axis = (typeof AXES)[number];

const DECIDED = new Set<Axis>(['policy', 'caller', 'task']);
/** @param of the table that names the offer: outcomes `o` or attempts `a` */
export const axisColumn = (axis: Axis, of: 'o' | 'a'): RawBuilder<string> =>
  sql<string>`${sql.ref(`${DECIDED.has(axis) ? 'd' : of}.${axis}`)}`;

const DAY_MS = 86_400_000;
/** Both are whole numbers, and so is their quotient. */
export const keyColumn = (by: SpendKey, of: 'o' | 'a'): RawBuilder<string | bigint> =>
  by === 'day' ? sql<bigint>`d.at / ${sql.lit(DAY_MS)}` : axisColumn(by, of);

/** 2026-11-24 of the days since 1970, any other key as it is. */
export const keyText = (key: string | bigint, by: SpendKey): string =>
  by === 'day' ? new Date(Number(key) * DAY_MS).toISOString().slice(0, 10) : String(key);

/** The last instant a Date knows: an open range ends there. */
const LAST_MS = 8.64e15;
export const instant = (ms: number): bigint => BigInt(Math.trunc(Math.min(Math.max(ms, -LAST_MS), LAST_MS)));

/** Which requests: those decided in one of the stretches (half-open, epoch ms). */
export const decidedIn = (stretches: readonly Pick<Range, 'from' | 'to'>[]): RawBuilder<boolean> =>
  sql<boolean>`(${sql.join(
    stretches.map(({ from, to }) => sql`(d.at >= ${instant(from)} and d.at < ${instant(to)})`),
    sql` or `,
  )})`;

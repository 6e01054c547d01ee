// What was spent and on what: requests counted under the offer that answered, money under the offer that charged it.
import { type RawBuilder, sql } from 'kysely';
import type { Reason } from '../core/decision.ts';
import type { Range, SpendKey, SpendRow } from '../core/ledger.ts';
import { nanoUsd } from '../core/money.ts';
import { wholeOf } from './read.ts';
import { rewardsOf } from './reward.ts';
import type { LedgerDatabase } from './schema.ts';

const DAY_MS = 86_400_000;
/** Answers nobody: money, but no request. */
const PROBE: Reason = 'probe';

/** What a router told of a request wins over what a later opening made of its silence. */
const effectiveOutcome = sql<boolean>`(o.recovered = 0 or not exists
  (select 1 from outcomes told where told.request_id = o.request_id and told.recovered = 0))`;
const effectiveAttempt = sql<boolean>`(a.recovered = 0 or not exists
  (select 1 from attempts told where told.request_id = a.request_id and told.attempt = a.attempt and told.recovered = 0))`;

/** Both divisions are of whole numbers and therefore whole. */
const utcDay = sql<string | bigint>`d.at / ${sql.lit(DAY_MS)}`;

type Keys = Readonly<Record<SpendKey, RawBuilder<string | bigint>>>;
const DECIDED = {
  policy: sql<string>`d.policy`,
  caller: sql<string>`d.caller`,
  task: sql<string>`d.task`,
  day: utcDay,
};
const REQUEST_KEY: Keys = {
  ...DECIDED,
  model: sql<string>`o.model`,
  provider: sql<string>`o.provider`,
  offer: sql<string>`o.offer`,
};
const ATTEMPT_KEY: Keys = {
  ...DECIDED,
  model: sql<string>`a.model`,
  provider: sql<string>`a.provider`,
  offer: sql<string>`a.offer`,
};

/** PostgreSQL adds bigints up to a numeric, SQLite to null where there are none. */
const total = (of: RawBuilder<unknown>) => sql<bigint>`cast(coalesce(sum(${of}), 0) as bigint)`;
const counted = (when: RawBuilder<unknown>) => total(sql`case when ${when} then 1 else 0 end`);
const summed = (column: RawBuilder<unknown>, when: RawBuilder<unknown>) =>
  total(sql`case when ${when} then ${column} else 0 end`);

const dollars = sql`(cast(o.cost as double precision) / 1e9)`;

/** The last instant a Date knows: an open range ends there. */
const LAST_MS = 8.64e15;
export const instant = (ms: number): bigint => BigInt(Math.trunc(Math.min(Math.max(ms, -LAST_MS), LAST_MS)));

const requestsBy = (db: LedgerDatabase, { from, to, reason }: Range, by: SpendKey) =>
  db
    .selectFrom('decisions as d')
    .innerJoin('outcomes as o', 'o.request_id', 'd.request_id')
    .leftJoin(rewardsOf(db).as('r'), 'r.request_id', 'd.request_id')
    .where('d.at', '>=', instant(from))
    .where('d.at', '<', instant(to))
    .$if(reason !== undefined, (query) => query.where('d.reason', '=', reason ?? ''))
    .$if(reason === undefined, (query) => query.where('d.reason', '<>', PROBE))
    .where(effectiveOutcome)
    .groupBy(REQUEST_KEY[by])
    .select([
      REQUEST_KEY[by].as('key'),
      counted(sql`true`).as('requests'),
      counted(sql`o.status = 'failed'`).as('failed'),
      counted(sql`o.status = 'cancelled'`).as('cancelled'),
      sql<number | string>`coalesce(sum(${dollars} * ${dollars}), 0)`.as('cost_squares'),
      total(sql`o.baseline_cost`).as('baseline_cost'),
      summed(sql`o.cost`, sql`o.baseline_cost is not null`).as('compared_cost'),
      counted(sql`o.baseline_cost is not null`).as('compared'),
      sql<number | null>`avg(r.reward)`.as('quality'),
      counted(sql`r.reward is not null`).as('judged'),
    ])
    .execute();

const attemptsBy = (db: LedgerDatabase, { from, to, reason }: Range, by: SpendKey) =>
  db
    .selectFrom('decisions as d')
    .innerJoin('attempts as a', 'a.request_id', 'd.request_id')
    .where('d.at', '>=', instant(from))
    .where('d.at', '<', instant(to))
    .$if(reason !== undefined, (query) => query.where('d.reason', '=', reason ?? ''))
    .where(effectiveAttempt)
    .groupBy(ATTEMPT_KEY[by])
    .select([
      ATTEMPT_KEY[by].as('key'),
      counted(sql`true`).as('attempts'),
      summed(sql`a.cost`, sql`a.cost_status <> 'ambiguous'`).as('cost'),
      summed(sql`a.cost`, sql`d.reason = ${sql.lit(PROBE)} and a.cost_status <> 'ambiguous'`).as('overhead_cost'),
      summed(sql`a.cost`, sql`a.cost_status = 'estimated'`).as('estimated_cost'),
      summed(sql`a.cost`, sql`a.cost_status = 'ambiguous'`).as('ambiguous_cost'),
      counted(sql`a.cost_status = 'ambiguous'`).as('ambiguous'),
    ])
    .execute();

type RequestSums = Awaited<ReturnType<typeof requestsBy>>[number];
type AttemptSums = Awaited<ReturnType<typeof attemptsBy>>[number];

const keyText = (key: string | bigint, by: SpendKey): string =>
  by === 'day' ? new Date(Number(key) * DAY_MS).toISOString().slice(0, 10) : String(key);

const amount = (value: bigint | undefined) => nanoUsd(wholeOf(value));

const rowOf = (key: string, requests?: RequestSums, attempts?: AttemptSums): SpendRow => ({
  key,
  requests: wholeOf(requests?.requests),
  failed: wholeOf(requests?.failed),
  cancelled: wholeOf(requests?.cancelled),
  attempts: wholeOf(attempts?.attempts),
  cost: amount(attempts?.cost),
  costSquares: Number(requests?.cost_squares ?? 0),
  overheadCost: amount(attempts?.overhead_cost),
  estimatedCost: amount(attempts?.estimated_cost),
  ambiguousCost: amount(attempts?.ambiguous_cost),
  ambiguous: wholeOf(attempts?.ambiguous),
  baselineCost: amount(requests?.baseline_cost),
  comparedCost: amount(requests?.compared_cost),
  compared: wholeOf(requests?.compared),
  ...(typeof requests?.quality === 'number' && { quality: requests.quality }),
  judged: wholeOf(requests?.judged),
});

/** Rows of a range of decision times, dearest first, days in their order. Only requests that have ended are in it. */
export const readSpend = async (db: LedgerDatabase, range: Range, by: SpendKey): Promise<SpendRow[]> => {
  const requests = new Map((await requestsBy(db, range, by)).map((row) => [keyText(row.key, by), row]));
  const attempts = new Map((await attemptsBy(db, range, by)).map((row) => [keyText(row.key, by), row]));
  const keys = [...new Set([...requests.keys(), ...attempts.keys()])];
  const rows = keys.map((key) => rowOf(key, requests.get(key), attempts.get(key)));
  return by === 'day' ? rows.sort((a, b) => (a.key < b.key ? -1 : 1)) : rows.sort((a, b) => b.cost - a.cost);
};

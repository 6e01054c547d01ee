// What each replica has spent, by the number of its opening: what shared counters are restored from when their store has lost them.
import { sql } from 'kysely';
import { OVERHEAD } from '../core/decision.ts';
import { type NanoUsd, nanoUsd } from '../core/money.ts';
import { firstIdAt } from '../core/request-id.ts';
import { wholeOf } from './read.ts';
import type { LedgerDatabase } from './schema.ts';
import { decidedIn, effectiveAttempt } from './spend-sums.ts';

/** Whose budgets there are. */
export type Payer = 'policy' | 'caller' | 'provider';

export type WriterSpend = { readonly writer: string; readonly key: string; readonly cost: NanoUsd };

/** A request is named a moment before it is decided. */
const SKEW_MS = 3_600_000;

const KEYS = {
  policy: sql<string>`d.policy`,
  caller: sql<string>`d.caller`,
  provider: sql<string>`split_part(n.offer, ':', 1)`,
} as const;

/** Asked for in one go: a month of a large fleet takes minutes, and no question may. */
const DAY_MS = 86_400_000;

type Day = { readonly from: number; readonly to: number };

/** Names begin with the time. PostgreSQL does not conclude from one table's names to another's: each is told, or all of a month is looked through. */
const namedIn = (table: 'd' | 'n' | 'a', { from, to }: Day) => {
  const name = sql.ref(`${table}.request_id`);
  return sql<boolean>`(${name} >= ${firstIdAt(Math.max(0, from - SKEW_MS))} and ${name} < ${firstIdAt(to + SKEW_MS)})`;
};

const readDay = (db: LedgerDatabase, by: Payer, day: Day) =>
  db
    .selectFrom('decisions as d')
    .innerJoin('dispatches as n', 'n.request_id', 'd.request_id')
    .leftJoin('attempts as a', (join) =>
      join
        .onRef('a.request_id', '=', 'n.request_id')
        .onRef('a.attempt', '=', 'n.attempt')
        .on(effectiveAttempt)
        .on(namedIn('a', day)),
    )
    .where(decidedIn([day]))
    .where(namedIn('d', day))
    .where(namedIn('n', day))
    // Calls that answer nobody stand under no caller's cap, but they do cost the provider's.
    .$if(by !== 'provider', (query) => query.where('d.reason', 'not in', [...OVERHEAD]))
    .groupBy(['n.writer', KEYS[by]])
    .select(['n.writer', KEYS[by].as('key'), sql<bigint>`cast(sum(coalesce(a.cost, n.reserved)) as bigint)`.as('cost')])
    .execute();

/** PostgreSQL only. Of requests decided since then, ended or not: what may have been billed counts at the most it can have cost. */
export const readWriterSpend = async (db: LedgerDatabase, by: Payer, from: number): Promise<readonly WriterSpend[]> => {
  const newest = await db.selectFrom('decisions').select(sql<bigint | null>`max(at)`.as('at')).executeTakeFirst();
  const sums = new Map<string, { readonly writer: string; readonly key: string; cost: bigint }>();
  for (let day = from; day <= wholeOf(newest?.at); day += DAY_MS)
    for (const { writer, key, cost } of await readDay(db, by, { from: day, to: day + DAY_MS })) {
      const sum = sums.get(`${writer} ${key}`) ?? { writer: String(writer), key, cost: 0n };
      sum.cost += cost;
      sums.set(`${writer} ${key}`, sum);
    }
  return [...sums.values()].map(({ writer, key, cost }) => ({ writer, key, cost: nanoUsd(wholeOf(cost)) }));
};

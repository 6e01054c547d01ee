// What each replica has spent, by the number of its opening: what shared counters are restored from when their store has lost them.
import { sql } from 'kysely';
import { OVERHEAD } from '../core/decision.ts';
import { type NanoUsd, nanoUsd } from '../core/money.ts';
import { firstIdAt } from '../core/request-id.ts';
import { wholeOf } from './read.ts';
import type { LedgerDatabase } from './schema.ts';
import { effectiveAttempt, instant } from './spend-sums.ts';

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

/** PostgreSQL only. Of requests decided since then, ended or not: what may have been billed counts at the most it can have cost. */
export const readWriterSpend = async (db: LedgerDatabase, by: Payer, from: number): Promise<readonly WriterSpend[]> => {
  const rows = await db
    .selectFrom('decisions as d')
    .innerJoin('dispatches as n', 'n.request_id', 'd.request_id')
    .leftJoin('attempts as a', (join) =>
      join.onRef('a.request_id', '=', 'n.request_id').onRef('a.attempt', '=', 'n.attempt').on(effectiveAttempt),
    )
    .where('d.at', '>=', instant(from))
    // Names begin with the time: this says the same, and bounds what is looked through.
    .where('d.request_id', '>=', firstIdAt(Math.max(0, from - SKEW_MS)))
    // Calls that answer nobody stand under no caller's cap, but they do cost the provider's.
    .$if(by !== 'provider', (query) => query.where('d.reason', 'not in', [...OVERHEAD]))
    .groupBy(['n.writer', KEYS[by]])
    .select(['n.writer', KEYS[by].as('key'), sql<bigint>`cast(sum(coalesce(a.cost, n.reserved)) as bigint)`.as('cost')])
    .execute();
  return rows.map(({ writer, key, cost }) => ({ writer: String(writer), key, cost: nanoUsd(wholeOf(cost)) }));
};

// PostgreSQL: months of requests that are no longer wanted go, all their rows at once; what they came to stays in the sums by hour.
import { sql } from 'kysely';
import { RouterError } from '../core/errors.ts';
import { type Month, monthsBefore, PARTITIONED, partitionOf, startOf } from './partitions.ts';
import { LEDGER_SCHEMA, openPool } from './postgres-pool.ts';
import { HOUR_MS, sealHours } from './rollup.ts';
import { rollUp } from './rollup-keeper.ts';
import { checkVersion } from './migrate.ts';
import type { LedgerDatabase } from './schema.ts';

const DROP_MS = 3_600_000;

/** A request named in the last instant of a month may have been decided in the next: the sums of that hour are kept as they are as well. */
const boundaryHour = (before: Month): number => startOf(before) / HOUR_MS;

const unbuilt = async (db: LedgerDatabase, hour: number): Promise<bigint> => {
  const { rows } = await sql<{ count: bigint }>`select count(*) as count from (
    select distinct at / ${sql.lit(HOUR_MS)} as hour from decisions where at < ${(hour + 1) * HOUR_MS}::bigint) d
    where not exists (select 1 from rolled_hours r where r.hour = d.hour and r.state <> 'watched')`.execute(db);
  return rows[0]?.count ?? 0n;
};

type Drop = { readonly url: string; readonly schema?: string; readonly before: Month; readonly now: number };

/**
 * Takes what there is of months before this one out of the ledger. Requests whose id has no time in it stay.
 * @returns the tables that went
 * @throws RouterError invalid_request: hours before it are not rolled up, so their sums would be lost with them
 */
export const dropMonths = async ({ url, schema = LEDGER_SCHEMA, before, now }: Drop): Promise<readonly string[]> => {
  const db = openPool({ url, schema, max: 1, queryMs: DROP_MS });
  try {
    await checkVersion(db);
    await rollUp(db, { now });
    const left = await unbuilt(db, boundaryHour(before));
    if (left > 0n)
      throw new RouterError('invalid_request', `${left} hours before that are not rolled up; nothing was dropped.`);
    const months = await monthsBefore(db, before);
    return await db.transaction().execute(async (change) => {
      await sealHours(change, boundaryHour(before));
      const tables = months.flatMap((month) => PARTITIONED.map((table) => partitionOf(table, month)));
      for (const table of tables) await sql`drop table ${sql.table(table)}`.execute(change);
      return tables;
    });
  } finally {
    await db.destroy();
  }
};

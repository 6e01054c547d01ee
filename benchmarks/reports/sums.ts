// Sums by hour for the benchmark of reports: built for the days that have requests, and copied to days that have none.
import { sql } from 'kysely';
import { buildHours, HOUR_MS, watch } from '../../src/ledger/rollup.ts';
import type { LedgerDatabase } from '../../src/ledger/schema.ts';
import { FIGURES } from '../../src/ledger/spend.ts';
import { DAY_MS } from './fill.ts';

export const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await work();
  return Number(((performance.now() - from) / 1000).toFixed(3));
};

/** The instant days are counted from, and their numbers. */
type Days = { readonly start: number; readonly days: readonly number[] };

/** What sums are of, their hour aside. */
const HEAD = ['axis', 'key', 'reason'] as const;
const DAY_HOURS = DAY_MS / HOUR_MS;

/** Hour by hour. @returns seconds of each */
export const rollUpDays = async (db: LedgerDatabase, { start, days }: Days): Promise<readonly number[]> => {
  const taken: number[] = [];
  for (const day of days) {
    const first = (start + day * DAY_MS) / HOUR_MS;
    for (let hour = first; hour < first + DAY_HOURS; hour++)
      taken.push(
        await seconds(async () => {
          await watch(db, { first: hour, last: hour });
          await buildHours(db, { first: hour, last: hour });
        }),
      );
  }
  return taken;
};

/** The first day's sums once more for every other day. */
export const copySums = async (db: LedgerDatabase, { start, days }: Days): Promise<void> => {
  const first = start / HOUR_MS;
  const columns = sql.join([...HEAD, ...FIGURES].map((name) => sql.ref(name)));
  for (const day of days) {
    const within = sql`from rollups where hour >= ${first} and hour < ${first + DAY_HOURS}`;
    await sql`insert into rollups (hour, ${columns}) select hour + ${day * DAY_HOURS}::bigint, ${columns} ${within}`.execute(
      db,
    );
    await sql`insert into rolled_hours select ${first + day * DAY_HOURS}::bigint + n, 'built' from generate_series(0, ${DAY_HOURS - 1}) n`.execute(
      db,
    );
  }
};

// PostgreSQL: whether sums by hour are those of the rows, looked at for some hours spread over all that are kept.
import { sql } from 'kysely';
import type { SpendKey } from '../core/ledger.ts';
import type { Problem } from './check-request.ts';
import { HOUR_MS } from './rollup.ts';
import { inOneView, rolledSpend } from './rollup-read.ts';
import type { LedgerDatabase } from './schema.ts';
import { readSpend } from './spend.ts';
import { AXES } from './spend-sums.ts';

/** As many as a day has, whatever the length of the ledger. */
const HOURS = 24;

const sampled = async (db: LedgerDatabase): Promise<readonly number[]> => {
  const { rows } = await sql<{ hour: bigint }>`
    select min(hour) as hour from (select hour, ntile(${sql.lit(HOURS)}) over (order by hour) as part from rolled_hours where state = 'built') h
    group by part order by 1`.execute(db);
  return rows.map(({ hour }) => Number(hour));
};

const anew = (hour: number): string =>
  `"update rolled_hours set state = 'watched' where hour = ${hour}": a running server builds it anew within a minute; then verify again`;

const checkHour = async (db: LedgerDatabase, hour: number, by: SpendKey): Promise<Problem[]> => {
  const range = { from: hour * HOUR_MS, to: (hour + 1) * HOUR_MS };
  const [rolled, raw] = await inOneView(db, async (view) => [
    await rolledSpend(view, range, by),
    await readSpend(view, range, by, 'postgres'),
  ]);
  const [ours, theirs] = [rolled, raw].map(
    (rows) => new Map((rows ?? []).map((row) => [row.key, JSON.stringify(row)])),
  );
  const keys = new Set([...(ours?.keys() ?? []), ...(theirs?.keys() ?? [])]);
  return [...keys]
    .filter((key) => ours?.get(key) !== theirs?.get(key))
    .map((key) => ({
      table: 'rollups',
      row: `${new Date(range.from).toISOString()} ${by} ${key}`,
      what: `sums say ${ours?.get(key) ?? 'nothing'}, the rows make ${theirs?.get(key) ?? 'nothing'}`,
      remedy: anew(hour),
    }));
};

/** Of the hours whose requests may have been dropped the last ends then, epoch ms: what they came to can be held against nothing. */
const sealedUntil = async (db: LedgerDatabase): Promise<number | undefined> => {
  const row = await db
    .selectFrom('rolled_hours')
    .where('state', '=', 'sealed')
    .select(sql<bigint | null>`max(hour)`.as('last'))
    .executeTakeFirst();
  return row?.last === null || row?.last === undefined ? undefined : (Number(row.last) + 1) * HOUR_MS;
};

export const checkRollups = async (db: LedgerDatabase) => {
  const problems: Problem[] = [];
  const hours = await sampled(db);
  for (const hour of hours) for (const by of AXES) problems.push(...(await checkHour(db, hour, by)));
  const until = await sealedUntil(db);
  return { problems, looked: hours.length, ...(until !== undefined && { sealedUntil: until }) };
};

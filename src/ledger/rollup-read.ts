// PostgreSQL: reports of spend out of the sums by hour, and out of the requests themselves where there are none.
import { type RawBuilder, sql } from 'kysely';
import type { Range, SpendKey, SpendRow } from '../core/ledger.ts';
import { HOUR_MS, type Hours } from './rollup.ts';
import type { LedgerDatabase } from './schema.ts';
import { FIGURES, readSums, spendOf, type SumRow } from './spend.ts';
import { decidedIn, instant } from './spend-sums.ts';

type Stretch = Pick<Range, 'from' | 'to'>;

/** Beyond it a question would be too long; the longest stretches of hours are taken, and the rest is read request by request. */
const MOST_STRETCHES = 50;

const consecutive = (hours: readonly number[]): Hours[] => {
  const found: Hours[] = [];
  for (const hour of hours) {
    const last = found.at(-1);
    if (last && last.last + 1 === hour) found[found.length - 1] = { first: last.first, last: hour };
    else found.push({ first: hour, last: hour });
  }
  return found;
};

/** Hours that lie in the range as a whole and have sums. */
const rolledIn = async (db: LedgerDatabase, range: Range): Promise<readonly Hours[]> => {
  const rows = await db
    .selectFrom('rolled_hours')
    .select('hour')
    .where('state', 'in', ['built', 'sealed'])
    .where(sql<boolean>`hour * ${sql.lit(HOUR_MS)} >= ${instant(range.from)}`)
    .where(sql<boolean>`(hour + 1) * ${sql.lit(HOUR_MS)} <= ${instant(range.to)}`)
    .orderBy('hour')
    .execute();
  const all = consecutive(rows.map(({ hour }) => Number(hour)));
  if (all.length <= MOST_STRETCHES) return all;
  const longest = all.toSorted((a, b) => b.last - b.first - (a.last - a.first)).slice(0, MOST_STRETCHES);
  return longest.sort((a, b) => a.first - b.first);
};

/** What of the range the hours leave over. */
const leftOver = ({ from, to }: Range, rolled: readonly Hours[]): readonly Stretch[] => {
  const starts = [from, ...rolled.map(({ last }) => (last + 1) * HOUR_MS)];
  const ends = [...rolled.map(({ first }) => first * HOUR_MS), to];
  return starts.map((start, index) => ({ from: start, to: ends[index] ?? to })).filter((each) => each.from < each.to);
};

const inHours = (column: RawBuilder<unknown>, rolled: readonly Hours[]): RawBuilder<boolean> =>
  sql<boolean>`(${sql.join(
    rolled.map(({ first, last }) => sql`${column} between ${first}::bigint and ${last}::bigint`),
    sql` or `,
  )})`;

type Question = { readonly by: SpendKey; readonly reason: string | undefined };

const rolledSums = (db: LedgerDatabase, rolled: readonly Hours[], { by, reason }: Question) => {
  // Every axis adds up to the same by day.
  const key: RawBuilder<string | bigint> = by === 'day' ? sql<bigint>`hour / 24` : sql<string>`key`;
  return db
    .selectFrom('rollups')
    .where('axis', '=', by === 'day' ? 'policy' : by)
    .where(inHours(sql.ref('hour'), rolled))
    .$if(reason !== undefined, (query) => query.where('reason', '=', reason ?? ''))
    .groupBy([key, 'reason'])
    .select([key.as('key'), 'reason'])
    .select(FIGURES.map((figure) => sql<string>`sum(${sql.ref(figure)})`.as(figure)))
    .execute();
};

/** @param view what is seen does not change meanwhile (repeatable read): hours are built and requests leave them at any time */
export const rolledSpend = async (view: LedgerDatabase, range: Range, by: SpendKey): Promise<SpendRow[]> => {
  const question: Question = { by, reason: range.reason };
  const rolled = await rolledIn(view, range);
  const rows: SumRow[] = [];
  const addRequests = async (where: RawBuilder<boolean>): Promise<void> =>
    void rows.push(...(await readSums(view, { ...question, engine: 'postgres', where })));
  const left = leftOver(range, rolled);
  if (left.length > 0) await addRequests(decidedIn(left));
  if (rolled.length > 0) {
    rows.push(...(await rolledSums(view, rolled, question)));
    const late = sql`select request_id from rollup_late where ${inHours(sql.ref('hour'), rolled)}`;
    await addRequests(sql<boolean>`d.request_id = any(array(${late}))`);
  }
  return spendOf(rows, by, range);
};

/** In one view of the database: no request is counted twice or not at all. */
export const inOneView = <T>(db: LedgerDatabase, look: (view: LedgerDatabase) => Promise<T>): Promise<T> =>
  db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(look);

export const readRolledSpend = (db: LedgerDatabase, range: Range, by: SpendKey): Promise<SpendRow[]> =>
  inOneView(db, (view) => rolledSpend(view, range, by));

// What was spent and on what: requests counted under the offer that answered, money under the offer that charged it.
import type { RawBuilder } from 'kysely';
import { OVERHEAD } from '../core/decision.ts';
import type { Range, SpendKey, SpendRow } from '../core/ledger.ts';
import { nanoUsd } from '../core/money.ts';
import { wholeOf } from './read.ts';
import type { Engine, LedgerDatabase } from './schema.ts';
import {
  ATTEMPT_SUMS,
  decidedIn,
  endedRequests,
  keyColumn,
  keyText,
  madeCalls,
  requestSums,
  REWARD_UNIT,
} from './spend-sums.ts';

export const REQUEST_FIGURES = [
  'requests',
  'failed',
  'cancelled',
  'cost_squares',
  'baseline_cost',
  'compared_cost',
  'compared',
  'reward',
  'judged',
] as const;
export const ATTEMPT_FIGURES = ['attempts', 'cost', 'estimated_cost', 'ambiguous_cost', 'ambiguous'] as const;
export const FIGURES = [...REQUEST_FIGURES, ...ATTEMPT_FIGURES] as const;

type Figure = (typeof FIGURES)[number];
/** Of one key and one reason of deciding; what a row does not have is nothing. PostgreSQL's numeric comes as text, SQLite's as a float without a fraction. */
export type SumRow = { readonly key: string | bigint; readonly reason: string } & {
  readonly [F in Figure]?: bigint | number | string;
};

type Sums = Record<Figure | 'overhead_cost', bigint>;

/** Calls that answer nobody are money and no request, unless they are what is asked for. */
const isOverhead = (reason: string): boolean => OVERHEAD.some((each) => each === reason);

const NOTHING: Readonly<Sums> = Object.fromEntries([...FIGURES, 'overhead_cost'].map((figure) => [figure, 0n])) as Sums;

const add = (sums: Sums, row: SumRow, asked: boolean): void => {
  const overhead = isOverhead(row.reason);
  if (asked || !overhead) for (const figure of REQUEST_FIGURES) sums[figure] += BigInt(row[figure] ?? 0);
  for (const figure of ATTEMPT_FIGURES) sums[figure] += BigInt(row[figure] ?? 0);
  if (overhead) sums.overhead_cost += BigInt(row.cost ?? 0);
};

const rowOf = (key: string, sums: Sums): SpendRow => {
  const count = (figure: keyof Sums): number => wholeOf(sums[figure]);
  const amount = (figure: keyof Sums) => nanoUsd(count(figure));
  const judged = count('judged');
  return {
    key,
    requests: count('requests'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    attempts: count('attempts'),
    cost: amount('cost'),
    costSquares: Number(sums.cost_squares) / 1e18,
    overheadCost: amount('overhead_cost'),
    estimatedCost: amount('estimated_cost'),
    ambiguousCost: amount('ambiguous_cost'),
    ambiguous: count('ambiguous'),
    baselineCost: amount('baseline_cost'),
    comparedCost: amount('compared_cost'),
    compared: count('compared'),
    ...(judged > 0 && { quality: Number(sums.reward) / REWARD_UNIT / judged }),
    judged,
  };
};

const isSomething = ({ requests, attempts }: Sums): boolean => requests !== 0n || attempts !== 0n;

const sumsOf = (rows: readonly SumRow[], asked: boolean): Sums => {
  const sums = { ...NOTHING };
  for (const row of rows) add(sums, row, asked);
  return sums;
};

/** Of some reasons alone, where there is anything. Asked for, so that rows of overhead are requests as well. */
const partsOf = (
  key: string,
  rows: readonly SumRow[],
  reasons: readonly string[],
): Readonly<Record<string, SpendRow>> =>
  Object.fromEntries(
    reasons.flatMap((reason) => {
      const sums = sumsOf(
        rows.filter((row) => row.reason === reason),
        true,
      );
      return isSomething(sums) ? [[reason, rowOf(key, sums)]] : [];
    }),
  );

/** Dearest first, days in their order. */
export const spendOf = (
  rows: readonly SumRow[],
  by: SpendKey,
  { reason, parts }: Omit<Range, 'from' | 'to'>,
): SpendRow[] => {
  const spent = [...Map.groupBy(rows, (row) => keyText(row.key, by))].flatMap(([key, own]) => {
    const sums = sumsOf(own, reason !== undefined);
    if (!isSomething(sums)) return [];
    return [{ ...rowOf(key, sums), ...(parts && { parts: partsOf(key, own, parts) }) }];
  });
  return by === 'day' ? spent.sort((a, b) => (a.key < b.key ? -1 : 1)) : spent.sort((a, b) => b.cost - a.cost);
};

export type SumQuestion = {
  readonly engine: Engine;
  /** Which requests, of `decisions as d`. */
  readonly where: RawBuilder<boolean>;
  readonly reason: string | undefined;
  readonly by: SpendKey;
};

/** Added up from the rows of the requests themselves. Only requests that have ended are in it. */
export const readSums = async (
  db: LedgerDatabase,
  { engine, where, reason, by }: SumQuestion,
): Promise<readonly SumRow[]> => {
  const [answered, charged] = [keyColumn(by, 'o'), keyColumn(by, 'a')];
  const requests = await endedRequests(db, where)
    .$if(reason !== undefined, (query) => query.where('d.reason', '=', reason ?? ''))
    .groupBy([answered, 'd.reason'])
    .select([answered.as('key'), 'd.reason', ...requestSums(engine)])
    .execute();
  const attempts = await madeCalls(db, where)
    .$if(reason !== undefined, (query) => query.where('d.reason', '=', reason ?? ''))
    .groupBy([charged, 'd.reason'])
    .select([charged.as('key'), 'd.reason', ...ATTEMPT_SUMS])
    .execute();
  return [...requests, ...attempts];
};

/** Rows of a range of decision times. @param engine absent: SQLite, which has no rollups */
export const readSpend = async (
  db: LedgerDatabase,
  range: Range,
  by: SpendKey,
  engine: Engine = 'sqlite',
): Promise<SpendRow[]> => {
  const { reason } = range;
  return spendOf(await readSums(db, { engine, where: decidedIn([range]), reason, by }), by, range);
};

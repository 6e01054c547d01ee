// Whole requests, page by page and oldest first, as their rows stand: for those who go through all of them.
import type { Selectable } from 'kysely';
import type { Range } from '../core/ledger.ts';
import type { LedgerDatabase, Tables } from './schema.ts';
import { instant } from './spend-sums.ts';
import type { TrafficMark } from './traffic.ts';
import { wholeOf } from './read.ts';

const REQUESTS_PER_PAGE = 200;
/** Keeps a statement under SQLite's 32 766 parameters. */
const DOCUMENTS_PER_QUERY = 10_000;

export type RowOf<Table extends keyof Tables> = Selectable<Tables[Table]>;

export type RequestRows = {
  readonly decision: RowOf<'decisions'>;
  readonly dispatches: readonly RowOf<'dispatches'>[];
  readonly outcomes: readonly RowOf<'outcomes'>[];
  readonly attempts: readonly RowOf<'attempts'>[];
  readonly feedback: readonly RowOf<'feedback'>[];
};

export type RowsQuestion = {
  readonly range: Pick<Range, 'from' | 'to'>;
  readonly after: TrafficMark | undefined;
};

export type RowsPage = {
  readonly requests: readonly RequestRows[];
  /** Where the next page begins; undefined on the last. */
  readonly next: TrafficMark | undefined;
};

const decisionsIn = (db: LedgerDatabase, { range, after }: RowsQuestion) =>
  db
    .selectFrom('decisions')
    .selectAll()
    .where('at', '>=', instant(range.from))
    .where('at', '<', instant(range.to))
    .$if(after !== undefined, (query) =>
      query.where((or) =>
        or.or([
          or('at', '>', instant(after?.at ?? 0)),
          or.and([or('at', '=', instant(after?.at ?? 0)), or('request_id', '>', after?.requestId ?? '')]),
        ]),
      ),
    )
    .orderBy('at')
    .orderBy('request_id')
    .limit(REQUESTS_PER_PAGE)
    .execute();

const byRequest = <Row extends { readonly request_id: string }>(rows: readonly Row[]) => {
  const grouped = Map.groupBy(rows, (row) => row.request_id);
  return (id: string): readonly Row[] => grouped.get(id) ?? [];
};

/** Rows of one table that belong to these requests, in the order they are counted. */
const belonging = async (db: LedgerDatabase, ids: readonly string[]) => {
  const of = { dispatches: db.selectFrom('dispatches'), attempts: db.selectFrom('attempts') };
  return {
    dispatches: byRequest(
      await of.dispatches.selectAll().where('request_id', 'in', ids).orderBy('request_id').orderBy('attempt').execute(),
    ),
    attempts: byRequest(
      await of.attempts
        .selectAll()
        .where('request_id', 'in', ids)
        .orderBy('request_id')
        .orderBy('attempt')
        .orderBy('recovered')
        .execute(),
    ),
    outcomes: byRequest(
      await db.selectFrom('outcomes').selectAll().where('request_id', 'in', ids).orderBy('recovered').execute(),
    ),
    feedback: byRequest(
      await db.selectFrom('feedback').selectAll().where('request_id', 'in', ids).orderBy('seq').execute(),
    ),
  };
};

export const readRequestRows = async (db: LedgerDatabase, question: RowsQuestion): Promise<RowsPage> => {
  const decisions = await decisionsIn(db, question);
  if (decisions.length === 0) return { requests: [], next: undefined };
  const { dispatches, attempts, outcomes, feedback } = await belonging(
    db,
    decisions.map((row) => row.request_id),
  );
  const last = decisions.at(-1);
  return {
    requests: decisions.map((decision) => ({
      decision,
      dispatches: dispatches(decision.request_id),
      outcomes: outcomes(decision.request_id),
      attempts: attempts(decision.request_id),
      feedback: feedback(decision.request_id),
    })),
    next:
      last && decisions.length === REQUESTS_PER_PAGE ? { at: wholeOf(last.at), requestId: last.request_id } : undefined,
  };
};

/** Hash → body, of those that are there. */
export const readBodies = async (
  db: LedgerDatabase,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>();
  for (let from = 0; from < hashes.length; from += DOCUMENTS_PER_QUERY) {
    const some = hashes.slice(from, from + DOCUMENTS_PER_QUERY);
    for (const { hash, body } of await db.selectFrom('documents').selectAll().where('hash', 'in', some).execute())
      found.set(hash, body);
  }
  return found;
};

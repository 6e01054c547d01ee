// Past decisions, read page by page from the newest back: what a report decides again.
import { type Decision, OVERHEAD } from '../core/decision.ts';
import type { Range } from '../core/ledger.ts';
import { decode, openDecision } from './codec.ts';
import { wholeOf } from './read.ts';
import type { LedgerDatabase } from './schema.ts';
import { instant } from './spend-sums.ts';

/** Small, so that unpacking one holds nobody up. */
const DECISIONS_PER_PAGE = 200;
/** Keeps a statement under SQLite's 32 766 parameters. */
const DOCUMENTS_PER_QUERY = 10_000;

/** Where a page ends: the next one begins before it. */
export type TrafficMark = { readonly at: number; readonly requestId: string };
export type TrafficPage = { readonly decisions: readonly Decision[]; readonly before: TrafficMark | undefined };
export type TrafficQuestion = { readonly range: Range; readonly before: TrafficMark | undefined };

const readDocuments = async (db: LedgerDatabase, hashes: readonly string[]): Promise<ReadonlyMap<string, unknown>> => {
  const found = new Map<string, unknown>();
  for (let from = 0; from < hashes.length; from += DOCUMENTS_PER_QUERY) {
    const some = hashes.slice(from, from + DOCUMENTS_PER_QUERY);
    const rows = await db.selectFrom('documents').selectAll().where('hash', 'in', some).execute();
    for (const { hash, body } of rows) found.set(hash, decode(body));
  }
  return found;
};

/** Decisions of a page share their plans, offers and sheets as objects, as they did when they were made. */
export const readTraffic = async (db: LedgerDatabase, { range, before }: TrafficQuestion): Promise<TrafficPage> => {
  const rows = await db
    .selectFrom('decisions')
    .select(['request_id', 'at', 'body'])
    .where('at', '>=', instant(range.from))
    .where('at', '<', instant(range.to))
    // Ours, not a caller's.
    .where('reason', 'not in', OVERHEAD)
    .$if(range.reason !== undefined, (query) => query.where('reason', '=', range.reason ?? ''))
    .$if(before !== undefined, (query) =>
      query.where((or) =>
        or.or([
          or('at', '<', instant(before?.at ?? 0)),
          or.and([or('at', '=', instant(before?.at ?? 0)), or('request_id', '<', before?.requestId ?? '')]),
        ]),
      ),
    )
    .orderBy('at', 'desc')
    .orderBy('request_id', 'desc')
    .limit(DECISIONS_PER_PAGE)
    .execute();
  const stored = rows.map(({ body }) => openDecision(body));
  const documents = await readDocuments(db, [...new Set(stored.flatMap(({ references }) => references))]);
  const last = rows.at(-1);
  return {
    decisions: stored.map(({ revive }) => revive(documents)),
    before:
      last && rows.length === DECISIONS_PER_PAGE ? { at: wholeOf(last.at), requestId: last.request_id } : undefined,
  };
};

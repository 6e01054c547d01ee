// Requests as the ledger knows them, page by page and oldest first: for those who take them elsewhere.
import type { Feedback, RequestView } from '../core/ledger.ts';
import { nanoUsd } from '../core/money.ts';
import type { OfferKey } from '../core/offer.ts';
import type { Attempt, Outcome } from '../core/outcome.ts';
import { referencesOf } from './check-request.ts';
import { decode, openDecision } from './codec.ts';
import { wholeOf } from './read.ts';
import { readBodies, readRequestRows, type RequestRows, type RowsQuestion } from './request-rows.ts';
import type { LedgerDatabase } from './schema.ts';
import type { TrafficMark } from './traffic.ts';

export type RecordsPage = {
  readonly requests: readonly RequestView[];
  /** Of those that cannot be read: which, and why. */
  readonly unreadable: readonly string[];
  readonly next: TrafficMark | undefined;
};

const outcomeOf = ({ outcomes: [row], attempts }: RequestRows): Outcome | undefined => {
  if (!row) return undefined;
  const effective = attempts.filter((entry, index) => entry.attempt !== attempts[index - 1]?.attempt);
  return {
    ...(decode(row.body) as Omit<Outcome, 'attempts'>),
    attempts: effective.map((entry) => decode(entry.body) as Attempt),
  };
};

const viewOf = (rows: RequestRows, documents: ReadonlyMap<string, unknown>): RequestView => {
  const outcome = outcomeOf(rows);
  const newest = new Map(rows.feedback.map(({ source, body }) => [source, body]));
  return {
    decision: openDecision(rows.decision.body).revive(documents),
    caller: rows.decision.caller,
    dispatches: rows.dispatches.map((row) => ({
      requestId: row.request_id,
      attempt: wholeOf(row.attempt),
      at: wholeOf(row.at),
      offer: row.offer as OfferKey,
      reserved: nanoUsd(wholeOf(row.reserved)),
    })),
    ...(outcome && { outcome }),
    feedback: [...newest.values()].map((body) => decode(body) as Feedback),
  };
};

export const readRecords = async (db: LedgerDatabase, question: RowsQuestion): Promise<RecordsPage> => {
  const { requests, next } = await readRequestRows(db, question);
  const bodies = await readBodies(db, [...new Set(requests.flatMap(referencesOf))]);
  const documents = new Map<string, unknown>();
  const views: RequestView[] = [];
  const unreadable: string[] = [];
  for (const rows of requests)
    try {
      for (const hash of referencesOf(rows)) {
        const body = bodies.get(hash);
        if (body !== undefined && !documents.has(hash)) documents.set(hash, decode(body));
      }
      views.push(viewOf(rows, documents));
    } catch (fault) {
      unreadable.push(`${rows.decision.request_id}: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
  return { requests: views, unreadable, next };
};

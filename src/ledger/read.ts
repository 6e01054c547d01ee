// What the ledger knows of one request, put together again from its rows.
import type { Feedback, RequestView } from '../core/ledger.ts';
import { nanoUsd } from '../core/money.ts';
import type { OfferKey } from '../core/offer.ts';
import type { Attempt, DispatchNote, Outcome } from '../core/outcome.ts';
import { decode, openDecision } from './codec.ts';
import type { LedgerDatabase } from './schema.ts';

/** Whole numbers come back as bigint; within what a Number holds they leave as one, beyond it they do not leave at all. */
export const wholeOf = (value: bigint | null | undefined): number => {
  const number = Number(value ?? 0n);
  if (!Number.isSafeInteger(number)) throw new RangeError(`a ledger sum is beyond what a number holds: ${value}`);
  return number;
};

export const readDispatches = async (db: LedgerDatabase, requestId: string): Promise<DispatchNote[]> => {
  const rows = await db
    .selectFrom('dispatches')
    .selectAll()
    .where('request_id', '=', requestId)
    .orderBy('attempt')
    .execute();
  return rows.map((row) => ({
    requestId: row.request_id,
    attempt: wholeOf(row.attempt),
    at: wholeOf(row.at),
    offer: row.offer as OfferKey,
    reserved: nanoUsd(wholeOf(row.reserved)),
  }));
};

const readDecision = async (db: LedgerDatabase, requestId: string) => {
  const row = await db
    .selectFrom('decisions')
    .select(['caller', 'body'])
    .where('request_id', '=', requestId)
    .executeTakeFirst();
  if (!row) return undefined;
  const stored = openDecision(row.body);
  const documents = await db.selectFrom('documents').selectAll().where('hash', 'in', stored.references).execute();
  return {
    caller: row.caller,
    decision: stored.revive(new Map(documents.map(({ hash, body }) => [hash, decode(body)]))),
  };
};

/** A true outcome before a recovered one, and the same attempt by attempt. */
const readOutcome = async (db: LedgerDatabase, requestId: string): Promise<Outcome | undefined> => {
  const row = await db
    .selectFrom('outcomes')
    .select('body')
    .where('request_id', '=', requestId)
    .orderBy('recovered')
    .executeTakeFirst();
  if (!row) return undefined;
  const attempts = await db
    .selectFrom('attempts')
    .select(['attempt', 'body'])
    .where('request_id', '=', requestId)
    .orderBy('attempt')
    .orderBy('recovered')
    .execute();
  const effective = attempts.filter((entry, index) => entry.attempt !== attempts[index - 1]?.attempt);
  return {
    ...(decode(row.body) as Omit<Outcome, 'attempts'>),
    attempts: effective.map((entry) => decode(entry.body) as Attempt),
  };
};

/** One entry per source, the newest, in the order the sources spoke last. */
const readFeedback = async (db: LedgerDatabase, requestId: string): Promise<Feedback[]> => {
  const rows = await db
    .selectFrom('feedback')
    .select(['source', 'body'])
    .where('request_id', '=', requestId)
    .orderBy('seq')
    .execute();
  const newest = new Map<string, Feedback>();
  for (const { source, body } of rows) {
    newest.delete(source);
    newest.set(source, decode(body) as Feedback);
  }
  return [...newest.values()];
};

export const readRequest = async (db: LedgerDatabase, requestId: string): Promise<RequestView | undefined> => {
  const found = await readDecision(db, requestId);
  if (!found) return undefined;
  const dispatches = await readDispatches(db, requestId);
  const outcome = await readOutcome(db, requestId);
  return { ...found, dispatches, ...(outcome && { outcome }), feedback: await readFeedback(db, requestId) };
};

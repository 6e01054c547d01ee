// What must hold among the rows of one request; what does not is named, row by row.
import { nanoUsd } from '../core/money.ts';
import type { Attempt, Outcome } from '../core/outcome.ts';
import type { Feedback } from '../core/ledger.ts';
import { decode, openDecision } from './codec.ts';
import { wholeOf } from './read.ts';
import type { RequestRows, RowOf } from './request-rows.ts';
import { isAsWritten } from './sums.ts';

export type Problem = {
  readonly table: string;
  /** Its key: a request's id, an attempt of it, a hash, a number. */
  readonly row: string;
  readonly what: string;
  readonly remedy: string;
};

export const RESTORE =
  'the row was changed after it was written: compare with a backup and restore from it; export still gives what is whole';
const RECOVER = 'stop every router and start one: it settles what was cut off';
const REPORT =
  'the router that wrote it was wrong, or rows were removed by hand: keep a copy of the ledger and report it';

const because = (fault: unknown): string => (fault instanceof Error ? fault.message : String(fault));

/** What the decision refers to and the ledger has, by hash. */
export type Bodies = ReadonlyMap<string, unknown>;

/** Hashes a decision refers to; none of one that does not decode. */
export const referencesOf = ({ decision }: RequestRows): readonly string[] => {
  try {
    return openDecision(decision.body).references;
  } catch {
    return [];
  }
};

type Say = (table: string, row: string, fault: { readonly what: string; readonly remedy: string }) => void;

const checkDecision = ({ decision }: RequestRows, bodies: Bodies, say: Say): void => {
  const id = decision.request_id;
  if (!isAsWritten('decisions', decision)) say('decisions', id, { what: 'its checksum differs', remedy: RESTORE });
  try {
    const { references, revive } = openDecision(decision.body);
    for (const hash of references.filter((each) => !bodies.has(each)))
      say('decisions', id, { what: `it refers to document ${hash}, which is gone`, remedy: RESTORE });
    if (references.some((hash) => !bodies.has(hash))) return;
    const revived = revive(bodies);
    if (revived.requestId !== id || revived.at !== wholeOf(decision.at))
      say('decisions', id, { what: 'its columns and its body differ', remedy: RESTORE });
  } catch (fault) {
    say('decisions', id, { what: `it does not decode: ${because(fault)}`, remedy: RESTORE });
  }
};

const attemptName = ({ request_id, attempt, recovered }: RowOf<'attempts'>): string =>
  `${request_id} attempt ${attempt}${recovered === 0n ? '' : ' (recovered)'}`;

const checkAttempt = (row: RowOf<'attempts'>, say: Say): void => {
  if (!isAsWritten('attempts', row))
    say('attempts', attemptName(row), { what: 'its checksum differs', remedy: RESTORE });
  try {
    const body = decode(row.body) as Attempt;
    if (BigInt(body.cost) !== row.cost || body.costStatus !== row.cost_status || body.attempt !== Number(row.attempt))
      say('attempts', attemptName(row), { what: 'its columns and its body differ', remedy: RESTORE });
  } catch (fault) {
    say('attempts', attemptName(row), { what: `it does not decode: ${because(fault)}`, remedy: RESTORE });
  }
};

const outcomeName = ({ request_id, recovered }: RowOf<'outcomes'>): string =>
  `${request_id}${recovered === 0n ? '' : ' (recovered)'}`;

const checkOutcome = (row: RowOf<'outcomes'>, { attempts, outcomes }: RequestRows, say: Say): void => {
  const name = outcomeName(row);
  if (!isAsWritten('outcomes', row)) say('outcomes', name, { what: 'its checksum differs', remedy: RESTORE });
  if (outcomes.filter((each) => each.recovered === row.recovered).length > 1)
    say('outcomes', name, { what: 'it is there twice', remedy: REPORT });
  const known = attempts
    .filter((each) => each.recovered === row.recovered && each.cost_status !== 'ambiguous')
    .reduce((sum, each) => sum + each.cost, 0n);
  if (known !== row.cost)
    say('outcomes', name, { what: `it cost ${row.cost} n$ and its attempts ${known} n$`, remedy: RESTORE });
  try {
    const body = decode(row.body) as Omit<Outcome, 'attempts'>;
    nanoUsd(body.cost);
    if (body.requestId !== row.request_id || body.status !== row.status)
      say('outcomes', name, { what: 'its columns and its body differ', remedy: RESTORE });
  } catch (fault) {
    say('outcomes', name, { what: `it does not decode: ${because(fault)}`, remedy: RESTORE });
  }
};

const checkFeedback = (row: RowOf<'feedback'>, say: Say): void => {
  const name = `${row.request_id} by ${row.source} (${row.seq})`;
  if (!isAsWritten('feedback', row)) say('feedback', name, { what: 'its checksum differs', remedy: RESTORE });
  try {
    const body = decode(row.body) as Feedback;
    if (body.requestId !== row.request_id || body.score !== row.score)
      say('feedback', name, { what: 'its columns and its body differ', remedy: RESTORE });
  } catch (fault) {
    say('feedback', name, { what: `it does not decode: ${because(fault)}`, remedy: RESTORE });
  }
};

/** Each call is noted, answered or settled, and part of an outcome; once. */
const checkCalls = ({ dispatches, attempts, outcomes }: RequestRows, newest: bigint, say: Say): number => {
  let open = 0;
  for (const note of dispatches) {
    const name = `${note.request_id} attempt ${note.attempt}`;
    if (!isAsWritten('dispatches', note)) say('dispatches', name, { what: 'its checksum differs', remedy: RESTORE });
    if (attempts.some((each) => each.attempt === note.attempt)) continue;
    if (note.writer >= newest) open += 1;
    else say('dispatches', name, { what: 'it was sent and nothing says what came of it', remedy: RECOVER });
  }
  for (const [index, row] of attempts.entries()) {
    const before = attempts[index - 1];
    if (before?.attempt === row.attempt && before.recovered === row.recovered)
      say('attempts', attemptName(row), { what: 'it is there twice', remedy: REPORT });
    if (!dispatches.some((note) => note.attempt === row.attempt))
      say('attempts', attemptName(row), { what: 'no note says that it was sent', remedy: REPORT });
    if (!outcomes.some((each) => each.recovered === row.recovered))
      say('attempts', attemptName(row), { what: 'its request has no outcome', remedy: REPORT });
  }
  return open;
};

export type CheckWith = {
  readonly bodies: Bodies;
  /** Dispatches of this opening and later ones may still be under way. */
  readonly newest: bigint;
};

/** @returns what does not hold, and how many calls are under way or were cut off */
export const checkRequest = (rows: RequestRows, { bodies, newest }: CheckWith) => {
  const problems: Problem[] = [];
  const say: Say = (table, row, fault) => void problems.push({ table, row, ...fault });
  checkDecision(rows, bodies, say);
  for (const row of rows.attempts) checkAttempt(row, say);
  for (const row of rows.outcomes) checkOutcome(row, rows, say);
  for (const row of rows.feedback) checkFeedback(row, say);
  const open = checkCalls(rows, newest, say);
  return { problems, open };
};

// What is held against the end of one request: one end, told honestly, and on record as it was.
import { RouterError } from '../../src/core/errors.ts';
import type { Case, Evidence } from './evidence.ts';

const judgeClient = (entry: Case, { check }: Evidence): void => {
  const { plan, endMs, error, finish, failure, goneMs, calls, characters, decision } = entry;
  const { n } = plan;
  check('ends', endMs !== undefined, n, () => 'it never came to an end');
  const isKnown = error === undefined || (error instanceof RouterError && error.code !== 'internal');
  check('error-known', isKnown, n, () => `the caller would be told: ${String(error)}`);
  if (goneMs !== undefined) return;
  const ends = [error !== undefined, finish !== undefined, failure !== undefined && finish === undefined];
  check('one-end', ends.filter(Boolean).length === 1, n, () => `error, finish, failure: ${ends.join(', ')}`);
  if (finish === undefined) return;
  const whole = calls.filter(({ end }) => end === 'whole');
  const continues = decision?.plan.fallback.stream === 'continue';
  const written = calls.reduce((sum, call) => sum + call.characters, 0);
  const isWhole = continues
    ? whole.length > 0 && characters <= written && characters >= (whole[0]?.characters ?? 0)
    : whole.some((call) => call.characters === characters);
  check('whole', isWhole, n, () => `${characters} characters were given as a whole answer`);
};

const judgeRecord = (entry: Case, { check }: Evidence): void => {
  const { plan, committed, outcome, outcomesTold, outcomesWritten, unwritten, held, calls, unsent, notes } = entry;
  const { n } = plan;
  const most = committed ? 1 : 0;
  // Refused before anybody was called, by a store or a ledger that is away: of that there is nothing to tell.
  const isRefused = outcomesTold === 0 && (unwritten || (notes.length === 0 && entry.error !== undefined));
  const isTold = outcomesTold === most || isRefused;
  check('one-outcome', isTold, n, () => `${outcomesTold} outcomes for ${most} that was decided`);
  const isKept = outcomesWritten === outcomesTold || unwritten;
  check('on-record', isKept, n, () => `${outcomesWritten} of ${outcomesTold} outcomes are on record`);
  check('held-first', committed || !held || calls.length === 0, n, () => 'calls without a decision');
  if (!outcome) return;
  const { attempts, status, offer } = outcome;
  const told = attempts.map((attempt) => attempt.offer).sort();
  const made = calls.map((call) => call.offer).sort();
  const isSame = told.length === made.length + unsent && made.every((each) => told.includes(each));
  check('as-called', isSame, n, () => `on record: ${told.join(', ')}; called: ${made.join(', ')}`);
  const answered = calls.filter(({ end }) => end === 'whole').map((call) => call.offer);
  check('ok-is-whole', status !== 'ok' || answered.includes(offer), n, () => `ok by ${offer}, which did not finish`);
  const left = entry.goneMs !== undefined && (entry.endMs ?? 0) >= entry.goneMs && entry.finish === undefined;
  check('left-is-told', !left || status !== 'failed' || calls.length > 0, n, () => `the client had gone: ${status}`);
};

/** Nothing leaves that is not noted, and nothing is given away before the note is safe. */
const judgeNotes = (entry: Case, { check, scenario }: Evidence): void => {
  const { plan, calls, notes, firstFrameMs, outcome, decision, decisionRecord } = entry;
  const { n } = plan;
  for (const call of calls) {
    const noted = notes.find(({ note, toldMs }) => note.offer === call.offer && toldMs <= call.atMs);
    const isSafe = noted !== undefined && (scenario.keepsCalls || (noted.writtenMs ?? Infinity) <= call.atMs);
    check('noted-first', isSafe, n, () => `the call of ${call.offer} left before its note was safe`);
  }
  if (firstFrameMs !== undefined) {
    const serving = calls.find(({ contentMs, end }) => contentMs !== undefined || end === 'whole');
    const noted = notes.find(({ note }) => note.offer === (serving?.offer ?? outcome?.offer));
    // A note that outlives the process is on record once it is told.
    const recordedMs = scenario.keepsCalls ? noted?.toldMs : noted?.writtenMs;
    const isSafe = (recordedMs ?? Infinity) <= firstFrameMs;
    check('kept-first', isSafe, n, () => 'content was given before the call was on record');
  }
  if (!decision || !decisionRecord) return;
  const isSame =
    decisionRecord.probability === decision.probability &&
    decisionRecord.ladder[0]?.probability === decision.probability;
  check('chance-on-record', isSame, n, () => `${decisionRecord.probability} on record, it was ${decision.probability}`);
};

export const judgeEnd = (entry: Case, evidence: Evidence): void => {
  judgeClient(entry, evidence);
  judgeRecord(entry, evidence);
  judgeNotes(entry, evidence);
};

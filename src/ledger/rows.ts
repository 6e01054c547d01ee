// Which rows a record becomes, checked before it may join a batch: one bad record must not spoil its neighbours' commit.
import { randomUUID } from 'node:crypto';
import type { Decision } from '../core/decision.ts';
import type { Feedback, LedgerRecord } from '../core/ledger.ts';
import { type NanoUsd, nanoUsd } from '../core/money.ts';
import { type Attempt, type DispatchNote, type Outcome, wholeAnswerTokens } from '../core/outcome.ts';
import type { PriceRecord } from '../core/price-history.ts';
import { type Document, encode, encodeDecision } from './codec.ts';
import { withSum } from './sums.ts';

type Origin = 'told' | 'recovered';

const whole = (value: number): number => {
  if (!Number.isSafeInteger(value)) throw new RangeError(`a ledger column must be a whole number, got ${value}`);
  return value;
};

/** PostgreSQL has no NUL and neither database has lone surrogates; the body keeps the text as it was. */
const text = (value: string): string => value.toWellFormed().replaceAll('\0', '\uFFFD');

/** provider:author/name → its two halves. */
const halves = (offer: string): { provider: string; model: string } => {
  const colon = offer.indexOf(':');
  return { provider: text(offer.slice(0, Math.max(colon, 0))), model: text(offer.slice(colon + 1)) };
};

const decisionRow = (decision: Decision, caller: string, body: string) =>
  withSum('decisions', {
    request_id: text(decision.requestId),
    at: whole(decision.at),
    policy: text(decision.policy),
    caller: text(caller),
    task: decision.profile.task,
    band: decision.profile.band,
    reason: decision.reason,
    half_life_ms: decision.plan.feedback.halfLifeMs,
    offer: decision.ladder[0]?.quote.offer.key ?? null,
    baseline: decision.baseline?.offer.key ?? null,
    features: decision.profile.features,
    body,
  });

const dispatchRow = (note: DispatchNote) =>
  withSum('dispatches', {
    request_id: text(note.requestId),
    attempt: whole(note.attempt),
    at: whole(note.at),
    offer: text(note.offer),
    reserved: nanoUsd(note.reserved),
  });

const attemptRow = (attempt: Attempt, origin: Origin) =>
  withSum('attempts', {
    request_id: text(attempt.requestId),
    attempt: whole(attempt.attempt),
    recovered: origin === 'recovered' ? 1 : 0,
    at: whole(attempt.at),
    offer: text(attempt.offer),
    ...halves(attempt.offer),
    result: attempt.result,
    cost: nanoUsd(attempt.cost),
    cost_status: attempt.costStatus,
    billed: attempt.billed === undefined ? null : nanoUsd(attempt.billed),
    computed: attempt.computed === undefined ? null : nanoUsd(attempt.computed),
    body: encode(attempt),
  });

const knownCost = (attempts: readonly Attempt[]): NanoUsd =>
  nanoUsd(attempts.reduce((sum, attempt) => sum + (attempt.costStatus === 'ambiguous' ? 0 : attempt.cost), 0));

const outcomeRow = (outcome: Outcome, origin: Origin) => {
  const { attempts, ...body } = outcome;
  return withSum('outcomes', {
    request_id: text(outcome.requestId),
    recovered: origin === 'recovered' ? 1 : 0,
    at: whole(outcome.at),
    status: outcome.status,
    offer: text(outcome.offer),
    ...halves(outcome.offer),
    cost: knownCost(attempts),
    baseline_cost: outcome.baselineCost === undefined ? null : nanoUsd(outcome.baselineCost),
    output_tokens: wholeAnswerTokens(outcome) ?? null,
    body: encode(body),
  });
};

const feedbackRow = (feedback: Feedback) => {
  if (!(feedback.score >= 0 && feedback.score <= 1)) throw new RangeError(`a score is in [0,1], got ${feedback.score}`);
  return withSum('feedback', {
    request_id: text(feedback.requestId),
    source: text(feedback.source),
    score: feedback.score,
    at: whole(feedback.at),
    body: encode(feedback),
    telling: randomUUID(),
  });
};

const priceRow = (change: PriceRecord) =>
  withSum('price_changes', {
    offer: text(change.offer),
    verdict: change.verdict,
    observed_at: whole(change.observedAt),
    effective_from: whole(Math.floor(change.sheet.effectiveFrom)),
    revision: text(change.sheet.revision),
    body: encode(change),
  });

/** Rows of one or many appends, per table and in order. */
export type Rows = {
  readonly documents: Document[];
  readonly decisions: ReturnType<typeof decisionRow>[];
  readonly dispatches: ReturnType<typeof dispatchRow>[];
  readonly outcomes: ReturnType<typeof outcomeRow>[];
  readonly attempts: ReturnType<typeof attemptRow>[];
  readonly feedback: ReturnType<typeof feedbackRow>[];
  readonly price_changes: ReturnType<typeof priceRow>[];
};

export const noRows = (): Rows => ({
  documents: [],
  decisions: [],
  dispatches: [],
  outcomes: [],
  attempts: [],
  feedback: [],
  price_changes: [],
});

const addRecord = (rows: Rows, record: LedgerRecord, origin: Origin): void => {
  switch (record.kind) {
    case 'decision': {
      const { body, documents } = encodeDecision(record.decision);
      rows.documents.push(...documents);
      rows.decisions.push(decisionRow(record.decision, record.caller, body));
      return;
    }
    case 'dispatch':
      rows.dispatches.push(dispatchRow(record.note));
      return;
    case 'outcome':
      rows.outcomes.push(outcomeRow(record.outcome, origin));
      rows.attempts.push(...record.outcome.attempts.map((attempt) => attemptRow(attempt, origin)));
      return;
    case 'feedback':
      rows.feedback.push(feedbackRow(record.feedback));
      return;
    case 'price':
      rows.price_changes.push(priceRow(record.change));
      return;
    default:
      record satisfies never;
  }
};

/** @throws RangeError on money that is not whole, a score outside [0,1] and the like */
export const rowsOf = (records: readonly LedgerRecord[], origin: Origin = 'told'): Rows => {
  const rows = noRows();
  for (const record of records) addRecord(rows, record, origin);
  return rows;
};

export const mergeRows = (all: readonly Rows[]): Rows => {
  const merged = noRows();
  for (const rows of all) {
    merged.documents.push(...rows.documents);
    merged.decisions.push(...rows.decisions);
    merged.dispatches.push(...rows.dispatches);
    merged.outcomes.push(...rows.outcomes);
    merged.attempts.push(...rows.attempts);
    merged.feedback.push(...rows.feedback);
    merged.price_changes.push(...rows.price_changes);
  }
  return merged;
};

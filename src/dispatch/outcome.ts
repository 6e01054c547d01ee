// How a request ended, in dollars and in words for the caller.
import type { FinishReason } from '../core/chat.ts';
import { costOf } from '../core/cost.ts';
import type { Decision, Quote } from '../core/decision.ts';
import { type ErrorCode, RouterError } from '../core/errors.ts';
import type { FailureKind } from '../core/failure.ts';
import { addUsd, type NanoUsd, nanoFromPico, ZERO_USD } from '../core/money.ts';
import type { OfferKey } from '../core/offer.ts';
import type { Attempt, CostStatus, Outcome } from '../core/outcome.ts';
import { OUTPUT_METERS, type Usage } from '../core/price.ts';
import type { Signal } from '../core/signal.ts';
import { STEPS } from './failure.ts';

/** Another model's answer is longer or shorter; beyond this factor the forecast is not believed. */
const LENGTH_RATIO_MAX = 5;

const scaled = (usage: Usage, ratio: number): Usage => {
  const out: Record<string, number> = { ...usage };
  for (const meter of OUTPUT_METERS) if (usage[meter]) out[meter] = Math.round((usage[meter] ?? 0) * ratio);
  return out;
};

/**
 * What the baseline would have cost for the same prompt at the same instant: the same input and caching (so that savings are not
 * flattered), the answer scaled by the two models' expected lengths.
 */
export const baselineCostOf = (baseline: Quote, served: Quote, { usage, at }: Attempt): NanoUsd => {
  const ratio = baseline.outputTokens / Math.max(1, served.outputTokens);
  const likely = scaled(usage, Math.min(LENGTH_RATIO_MAX, Math.max(1 / LENGTH_RATIO_MAX, ratio)));
  return nanoFromPico(costOf(likely, baseline.sheet, at).pico);
};

const worst = (attempts: readonly Attempt[]): CostStatus =>
  (['ambiguous', 'estimated'] as const).find((status) => attempts.some((attempt) => attempt.costStatus === status)) ??
  'exact';

const statusOf = (last: Attempt | undefined, error: ErrorCode | undefined): Outcome['status'] => {
  if (error === undefined ? last?.result === 'cancelled' : error === 'client_closed') return 'cancelled';
  return error || last?.result !== 'ok' ? 'failed' : 'ok';
};

export type Ended = {
  readonly decision: Decision;
  readonly attempts: readonly Attempt[];
  readonly finish?: FinishReason | undefined;
  readonly error?: ErrorCode;
  readonly caller: string;
  readonly signals?: readonly Signal[];
  readonly at: number;
  readonly totalMs: number;
};

/** What a provider said in its own words may quote the prompt, and an outcome is kept: its structure stays, its words do not. */
const withoutWords = (attempt: Attempt): Attempt => {
  const { cause } = attempt;
  const isTheirs = cause?.sort === 'http' || cause?.sort === 'inband';
  return isTheirs ? { ...attempt, cause: { ...cause, message: '' } } : attempt;
};

export const outcomeOf = ({ decision, attempts, finish, error, at, totalMs, caller, signals = [] }: Ended): Outcome => {
  const last = attempts.at(-1);
  const status = statusOf(last, error);
  const code = error ?? (last && last.result !== 'ok' ? STEPS[last.result].error : undefined);
  const served = decision.ladder.find((rung) => rung.quote.offer.key === last?.offer)?.quote;
  const compare = status === 'ok' && last && served && decision.baseline;
  const spent = attempts.filter((attempt) => attempt.costStatus !== 'ambiguous').map((attempt) => attempt.cost);
  return {
    requestId: decision.requestId,
    at,
    status,
    ...(status !== 'ok' && code ? { error: code } : {}),
    ...(finish ? { finish } : {}),
    offer: last?.offer ?? decision.ladder[0]?.quote.offer.key ?? ('' as OfferKey),
    attempts: attempts.map(withoutWords),
    cost: spent.reduce(addUsd, ZERO_USD),
    costStatus: worst(attempts),
    ...(compare ? { baselineCost: baselineCostOf(compare, served, last) } : {}),
    ...(last?.firstTokenMs === undefined ? {} : { firstTokenMs: last.firstTokenMs }),
    totalMs,
    ...(decision.profile.choices === undefined ? {} : { choices: decision.profile.choices }),
    caller,
    ...(status === 'ok' && signals.length > 0 ? { signals } : {}),
  };
};

const story = (attempts: readonly Attempt[]): string =>
  attempts
    .map((attempt) => `${attempt.offer} ${attempt.result}${attempt.cause?.status ? ` (${attempt.cause.status})` : ''}`)
    .join(', ');

/** What tells the caller most, first: what a change of the request or a wait can mend, before what only an operator can. */
const TELLING: readonly FailureKind[] = [
  'context',
  'rate_limited',
  'overloaded',
  'timeout',
  'transient',
  'interrupted',
  'malformed',
  'quota',
  'model_gone',
  'credential',
];

/** Where the last failure ended it for good, that one; else the most telling of all. */
const mostTelling = (last: FailureKind, attempts: readonly Attempt[]): FailureKind => {
  if (STEPS[last].next === 'stop') return last;
  if (attempts.length > 0 && attempts.every(({ result }) => result === 'unclear')) return 'unclear';
  return TELLING.find((kind) => kind === last || attempts.some(({ result }) => result === kind)) ?? 'malformed';
};

/** When the first of those that asked for time may be asked again. */
const soonest = (attempts: readonly Attempt[]): number | undefined => {
  const waits = attempts.flatMap(({ result, cause }) => (result === 'rate_limited' ? [cause?.retryAfterMs ?? 0] : []));
  const known = waits.filter((wait) => wait > 0);
  return known.length > 0 ? Math.min(...known) : undefined;
};

const CALLERS_OWN: ReadonlySet<ErrorCode> = new Set([
  'invalid_request',
  'unsupported_parameter',
  'context_length_exceeded',
  'content_refused',
]);

/** The error the caller gets when no attempt could answer. An upstream 401 is our credential, never theirs. */
export const errorOf = (last: FailureKind, attempts: readonly Attempt[]): RouterError => {
  const kind = mostTelling(last, attempts);
  const code = STEPS[kind].error;
  const cause = attempts.findLast(({ result }) => result === kind)?.cause;
  const headers = { 'x-bourse-attempts': String(attempts.length) };
  if (CALLERS_OWN.has(code)) {
    const status = code === 'invalid_request' && cause?.status ? { status: cause.status } : {};
    return new RouterError(code, cause?.message ?? 'the provider refused the request', {
      headers,
      ...status,
      ...(cause?.param ? { param: cause.param } : {}),
    });
  }
  // Only a limit gets better by waiting. All else has been tried everywhere already: the client's own retries would multiply it.
  const retryAfterMs = kind === 'rate_limited' ? soonest(attempts) : undefined;
  const tried = attempts.length === 1 ? 'the only attempt failed' : `all ${attempts.length} attempts failed`;
  return new RouterError(code, `${tried}: ${story(attempts)}. Try again, or allow more models in the policy.`, {
    headers,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
};

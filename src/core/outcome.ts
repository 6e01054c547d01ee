// How a request ended: one attempt per call to an offer, one outcome per request.
import type { FinishReason, Frame } from './chat.ts';
import type { Decision } from './decision.ts';
import type { FailureCause, FailureKind } from './failure.ts';
import { addUsd, type NanoUsd, ZERO_USD } from './money.ts';
import type { OfferKey } from './offer.ts';
import { outputTokensOf, type Usage } from './price.ts';
import type { Signal } from './signal.ts';

/** exact: the provider's own bill, or its usage on a known sheet · estimated: usage or a rate was estimated · ambiguous: sent, never answered; `cost` is the reservation. */
export type CostStatus = 'exact' | 'estimated' | 'ambiguous';

/** Written before the provider can answer. */
export type DispatchNote = {
  readonly requestId: string;
  readonly attempt: number;
  readonly at: number;
  readonly offer: OfferKey;
  /** Upper bound of what this call can cost. */
  readonly reserved: NanoUsd;
};

export type Attempt = {
  readonly requestId: string;
  /** 1-based within the request. */
  readonly attempt: number;
  readonly offer: OfferKey;
  readonly at: number;
  readonly result: 'ok' | FailureKind;
  readonly cause?: FailureCause;
  readonly usage: Usage;
  /** What it counts as: `billed` where that can be believed, else what the sheet makes of the usage. */
  readonly cost: NanoUsd;
  readonly costStatus: CostStatus;
  /** What the provider itself said the call cost. */
  readonly billed?: NanoUsd;
  /** Beside a bill: what the sheet makes of the usage, and the main prices it had (mainPricesOf). */
  readonly computed?: NanoUsd;
  readonly mainPrices?: string;
  readonly priceRevision: string;
  readonly firstTokenMs?: number;
  readonly totalMs: number;
};

export type Outcome = {
  readonly requestId: string;
  readonly at: number;
  readonly status: 'ok' | 'failed' | 'cancelled';
  /** An ERRORS code where it is not ok. */
  readonly error?: string;
  readonly finish?: FinishReason;
  /** The offer that answered, or the last tried. */
  readonly offer: OfferKey;
  readonly attempts: readonly Attempt[];
  /** All attempts together. */
  readonly cost: NanoUsd;
  readonly costStatus: CostStatus;
  /** What the policy's baseline would have cost for the same tokens at the same instant. */
  readonly baselineCost?: NanoUsd;
  readonly firstTokenMs?: number;
  readonly totalMs: number;
  /** Answers side by side in the one that was given; absent: one. */
  readonly choices?: number;
  /** Whose request it was; absent in ledgers older than this. */
  readonly caller?: string;
  /** What the answer itself shows of its quality, where it was answered. */
  readonly signals?: readonly Signal[];
};

/** A request under way, committed to an offer. `answer` ends after a finish or a failure event and never throws; `settled` never rejects. */
export type Run = {
  readonly decision: Decision;
  readonly offer: OfferKey;
  readonly attempts: number;
  readonly answer: AsyncIterable<Frame>;
  readonly settled: Promise<Outcome>;
  /** Once it is settled: the text of the answer, where the ask said to keep it. */
  readonly text?: () => string | undefined;
};

/** Tokens of an answer that came to its own end; an answer cut short says nothing of a model's length. */
export const wholeAnswerTokens = ({ status, finish, offer, attempts, choices = 1 }: Outcome): number | undefined => {
  if (status !== 'ok' || (finish !== 'stop' && finish !== 'tool_calls')) return undefined;
  const answered = attempts.findLast((attempt) => attempt.result === 'ok' && attempt.offer === offer);
  const tokens = answered ? Math.round(outputTokensOf(answered.usage) / choices) : 0;
  return tokens > 0 ? tokens : undefined;
};

/** What the request may have cost at most: attempts that were sent and never answered count at their reservation. */
export const worstCost = ({ attempts }: Outcome): NanoUsd =>
  attempts.reduce((sum, attempt) => addUsd(sum, attempt.cost), ZERO_USD);

// How long each phase of a call may take: what the operator allows, adapted to what the offer has shown it needs.
import type { Quote } from '../core/decision.ts';
import type { Timeouts } from '../core/ports.ts';

/** All in milliseconds. */
export type Patience = {
  readonly connectMs: number;
  /** To the first content, at least; an offer that is known to be slower gets more, up to `firstTokenMostMs`. */
  readonly firstTokenMs: number;
  /** The same for models that think first, and for machines of our own, which read long prompts slowly. */
  readonly slowFirstTokenMs: number;
  readonly firstTokenMostMs: number;
  /** Between content events; models that think may pause longer. */
  readonly idleMs: number;
  readonly thinkingIdleMs: number;
  readonly progressMs: number;
  /** For writing an answer that comes all at once, at least. */
  readonly wholeMs: number;
  /** Before the same offer is called again after an error of its own; half as much to half as much again. */
  readonly retryPauseMs: number;
};

/** Beyond its p95 an offer gets half as much again: one call in twenty is not yet a failure. */
const FIRST_TOKEN_FACTOR = 1.5;
const WRITING_FACTOR = 3;

/** What the P90 of the answer takes to write, at the speed the quote expects. */
export const writingMs = ({ totalMs, firstTokenMs, outputTokens, outputTokensP90 }: Quote): number =>
  ((totalMs - firstTokenMs) * outputTokensP90) / Math.max(1, outputTokens);

/** Pure. An offer nobody has measured gets the least allowance of its kind. */
export const timeoutsFor = (quote: Quote, patience: Patience): Timeouts => {
  const { capabilities, data } = quote.offer;
  const least =
    capabilities.reasoning || data.selfHosted
      ? Math.max(patience.firstTokenMs, patience.slowFirstTokenMs)
      : patience.firstTokenMs;
  const wanted = Math.min(FIRST_TOKEN_FACTOR * quote.firstTokenMsP95, patience.firstTokenMostMs);
  const firstTokenMs = Math.round(Math.max(least, wanted));
  return {
    connectMs: patience.connectMs,
    // Some send their headers only with the first token.
    headersMs: firstTokenMs,
    firstTokenMs,
    idleMs: capabilities.reasoning ? Math.max(patience.idleMs, patience.thinkingIdleMs) : patience.idleMs,
    progressMs: patience.progressMs,
    wholeMs: Math.round(firstTokenMs + Math.max(patience.wholeMs, WRITING_FACTOR * writingMs(quote))),
  };
};

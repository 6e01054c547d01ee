// What an adapter saw go wrong, as structure. Meaning is given in one place: dispatch/failure.ts.

/** Where in the call it happened; `stream` is after the first event. */
export type FailurePhase = 'connect' | 'headers' | 'body' | 'stream';

/**
 * http: an error status, or an error body under 200 · inband: an error event inside a stream · network: refused, reset, closed early ·
 * timeout: one of our timers · malformed: bytes that are not the dialect · cut: the stream ended without a finish · aborted: we cancelled it.
 */
export type FailureSort = 'http' | 'inband' | 'network' | 'timeout' | 'malformed' | 'cut' | 'aborted';

/** The code of an error whose body is a page of HTML. */
export const HTML_PAGE = 'html_page';

export type FailureCause = {
  readonly sort: FailureSort;
  readonly phase: FailurePhase;
  readonly status?: number;
  /** The provider's own words for it, as structure: OpenAI error.type/code, Anthropic error.type, Gemini error.status and reasons. */
  readonly type?: string;
  readonly code?: string;
  readonly param?: string;
  /** From any spelling of Retry-After or Gemini's RetryInfo; clamped to 0..900 000. */
  readonly retryAfterMs?: number;
  /** At most 512 characters, key-like text removed. Shown to callers for their own faults, never used to classify, never put on record. */
  readonly message: string;
};

export const FAILURE_KINDS = [
  'transient',
  'overloaded',
  'rate_limited',
  'quota',
  'credential',
  'model_gone',
  'caller',
  'unsupported',
  'unclear',
  'context',
  'refused',
  'timeout',
  'malformed',
  'interrupted',
  'cancelled',
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

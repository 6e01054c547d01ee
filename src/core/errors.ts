// Every error a caller can get: one table. docs/errors.md is tested against it.

type ErrorSpec = {
  readonly status: number;
  readonly type: 'invalid_request_error' | 'rate_limit_error' | 'insufficient_quota' | 'server_error';
  readonly blame: 'caller' | 'operator' | 'provider' | 'router';
  readonly retry: 'never' | 'later';
};

export const ERRORS = {
  invalid_request: { status: 400, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  unsupported_parameter: { status: 400, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  context_length_exceeded: { status: 400, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  content_refused: { status: 400, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  invalid_api_key: { status: 401, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  forbidden: { status: 403, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  model_not_allowed: { status: 403, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  model_not_found: { status: 404, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  unknown_url: { status: 404, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  unknown_request_id: { status: 404, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  method_not_allowed: { status: 405, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  request_too_large: { status: 413, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  unsupported_media_type: { status: 415, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  rate_limit_exceeded: { status: 429, type: 'rate_limit_error', blame: 'caller', retry: 'later' },
  budget_exhausted: { status: 429, type: 'insufficient_quota', blame: 'operator', retry: 'later' },
  client_closed: { status: 499, type: 'invalid_request_error', blame: 'caller', retry: 'never' },
  internal: { status: 500, type: 'server_error', blame: 'router', retry: 'later' },
  upstream_exhausted: { status: 502, type: 'server_error', blame: 'provider', retry: 'later' },
  upstream_credential: { status: 502, type: 'server_error', blame: 'operator', retry: 'never' },
  stream_interrupted: { status: 502, type: 'server_error', blame: 'provider', retry: 'later' },
  upstream_overloaded: { status: 503, type: 'server_error', blame: 'provider', retry: 'later' },
  upstream_quota: { status: 503, type: 'server_error', blame: 'operator', retry: 'later' },
  no_candidate: { status: 503, type: 'server_error', blame: 'operator', retry: 'later' },
  overloaded: { status: 503, type: 'server_error', blame: 'router', retry: 'later' },
  server_shutdown: { status: 503, type: 'server_error', blame: 'router', retry: 'later' },
  ledger_unavailable: { status: 503, type: 'server_error', blame: 'router', retry: 'later' },
  upstream_timeout: { status: 504, type: 'server_error', blame: 'provider', retry: 'later' },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;

export type ErrorDetail = {
  /** The request field at fault, where there is one. */
  readonly param?: string;
  /** An upstream status for the caller's own fault, where it is more precise than ours (400, 413, 422). */
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** For logs only; never sent. */
  readonly cause?: unknown;
  /** Response headers that are true even of a failure (request id, attempts). */
  readonly headers?: Readonly<Record<string, string>>;
};

/** The one error class. The message is for the caller: what was wrong and what to do. It does not log. */
export class RouterError extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;
  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, { cause: detail.cause });
    this.name = 'RouterError';
    this.code = code;
    this.detail = detail;
  }
}

// All that the router knows about provider errors lives here: structure in, kind out, and what each kind means for the next step.
// Message text is never looked at. Rules are ordered; each order that matters says why.
import type { ErrorCode } from '../core/errors.ts';
import { type FailureCause, type FailureKind, HTML_PAGE } from '../core/failure.ts';

type Step = {
  /** same: once more on this offer, then the next · next: another offer · larger: only one with more context · stop: no further attempt. */
  readonly next: 'same' | 'next' | 'larger' | 'stop';
  /** none: says nothing of the offer · failure: counts against it · cool: leave it alone (Retry-After or `coolMs`) */
  readonly health: 'none' | 'failure' | 'cool';
  readonly coolMs: number;
  /** What the caller is told when this is how it ends. */
  readonly error: ErrorCode;
};

const MINUTE = 60_000;

export const STEPS: Readonly<Record<FailureKind, Step>> = {
  transient: { next: 'same', health: 'failure', coolMs: 0, error: 'upstream_exhausted' },
  overloaded: { next: 'next', health: 'failure', coolMs: 0, error: 'upstream_overloaded' },
  rate_limited: { next: 'next', health: 'cool', coolMs: 2_000, error: 'rate_limit_exceeded' },
  quota: { next: 'next', health: 'cool', coolMs: 15 * MINUTE, error: 'upstream_quota' },
  credential: { next: 'next', health: 'cool', coolMs: 15 * MINUTE, error: 'upstream_credential' },
  model_gone: { next: 'next', health: 'cool', coolMs: 15 * MINUTE, error: 'upstream_exhausted' },
  caller: { next: 'stop', health: 'none', coolMs: 0, error: 'invalid_request' },
  unsupported: { next: 'stop', health: 'none', coolMs: 0, error: 'unsupported_parameter' },
  // A 4xx nobody documents: one provider may be odd, two that say the same are right.
  unclear: { next: 'next', health: 'none', coolMs: 0, error: 'invalid_request' },
  context: { next: 'larger', health: 'none', coolMs: 0, error: 'context_length_exceeded' },
  refused: { next: 'stop', health: 'none', coolMs: 0, error: 'content_refused' },
  timeout: { next: 'next', health: 'failure', coolMs: 0, error: 'upstream_timeout' },
  malformed: { next: 'next', health: 'failure', coolMs: 0, error: 'upstream_exhausted' },
  interrupted: { next: 'next', health: 'failure', coolMs: 0, error: 'stream_interrupted' },
  cancelled: { next: 'stop', health: 'none', coolMs: 0, error: 'client_closed' },
};

/** The provider's own word for it. More precise than the status, so it is asked first: OpenAI says both "slow down" and "no money left" with 429. */
const BY_CODE: ReadonlyMap<string, FailureKind> = new Map<string, FailureKind>(
  Object.entries({
    context_length_exceeded: 'context',
    string_above_max_length: 'context',
    model_max_prompt_tokens_exceeded: 'context',
    unsupported_parameter: 'unsupported',
    unsupported_value: 'unsupported',
    unknown_parameter: 'unsupported',
    content_filter: 'refused',
    responsibleaipolicyviolation: 'refused',
    content_policy_violation: 'refused',
    invalid_prompt: 'refused',
    data_inspection_failed: 'refused',
    moderation: 'refused',
    refusal: 'refused',
    insufficient_quota: 'quota',
    credit_balance_exhausted: 'quota',
    billing_hard_limit_reached: 'quota',
    organization_usage_limit_exceeded: 'quota',
    enforced_spend_limit_reached: 'quota',
    contract_spend_limit_reached: 'quota',
    linked_organization_spend_limit_reached: 'quota',
    billing_error: 'quota',
    billing_not_active: 'quota',
    payment_required: 'quota',
    arrearage: 'quota',
    'allocationquota.freetieronly': 'quota',
    quota_per_day: 'quota',
    openrouter_in_flight_budget: 'rate_limited',
    invalid_api_key: 'credential',
    authentication_error: 'credential',
    permission_error: 'credential',
    api_key_invalid: 'credential',
    failed_precondition: 'credential',
    precondition_failed: 'credential',
    organization_restricted: 'credential',
    model_not_found: 'model_gone',
    deploymentnotfound: 'model_gone',
    not_found_error: 'model_gone',
    not_found: 'model_gone',
    invalid_model: 'model_gone',
    model_not_available: 'model_gone',
    model_decommissioned: 'model_gone',
    model_terms_required: 'model_gone',
    operationnotsupported: 'model_gone',
    rate_limit_error: 'rate_limited',
    rate_limit_exceeded: 'rate_limited',
    slow_down: 'rate_limited',
    resource_exhausted: 'rate_limited',
    throttlingexception: 'rate_limited',
    servicequotaexceededexception: 'rate_limited',
    overloaded_error: 'overloaded',
    server_is_overloaded: 'overloaded',
    provider_overloaded: 'overloaded',
    provider_unavailable: 'overloaded',
    unavailable: 'overloaded',
    deadline_exceeded: 'overloaded',
    // The model wrote what is no call and no JSON, and the seller says so with 400.
    tool_use_failed: 'malformed',
    json_validate_failed: 'malformed',
    api_error: 'transient',
    server_error: 'transient',
    internal: 'transient',
    invalid_request_error: 'caller',
    invalid_argument: 'caller',
    request_too_large: 'caller',
  }),
);

const BY_STATUS: Readonly<Record<number, FailureKind>> = {
  400: 'caller',
  401: 'credential',
  402: 'quota',
  403: 'credential',
  404: 'model_gone',
  408: 'timeout',
  409: 'transient',
  410: 'model_gone',
  413: 'caller',
  422: 'caller',
  424: 'overloaded',
  429: 'rate_limited',
  498: 'overloaded',
  500: 'transient',
  502: 'transient',
  503: 'overloaded',
  504: 'overloaded',
  529: 'overloaded',
};

const bySpendLimit = (code: string): FailureKind | undefined =>
  code.endsWith('_spend_limit_exceeded') ? 'quota' : undefined;

const byWord = (word: string | undefined): FailureKind | undefined => {
  const code = word?.toLowerCase();
  return code === undefined ? undefined : (BY_CODE.get(code) ?? bySpendLimit(code));
};

const byStatus = (status: number): FailureKind => {
  const known = BY_STATUS[status];
  if (known) return known;
  // A redirect is never followed: the base URL is wrong or someone is playing games.
  if (status >= 300 && status < 400) return 'credential';
  return status >= 400 && status < 500 ? 'unclear' : 'transient';
};

/** "invalid_request_error" and "server_error" accompany 401, 402, 404, 429 and 503 too, DeepSeek's even as the code. */
const isVague = (kind: FailureKind | undefined): boolean => kind === 'caller' || kind === 'transient';

const ofHttp = ({ code, type, status }: FailureCause): FailureKind => {
  const exact = byWord(code);
  if (exact && !isVague(exact)) return exact;
  // Not the provider speaks but the proxy before it: asking there again at once finds the same proxy.
  if (code === HTML_PAGE && status !== undefined && status >= 500) return 'overloaded';
  // Money is all that it ever means; Google says a failed precondition beside it.
  if (status === 402) return 'quota';
  const general = byWord(type);
  if (general && !isVague(general)) return general;
  const vague = exact ?? general;
  // Beside a status that says more, a vague word says nothing.
  if (vague && (status === undefined || status === 400 || !(status in BY_STATUS))) return vague;
  return status === undefined ? 'malformed' : byStatus(status);
};

/** Total: every cause has a kind. The same error means the same whether it came as a status or inside a stream. */
export const kindOf = (cause: FailureCause): FailureKind => {
  switch (cause.sort) {
    case 'http':
    case 'inband':
      return ofHttp(cause);
    case 'network':
      return 'transient';
    case 'timeout':
      return 'timeout';
    case 'malformed':
      return 'malformed';
    case 'cut':
      return 'interrupted';
    case 'aborted':
      return 'cancelled';
    default:
      return cause.sort satisfies never;
  }
};

/** How long the offer is left alone: what it asked for, or what its kind asks for. */
export const cooldownMs = (kind: FailureKind, cause: FailureCause): number =>
  Math.max(STEPS[kind].coolMs, cause.retryAfterMs ?? 0);

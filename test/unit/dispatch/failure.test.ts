import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAILURE_KINDS, type FailureCause } from '../../../src/core/failure.ts';
import { cooldownMs, kindOf, STEPS } from '../../../src/dispatch/failure.ts';

const http = (status: number, words: Partial<FailureCause> = {}): FailureCause => ({
  sort: 'http',
  phase: 'headers',
  status,
  message: '',
  ...words,
});

/** Provider, what it sends, what it means. The rows of the reference table for the three dialects. */
const ROWS: readonly (readonly [string, FailureCause, string])[] = [
  ['OpenAI bad request', http(400, { type: 'invalid_request_error' }), 'caller'],
  ['OpenAI prompt too long', http(400, { type: 'invalid_request_error', code: 'context_length_exceeded' }), 'context'],
  ['OpenAI bad key', http(401, { type: 'invalid_request_error', code: 'invalid_api_key' }), 'credential'],
  ['OpenAI no such model', http(404, { type: 'invalid_request_error', code: 'model_not_found' }), 'model_gone'],
  ['OpenAI conflict', http(409), 'transient'],
  ['OpenAI unprocessable', http(422, { type: 'invalid_request_error' }), 'caller'],
  ['OpenAI rate limit', http(429, { code: 'rate_limit_exceeded' }), 'rate_limited'],
  ['OpenAI no money', http(429, { type: 'insufficient_quota', code: 'insufficient_quota' }), 'quota'],
  ['OpenAI project limit', http(429, { code: 'project_spend_limit_exceeded' }), 'quota'],
  ['OpenAI 429 with a vague type', http(429, { type: 'invalid_request_error' }), 'rate_limited'],
  ['OpenAI 500', http(500, { type: 'server_error' }), 'transient'],
  ['OpenAI overloaded', http(503, { code: 'server_is_overloaded' }), 'overloaded'],
  ['Anthropic too large', http(413, { type: 'request_too_large' }), 'caller'],
  ['Anthropic rate limit', http(429, { type: 'rate_limit_error' }), 'rate_limited'],
  ['Anthropic spend limit', http(429, { type: 'rate_limit_error', code: 'enforced_spend_limit_reached' }), 'quota'],
  ['Anthropic billing', http(402, { type: 'billing_error' }), 'quota'],
  ['Anthropic overloaded', http(529, { type: 'overloaded_error' }), 'overloaded'],
  ['Anthropic overloaded in the stream', { ...http(0), sort: 'inband', type: 'overloaded_error' }, 'overloaded'],
  ['Anthropic gateway timeout', http(504), 'overloaded'],
  ['Gemini bad argument', http(400, { code: 'INVALID_ARGUMENT' }), 'caller'],
  ['Gemini per minute', http(429, { code: 'RESOURCE_EXHAUSTED', retryAfterMs: 3_500 }), 'rate_limited'],
  ['Gemini per day', http(429, { code: 'quota_per_day' }), 'quota'],
  ['Gemini overloaded', http(503, { code: 'UNAVAILABLE' }), 'overloaded'],
  ['Gemini too slow', http(504, { code: 'DEADLINE_EXCEEDED' }), 'overloaded'],
  ['DeepSeek out of money', http(402), 'quota'],
  ['DeepSeek out of money, in its words', http(402, { type: 'unknown_error', code: 'invalid_request_error' }), 'quota'],
  ['DeepSeek bad key', http(401, { type: 'authentication_error', code: 'invalid_request_error' }), 'credential'],
  ['DeepSeek too busy', http(503, { type: 'service_unavailable_error', code: 'invalid_request_error' }), 'overloaded'],
  ['DeepSeek bad request', http(400, { type: 'invalid_request_error', code: 'invalid_request_error' }), 'caller'],
  ['Gemini out of money', http(402, { type: 'FAILED_PRECONDITION' }), 'quota'],
  ['Groq model that is gone', http(400, { type: 'invalid_request_error', code: 'model_decommissioned' }), 'model_gone'],
  ['Groq call that is none', http(400, { type: 'invalid_request_error', code: 'tool_use_failed' }), 'malformed'],
  ['Mistral no such model', http(400, { type: 'invalid_model', code: '1500' }), 'model_gone'],
  ['Fireworks account', http(412, { type: 'invalid_request_error', code: 'PRECONDITION_FAILED' }), 'credential'],
  ['OpenAI account not active', http(429, { type: 'billing_not_active' }), 'quota'],
  ['OpenRouter overloaded', http(400, { type: 'provider_overloaded', code: '400' }), 'overloaded'],
  ['Groq capacity', http(498), 'overloaded'],
  ['a redirect', http(302), 'credential'],
  ['an odd 4xx', http(418), 'unclear'],
  ['a 400 without words', http(400), 'caller'],
  [
    'OpenAI parameter nobody takes',
    http(400, { code: 'unsupported_parameter', type: 'invalid_request_error' }),
    'unsupported',
  ],
  ['a proxy’s page under 502', http(502, { code: 'html_page' }), 'overloaded'],
  ['a proxy’s page under 401', http(401, { code: 'html_page' }), 'credential'],
  ['a plain 502', http(502), 'transient'],
  ['OpenAI credit balance', http(429, { code: 'credit_balance_exhausted' }), 'quota'],
  ['OpenAI organisation limit', http(429, { code: 'organization_usage_limit_exceeded' }), 'quota'],
  ['OpenAI slow down', http(429, { code: 'slow_down' }), 'rate_limited'],
  ['Azure rate limit', http(429, { code: '429' }), 'rate_limited'],
  ['Azure content filter', http(400, { code: 'content_filter', type: 'null' }), 'refused'],
  ['Azure content policy, inner word', http(400, { code: 'ResponsibleAIPolicyViolation' }), 'refused'],
  ['Azure no such deployment', http(404, { code: 'DeploymentNotFound' }), 'model_gone'],
  ['DeepSeek unprocessable', http(422), 'caller'],
  ['DeepSeek concurrency', http(429, { code: 'rate_limit_reached_error' }), 'rate_limited'],
  ['Mistral unprocessable', http(422, { type: 'invalid_request_error' }), 'caller'],
  ['Mistral overloaded', http(503), 'overloaded'],
  ['OpenRouter calls in flight', http(402, { code: 'openrouter_in_flight_budget' }), 'rate_limited'],
  ['OpenRouter out of credits', http(402, { code: '402' }), 'quota'],
  ['OpenRouter moderation', http(403, { code: 'moderation' }), 'refused'],
  ['OpenRouter nobody there', http(503, { code: '503' }), 'overloaded'],
  ['OpenRouter in the stream', { ...http(502), sort: 'inband', code: '502' }, 'transient'],
  ['Bedrock throttling behind a gateway', http(429, { code: 'ThrottlingException' }), 'rate_limited'],
  ['an odd 5xx', http(599), 'transient'],
  ['content filter', http(400, { code: 'content_filter' }), 'refused'],
  ['a cut stream', { sort: 'cut', phase: 'stream', message: '' }, 'interrupted'],
  ['a reset', { sort: 'network', phase: 'headers', message: '' }, 'transient'],
  ['bytes that are not the dialect', { sort: 'malformed', phase: 'body', message: '' }, 'malformed'],
  ['our own abort', { sort: 'aborted', phase: 'stream', message: '' }, 'cancelled'],
];

describe('the failure table', () => {
  it.each(ROWS)('%s', (_, cause, kind) => expect(kindOf(cause)).toBe(kind));

  it('never reads the message, and is total', () => {
    const cause = fc.record({
      sort: fc.constantFrom('http', 'inband', 'network', 'timeout', 'malformed', 'cut', 'aborted'),
      phase: fc.constantFrom('connect', 'headers', 'body', 'stream'),
      status: fc.integer({ min: 100, max: 599 }),
      type: fc.string(),
      code: fc.oneof(fc.string(), fc.constantFrom('insufficient_quota', '__proto__', 'constructor', 'toString')),
      message: fc.string(),
    }) as fc.Arbitrary<FailureCause>;
    fc.assert(
      fc.property(cause, fc.string(), (seen, words) => {
        const kind = kindOf(seen);
        expect(FAILURE_KINDS).toContain(kind);
        expect(kindOf({ ...seen, message: words })).toBe(kind);
        expect(cooldownMs(kind, seen)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('lets no caller fault, refusal or cancellation speak against an offer', () => {
    for (const kind of ['caller', 'context', 'refused', 'cancelled'] as const) expect(STEPS[kind].health).toBe('none');
  });
});

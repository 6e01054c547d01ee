// The same few faults in sellers' own words: bodies as they are sent and reported in public, vague words beside sharp statuses among them.
import { always, end, head, JSON_TYPE, send } from '../../support/truth-bill/acts.ts';
import { type Cell, type Expect } from '../cell.ts';
import type { SellerName } from '../sellers.ts';
import { another, ONE, told } from './expect.ts';
import { cellsOf, type Row } from './rows.ts';

const QUARTER_HOUR = [14 * 60_000, 19 * 60_000] as const;

type Meaning = { readonly plus: Expect; readonly zero: Expect };

const elsewhere = (status: number, code: string, health: 'cooled' | 'counted'): Meaning => ({
  plus: another({ health }),
  zero: told(status, { total: ONE, codes: [code], health, retry: 'false' }),
});
const quota = elsewhere(503, 'upstream_quota', 'cooled');
const credential = elsewhere(502, 'upstream_credential', 'cooled');
const gone = elsewhere(502, 'upstream_exhausted', 'cooled');
const overloaded = elsewhere(503, 'upstream_overloaded', 'counted');
const garbled = elsewhere(502, 'upstream_exhausted', 'counted');
const stays = (status: number, code: string): Meaning => {
  const end = told(status, { total: ONE, codes: [code], health: 'untouched', retry: 'false' });
  return { plus: end, zero: end };
};
const refused = stays(400, 'content_refused');
const limited: Meaning = {
  plus: another({ health: 'cooled' }),
  zero: told(429, { total: ONE, codes: ['rate_limit_exceeded'], health: 'cooled', retryAfterMs: [19_000, 20_000] }),
};

const error = (fields: object): object => ({ error: { message: 'as the seller says', ...fields } });
/** DeepSeek says this as the code of everything. */
const VAGUE = { param: null, code: 'invalid_request_error' };
/** Beside what a request can be told to change, one word for all else. */
const INVALID = { type: 'invalid_request_error', param: null };
const routed = (code: number, metadata: object): object => error({ code, metadata });
const google = (code: number, status: string, details: readonly object[] = []): object =>
  error({ code, status, details });
const RETRY_INFO = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '20s' };
const PER_DAY = {
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }],
};
const WAIT = { 'retry-after': '20' };

type Spelling = readonly [id: string, status: number, body: object, means: Meaning, headers?: Record<string, string>];

const chat: readonly Spelling[] = [
  ['deepseek-402', 402, error({ type: 'unknown_error', ...VAGUE }), quota],
  ['deepseek-401', 401, error({ type: 'authentication_error', ...VAGUE }), credential],
  ['deepseek-429', 429, error({ type: 'rate_limit_error', ...VAGUE }), limited, WAIT],
  ['deepseek-503', 503, error({ type: 'service_unavailable_error', ...VAGUE }), overloaded],
  ['deepseek-400', 400, error({ ...INVALID, ...VAGUE }), stays(400, 'invalid_request')],
  ['server-error-503', 503, error({ type: 'server_error', code: 'server_error' }), overloaded],
  ['billing-not-active', 429, error({ type: 'billing_not_active', code: 'billing_not_active' }), quota],
  ['invalid-prompt', 400, error({ ...INVALID, code: 'invalid_prompt' }), refused],
  ['mistral-model', 400, { object: 'error', message: 'no', type: 'invalid_model', param: null, code: '1500' }, gone],
  ['groq-decommissioned', 400, error({ ...INVALID, code: 'model_decommissioned' }), gone],
  ['groq-terms', 400, error({ ...INVALID, code: 'model_terms_required' }), gone],
  ['groq-organization', 400, error({ ...INVALID, code: 'organization_restricted' }), credential],
  ['groq-tool', 400, error({ ...INVALID, code: 'tool_use_failed', failed_generation: '<f>' }), garbled],
  ['groq-json', 400, error({ ...INVALID, code: 'json_validate_failed', failed_generation: '{' }), garbled],
  ['together-model', 400, { id: 'x', ...error({ ...INVALID, code: 'model_not_available' }) }, gone],
  ['fireworks-412', 412, error({ ...INVALID, code: 'PRECONDITION_FAILED' }), credential],
  ['azure-operation', 400, error({ code: 'OperationNotSupported' }), gone],
  ['qwen-arrearage', 400, error({ type: 'Arrearage', code: 'Arrearage' }), quota],
  ['qwen-free-tier', 403, error({ type: 'x', code: 'AllocationQuota.FreeTierOnly' }), quota],
  ['qwen-inspection', 400, error({ type: 'data_inspection_failed', code: 'data_inspection_failed' }), refused],
  ['openrouter-model', 400, routed(400, { error_type: 'not_found' }), gone],
  ['openrouter-overloaded', 400, routed(400, { error_type: 'provider_overloaded' }), overloaded],
  ['openrouter-payment', 400, routed(400, { error_type: 'payment_required' }), quota],
  ['openrouter-refusal', 400, routed(400, { error_type: 'refusal' }), refused],
  ['google-as-chat-minute', 429, [google(429, 'RESOURCE_EXHAUSTED', [RETRY_INFO])], limited],
  ['google-as-chat-day', 429, [google(429, 'RESOURCE_EXHAUSTED', [PER_DAY, RETRY_INFO])], quota],
  [
    'retry-after-twice',
    429,
    error({ type: 'requests', code: 'rate_limit_exceeded' }),
    limited,
    { 'retry-after': '5, 20' },
  ],
];

const others: readonly (readonly [SellerName, Spelling])[] = [
  ['gemini', ['gemini-402', 402, google(402, 'FAILED_PRECONDITION'), quota]],
  ['anthropic', ['anthropic-error-text', 400, { type: 'error', error: 'no' }, stays(400, 'invalid_request')]],
];

const rowOf = (primary: SellerName, [id, status, body, means, headers]: Spelling): Row => {
  const isQuota = means === quota;
  const cool = isQuota ? { coolMs: QUARTER_HOUR } : {};
  return {
    id: `X-says-${id}`,
    about: `Fails in words of its own: ${id}.`,
    primary,
    modes: 'N',
    group: 'beyond',
    script: always(head(status, { ...JSON_TYPE, ...headers }), send(JSON.stringify(body)), end),
    plus: { ...means.plus, ...cool },
    zero: { ...means.zero, ...cool },
  };
};

export const SPELLINGS: readonly Cell[] = [
  ...chat.map((spelling) => rowOf('openai', spelling)),
  ...others.map(([primary, spelling]) => rowOf(primary, spelling)),
].flatMap(cellsOf);

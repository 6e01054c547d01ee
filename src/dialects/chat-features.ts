// Which fields of a chat body every dialect can do without, which are named needs, and which are refused outright.
import type { Json, JsonObject } from '../core/chat.ts';
import type { Feature } from '../core/dialect.ts';
import { isSet, objectAt, optionalNumber, optionalWhole, refuse } from './json-fields.ts';

export const MAX_CHOICES = 16;
const MAX_FIELDS = 128;
const MAX_FIELD_NAME_CHARACTERS = 64;

/** Read elsewhere into the canonical form. */
const CANONICAL: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'seed',
  'reasoning_effort',
  'stream',
  'stream_options',
]);

/** Labels and hints: an answer without them is the same answer. */
const HARMLESS: ReadonlySet<string> = new Set([
  'user',
  'metadata',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
]);

/** Where a call goes, with which key and to which models is the operator's to say; proxies upstream would obey these. */
const REFUSED: Readonly<Record<string, string>> = {
  api_base: 'the operator configures where calls go',
  base_url: 'the operator configures where calls go',
  azure_endpoint: 'the operator configures where calls go',
  custom_llm_provider: 'name a provider as provider:author/name in model',
  api_key: 'send your key as a bearer token',
  api_version: 'the operator configures it',
  extra_headers: 'the operator configures them',
  extra_body: 'put its fields beside the others',
  litellm_params: 'the operator configures them',
  model_list: 'name models in a policy',
  models: 'name models in a policy',
  fallbacks: 'name models in a policy',
  context_window_fallbacks: 'name models in a policy',
  provider: 'choose providers in a policy, or name one as provider:author/name in model',
  route: 'choose how to fall back in a policy',
};

const needsOf = (name: string, value: Exclude<Json, null>): Feature | undefined => {
  switch (name) {
    case 'n':
      return (optionalWhole(value, 'n', { from: 1, to: MAX_CHOICES }) ?? 1) > 1 ? 'choices' : undefined;
    case 'logprobs':
      return value === false ? undefined : 'logprobs';
    case 'top_logprobs':
      return value === 0 ? undefined : 'logprobs';
    case 'presence_penalty':
    case 'frequency_penalty':
      return optionalNumber(value, name, { from: -2, to: 2 }) === 0 ? undefined : 'penalties';
    case 'logit_bias':
      return Object.keys(objectAt(value, 'logit_bias')).length === 0 ? undefined : 'logit_bias';
    case 'top_k':
      optionalWhole(value, 'top_k', { from: -1, to: 1_000_000 });
      return 'top_k';
    case 'audio':
      return 'audio';
    case 'modalities':
      return Array.isArray(value) && value.every((one) => one === 'text') ? undefined : 'audio';
    case 'service_tier':
      return value === 'auto' || value === 'default' ? undefined : 'field:service_tier';
    case 'store':
      return value === false ? undefined : 'field:store';
    default:
      return `field:${name.slice(0, MAX_FIELD_NAME_CHARACTERS)}`;
  }
};

/** Adds to `features` what the body's other fields ask for; refuses what is not a caller's to say. */
export const collectFeatures = (body: JsonObject, features: Set<Feature>): void => {
  const names = Object.keys(body);
  if (names.length > MAX_FIELDS)
    refuse('body', `The body has ${names.length} fields; at most ${MAX_FIELDS} are taken.`);
  for (const name of names) {
    const value = body[name];
    const why = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
    if (why !== undefined) refuse(name, `${name} is not taken from a request: ${why}.`);
    if (!isSet(value) || CANONICAL.has(name) || HARMLESS.has(name)) continue;
    const need = needsOf(name, value);
    if (need !== undefined) features.add(need);
  }
};

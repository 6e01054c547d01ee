// A chat client's body into the canonical request: loose in what it keeps, exact in what it reads.
import type { ChatRequest, Effort, Json, JsonObject } from '../core/chat.ts';
import type { Feature } from '../core/dialect.ts';
import { RouterError } from '../core/errors.ts';
import { collectFeatures, MAX_CHOICES } from './chat-features.ts';
import { parseChatMessages } from './chat-messages.ts';
import { parseChatTools, parseResponseFormat, parseToolChoice } from './chat-tools.ts';
import {
  isJsonObject,
  isSet,
  listAt,
  nameAt,
  objectAt,
  optionalBoolean,
  optionalNumber,
  optionalWhole,
  refuse,
  stringAt,
} from './json-fields.ts';

const MAX_MODEL_CHARACTERS = 256;
const MAX_STOPS = 16;
const MAX_STOP_CHARACTERS = 1024;
const MAX_OUTPUT_TOKENS = 10_000_000;
const TOKEN_RANGE = { from: 1, to: MAX_OUTPUT_TOKENS };
const SEED_RANGE = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER };

const stopsOf = (value: Json | undefined): readonly string[] => {
  if (!isSet(value)) return [];
  const list = typeof value === 'string' ? [value] : listAt(value, 'stop', MAX_STOPS);
  return list.map((stop, at) => nameAt(stop, `stop[${at}]`, MAX_STOP_CHARACTERS));
};

const effortOf = (value: Json | undefined, features: Set<Feature>): Effort | undefined => {
  if (!isSet(value)) return undefined;
  switch (value) {
    case 'none':
    case 'minimal':
    case 'low':
    case 'medium':
    case 'high':
      return value;
    case 'xhigh':
    case 'max':
      // Beyond what every dialect has a word for.
      features.add(`field:reasoning_effort.${value}`);
      return 'high';
    default:
      return refuse('reasoning_effort', 'reasoning_effort must be none, minimal, low, medium or high.');
  }
};

const includesUsage = (value: Json | undefined): boolean =>
  isSet(value)
    ? (optionalBoolean(objectAt(value, 'stream_options')['include_usage'], 'stream_options.include_usage') ?? false)
    : false;

const samplingOf = (body: JsonObject, features: Set<Feature>) => {
  const maxOutputTokens =
    optionalWhole(body['max_completion_tokens'], 'max_completion_tokens', TOKEN_RANGE) ??
    optionalWhole(body['max_tokens'], 'max_tokens', TOKEN_RANGE);
  const temperature = optionalNumber(body['temperature'], 'temperature', { from: 0, to: 2 });
  const topP = optionalNumber(body['top_p'], 'top_p', { from: 0, to: 1 });
  const seed = optionalWhole(body['seed'], 'seed', SEED_RANGE);
  const choices = optionalWhole(body['n'], 'n', { from: 1, to: MAX_CHOICES });
  const effort = effortOf(body['reasoning_effort'], features);
  if (seed !== undefined) features.add('seed');
  return {
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(choices === undefined || choices === 1 ? {} : { choices }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(seed === undefined ? {} : { seed }),
    ...(effort === undefined ? {} : { effort }),
  };
};

/**
 * @param body the parsed JSON of POST /v1/chat/completions
 * @param bytes its size on the wire
 * @throws RouterError invalid_request, with `param` and a message that says how to mend it
 */
export const parseChatRequest = (body: unknown, bytes: number): ChatRequest => {
  if (!isJsonObject(body))
    throw new RouterError('invalid_request', 'The body must be a JSON object with model and messages.');
  const features = new Set<Feature>();
  collectFeatures(body, features);
  const model = nameAt(stringAt(body['model'] ?? '', 'model'), 'model', MAX_MODEL_CHARACTERS);
  const messages = parseChatMessages(body['messages'], features);
  const tools = parseChatTools(body['tools'], features);
  const toolChoice = parseToolChoice(body['tool_choice'], tools, features);
  if (optionalBoolean(body['parallel_tool_calls'], 'parallel_tool_calls') === false) features.add('serial_tools');
  const output = parseResponseFormat(body['response_format'], features);
  const sampling = samplingOf(body, features);
  return {
    dialect: 'chat',
    model,
    messages,
    tools,
    ...(toolChoice === undefined ? {} : { toolChoice }),
    output,
    ...sampling,
    stop: stopsOf(body['stop']),
    stream: optionalBoolean(body['stream'], 'stream') ?? false,
    includeUsage: includesUsage(body['stream_options']),
    features: [...features],
    body,
    bytes,
  };
};

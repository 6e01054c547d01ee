// Anthropic Messages as a simulated provider speaks them.
import { z } from 'zod';
import type { JsonObject } from '../core/chat.ts';
import type { Heard, Script } from './answer.ts';
import { type Chunk, evenly, messageOf, type Problem, type Stamp, sse, type Wire, type WireError } from './wire.ts';

const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());
const block = z.looseObject({ type: z.string(), text: z.string().optional() });
const text = z.union([z.string(), z.array(block)]);
const format = z.looseObject({ type: z.string(), schema: json.optional() });

const body = z.looseObject({
  model: z.string(),
  max_tokens: z.int().positive(),
  system: text.optional(),
  messages: z.array(z.looseObject({ role: z.enum(['user', 'assistant']), content: text })).min(1),
  tools: z.array(z.looseObject({ name: z.string(), input_schema: json.optional() })).optional(),
  tool_choice: z.looseObject({ type: z.string(), name: z.string().optional() }).optional(),
  stop_sequences: z.array(z.string()).optional(),
  stream: z.boolean().optional(),
  output_config: z.looseObject({ format: format.nullish() }).optional(),
  output_format: format.nullish(),
});
type Body = z.infer<typeof body>;

const textOf = (said: z.infer<typeof text> | undefined): string => {
  if (said === undefined || typeof said === 'string') return said ?? '';
  return said.map((part) => part.text ?? (part.type === 'image' ? '' : JSON.stringify(part))).join('\n');
};

const roleOf = ({ role, content }: Body['messages'][number]): 'user' | 'assistant' | 'tool' =>
  Array.isArray(content) && content.some((part) => part.type === 'tool_result') ? 'tool' : role;

const choiceOf = ({ tool_choice: choice }: Body): Heard['callTools'] => {
  if (choice?.name !== undefined) return { name: choice.name };
  return choice?.type === 'none' ? 'never' : 'may';
};

const heardOf = (parsed: Body): Heard => {
  const schema = (parsed.output_config?.format ?? parsed.output_format)?.schema;
  const tools = parsed.tools ?? [];
  return {
    system: textOf(parsed.system),
    turns: parsed.messages.map((said) => ({ role: roleOf(said), text: textOf(said.content) })),
    tools: tools.map((tool) => ({ name: tool.name, parameters: tool.input_schema ?? {} })),
    callTools: choiceOf(parsed),
    ...(schema ? { schema } : {}),
    maxTokens: parsed.max_tokens,
    stop: parsed.stop_sequences ?? [],
    stream: parsed.stream ?? false,
    includeUsage: true,
    // Nothing is cached unless a block asks for it.
    cache: JSON.stringify(parsed).includes('"cache_control"') ? 'asked' : 'off',
  };
};

/** Input tokens are those neither read from the cache nor written to it. */
const inputUsage = ({ tokens }: Script): JsonObject => ({
  input_tokens: tokens.input,
  cache_creation_input_tokens: tokens.cacheWrite,
  cache_read_input_tokens: tokens.cached,
});
const outputTokens = ({ tokens }: Script): number => tokens.text + tokens.reasoning;

const STOP_REASON = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' } as const;

const toolId = (id: string): string => id.replace(/^call_/, 'toolu_');

const whole = (script: Script, { wireId }: Stamp): JsonObject => {
  const { toolCall } = script;
  const content: JsonObject = toolCall
    ? {
        type: 'tool_use',
        id: toolId(toolCall.id),
        name: toolCall.name,
        input: JSON.parse(toolCall.arguments.join('')),
      }
    : { type: 'text', text: script.pieces.join('') };
  return {
    id: `msg_${script.id}`,
    type: 'message',
    role: 'assistant',
    model: wireId,
    content: [content],
    stop_reason: STOP_REASON[script.finish],
    stop_sequence: null,
    usage: { ...inputUsage(script), output_tokens: outputTokens(script) },
  };
};

const say = (type: string, rest: JsonObject = {}): string => sse({ type, ...rest }, type);

function* stream(script: Script, stamp: Stamp): Iterable<Chunk> {
  const { toolCall, tokens } = script;
  const message = { ...whole(script, stamp), content: [], stop_reason: null };
  const usage = { ...inputUsage(script), output_tokens: 1 };
  yield { frame: say('message_start', { message: { ...message, usage } }), tokens: 0 };
  const opening: JsonObject = toolCall
    ? { type: 'tool_use', id: toolId(toolCall.id), name: toolCall.name, input: {} }
    : { type: 'text', text: '' };
  yield { frame: say('content_block_start', { index: 0, content_block: opening }), tokens: tokens.reasoning };
  yield { frame: say('ping'), tokens: 0 };
  const pieces = toolCall?.arguments ?? script.pieces;
  for (const piece of pieces) {
    const delta: JsonObject = toolCall
      ? { type: 'input_json_delta', partial_json: piece }
      : { type: 'text_delta', text: piece };
    yield { frame: say('content_block_delta', { index: 0, delta }), tokens: evenly(tokens.text, pieces.length) };
  }
  yield { frame: say('content_block_stop', { index: 0 }), tokens: 0 };
  const delta = { stop_reason: STOP_REASON[script.finish], stop_sequence: null };
  yield { frame: say('message_delta', { delta, usage: { output_tokens: outputTokens(script) } }), tokens: 0 };
  yield { frame: say('message_stop'), tokens: 0 };
}

const ERROR_OF = {
  credential: { status: 401, type: 'authentication_error' },
  unknown_path: { status: 404, type: 'not_found_error' },
  unknown_model: { status: 404, type: 'not_found_error' },
  bad_request: { status: 400, type: 'invalid_request_error' },
  context: { status: 400, type: 'invalid_request_error' },
  rate_limited: { status: 429, type: 'rate_limit_error' },
  server_error: { status: 500, type: 'api_error' },
  overloaded: { status: 529, type: 'overloaded_error' },
} as const satisfies Record<Problem['kind'], object>;

const error = (problem: Problem): WireError => {
  const { status, type } = ERROR_OF[problem.kind];
  const headers: Record<string, string> =
    problem.kind === 'rate_limited' ? { 'retry-after': String(problem.retryAfterSeconds) } : {};
  const message =
    problem.kind === 'context'
      ? `prompt is too long: ${problem.tokens} tokens > ${problem.context} maximum`
      : messageOf(problem);
  return { status, headers, body: { type: 'error', error: { type, message }, request_id: 'req_demo' } };
};

export const messagesWire: Wire = {
  dialect: 'messages',
  // The header of the API's pages, and the one its newer SDKs send.
  callOf: (url, headers) => {
    if (!url.pathname.endsWith('/messages')) return undefined;
    const key = headers['x-api-key'];
    return { key: typeof key === 'string' ? key : headers.authorization?.replace(/^Bearer /i, '') };
  },
  hear: (said) => {
    const parsed = body.safeParse(said);
    if (!parsed.success) return z.prettifyError(parsed.error);
    return { wireId: parsed.data.model, heard: heardOf(parsed.data) };
  },
  whole,
  stream,
  error,
};

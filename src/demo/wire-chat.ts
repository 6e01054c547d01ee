// OpenAI chat completions as a simulated provider speaks them.
import { z } from 'zod';
import type { JsonObject } from '../core/chat.ts';
import type { Heard, Script } from './answer.ts';
import { type Chunk, evenly, messageOf, type Problem, type Stamp, sse, type Wire, type WireError } from './wire.ts';

const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());
const content = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() })), z.null()]).optional();

const body = z.looseObject({
  model: z.string(),
  messages: z
    .array(z.looseObject({ role: z.string(), content, tool_calls: z.array(z.unknown()).optional() }))
    .min(1, 'messages must not be empty'),
  tools: z
    .array(z.looseObject({ function: z.looseObject({ name: z.string(), parameters: json.optional() }) }))
    .nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ function: z.looseObject({ name: z.string() }) })]).nullish(),
  response_format: z
    .looseObject({ type: z.string(), json_schema: z.looseObject({ schema: json.optional() }).optional() })
    .nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
});
type Body = z.infer<typeof body>;
type Said = Body['messages'][number];

const ANY_OBJECT: JsonObject = {
  type: 'object',
  required: ['answer'],
  properties: { answer: { type: 'string' } },
};

const textOf = ({ content: said, tool_calls: calls }: Said): string => {
  const text = typeof said === 'string' ? said : (said ?? []).map((part) => part.text ?? '').join('\n');
  return calls ? `${text}${JSON.stringify(calls)}` : text;
};

const isSystem = ({ role }: Said): boolean => role === 'system' || role === 'developer';
const roleOf = ({ role }: Said): 'user' | 'assistant' | 'tool' =>
  role === 'assistant' || role === 'tool' ? role : 'user';

const schemaOf = ({ response_format: format }: Body): JsonObject | undefined => {
  if (format?.type === 'json_object') return ANY_OBJECT;
  return format?.type === 'json_schema' ? (format.json_schema?.schema ?? ANY_OBJECT) : undefined;
};

const choiceOf = ({ tool_choice: choice }: Body): Heard['callTools'] => {
  if (typeof choice === 'object' && choice) return { name: choice.function.name };
  return choice === 'none' ? 'never' : 'may';
};

const heardOf = (parsed: Body): Heard => {
  const schema = schemaOf(parsed);
  const maxTokens = parsed.max_completion_tokens ?? parsed.max_tokens ?? undefined;
  const tools = parsed.tools ?? [];
  return {
    system: parsed.messages.filter(isSystem).map(textOf).join('\n'),
    turns: parsed.messages
      .filter((said) => !isSystem(said))
      .map((said) => ({ role: roleOf(said), text: textOf(said) })),
    tools: tools.map((tool) => ({ name: tool.function.name, parameters: tool.function.parameters ?? {} })),
    callTools: choiceOf(parsed),
    ...(schema ? { schema } : {}),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    stop: typeof parsed.stop === 'string' ? [parsed.stop] : (parsed.stop ?? []),
    stream: parsed.stream ?? false,
    includeUsage: parsed.stream_options?.include_usage ?? false,
    cache: 'implicit',
  };
};

/** Prompt tokens include the cached ones, completion tokens the reasoning. */
const usageOf = ({ tokens }: Script): JsonObject => {
  const prompt = tokens.input + tokens.cached + tokens.cacheWrite;
  const completion = tokens.text + tokens.reasoning;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: tokens.cached },
    completion_tokens_details: { reasoning_tokens: tokens.reasoning },
  };
};

const headOf = (script: Script, stamp: Stamp, object: string): JsonObject => ({
  id: `chatcmpl-${script.id}`,
  object,
  created: Math.floor(stamp.at / 1000),
  model: stamp.wireId,
});

const whole = (script: Script, stamp: Stamp): JsonObject => {
  const { toolCall } = script;
  const message: JsonObject = toolCall
    ? {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: toolCall.id,
            type: 'function',
            function: { name: toolCall.name, arguments: toolCall.arguments.join('') },
          },
        ],
      }
    : { role: 'assistant', content: script.pieces.join(''), refusal: null };
  return {
    ...headOf(script, stamp, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: script.finish }],
    usage: usageOf(script),
  };
};

function* stream(script: Script, stamp: Stamp): Iterable<Chunk> {
  const head = headOf(script, stamp, 'chat.completion.chunk');
  const usage: JsonObject = stamp.includeUsage ? { usage: null } : {};
  const say = (delta: JsonObject, finish: string | null = null): string =>
    sse({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...usage });
  const { toolCall, pieces, tokens } = script;
  yield { frame: say({ role: 'assistant', content: toolCall ? null : '' }), tokens: tokens.reasoning };
  if (toolCall) {
    const { id, name } = toolCall;
    yield {
      frame: say({ tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: '' } }] }),
      tokens: 0,
    };
    for (const piece of toolCall.arguments)
      yield {
        frame: say({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
        tokens: evenly(tokens.text, toolCall.arguments.length),
      };
  }
  for (const piece of pieces) yield { frame: say({ content: piece }), tokens: evenly(tokens.text, pieces.length) };
  yield { frame: say({}, script.finish), tokens: 0 };
  if (stamp.includeUsage) yield { frame: sse({ ...head, choices: [], usage: usageOf(script) }), tokens: 0 };
  yield { frame: 'data: [DONE]\n\n', tokens: 0 };
}

const ERROR_OF = {
  credential: { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' },
  unknown_path: { status: 404, type: 'invalid_request_error', code: 'unknown_url' },
  unknown_model: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  bad_request: { status: 400, type: 'invalid_request_error', code: null },
  context: { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' },
  rate_limited: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  server_error: { status: 500, type: 'server_error', code: null },
  overloaded: { status: 503, type: 'server_error', code: 'server_is_overloaded' },
} as const satisfies Record<Problem['kind'], object>;

const error = (problem: Problem): WireError => {
  const { status, type, code } = ERROR_OF[problem.kind];
  const headers: Record<string, string> =
    problem.kind === 'rate_limited' ? { 'retry-after': String(problem.retryAfterSeconds) } : {};
  return { status, headers, body: { error: { message: messageOf(problem), type, param: null, code } } };
};

export const chatWire: Wire = {
  dialect: 'chat',
  callOf: (url, headers) =>
    url.pathname.endsWith('/chat/completions') ? { key: headers.authorization?.replace(/^Bearer /i, '') } : undefined,
  hear: (text) => {
    const parsed = body.safeParse(text);
    if (!parsed.success) return z.prettifyError(parsed.error);
    return { wireId: parsed.data.model, heard: heardOf(parsed.data) };
  },
  whole,
  stream,
  error,
};

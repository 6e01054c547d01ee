// Gemini generateContent as a simulated provider speaks it.
import { z } from 'zod';
import type { JsonObject } from '../core/chat.ts';
import type { Heard, Script } from './answer.ts';
import { type Chunk, evenly, messageOf, type Problem, type Stamp, sse, type Wire, type WireError } from './wire.ts';

const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());
const part = z.looseObject({ text: z.string().optional() });
const content = z.looseObject({ role: z.string().optional(), parts: z.array(part).default([]) });

const body = z.looseObject({
  contents: z.array(content).min(1),
  systemInstruction: content.optional(),
  tools: z
    .array(
      z.looseObject({
        functionDeclarations: z
          .array(
            z.looseObject({
              name: z.string(),
              parameters: json.optional(),
              parametersJsonSchema: json.optional(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
  toolConfig: z
    .looseObject({
      functionCallingConfig: z
        .looseObject({ mode: z.string().optional(), allowedFunctionNames: z.array(z.string()).optional() })
        .optional(),
    })
    .optional(),
  generationConfig: z
    .looseObject({
      maxOutputTokens: z.int().positive().optional(),
      stopSequences: z.array(z.string()).optional(),
      responseMimeType: z.string().optional(),
      responseSchema: json.optional(),
      responseJsonSchema: json.optional(),
    })
    .optional(),
});
type Body = z.infer<typeof body>;
type Content = z.infer<typeof content>;

const textOf = (said: Content | undefined): string =>
  (said?.parts ?? [])
    .map((piece) => piece.text ?? ('inlineData' in piece || 'fileData' in piece ? '' : JSON.stringify(piece)))
    .join('\n');

const roleOf = ({ role, parts }: Content): 'user' | 'assistant' | 'tool' => {
  if (role === 'function' || parts.some((piece) => 'functionResponse' in piece)) return 'tool';
  return role === 'model' ? 'assistant' : 'user';
};

const choiceOf = ({ toolConfig }: Body): Heard['callTools'] => {
  const config = toolConfig?.functionCallingConfig;
  const [only, another] = config?.allowedFunctionNames ?? [];
  if (only !== undefined && another === undefined) return { name: only };
  return config?.mode === 'NONE' ? 'never' : 'may';
};

const heardOf = (parsed: Body, stream: boolean): Heard => {
  const config = parsed.generationConfig;
  const wantsJson = config?.responseMimeType === 'application/json';
  const schema = wantsJson ? (config.responseJsonSchema ?? config.responseSchema ?? { type: 'object' }) : undefined;
  const tools = parsed.tools.flatMap((tool) => tool.functionDeclarations);
  return {
    system: textOf(parsed.systemInstruction),
    turns: parsed.contents.map((said) => ({ role: roleOf(said), text: textOf(said) })),
    tools: tools.map((tool) => ({ name: tool.name, parameters: tool.parametersJsonSchema ?? tool.parameters ?? {} })),
    callTools: choiceOf(parsed),
    ...(schema ? { schema } : {}),
    ...(config?.maxOutputTokens === undefined ? {} : { maxTokens: config.maxOutputTokens }),
    stop: config?.stopSequences ?? [],
    stream,
    includeUsage: true,
    cache: 'implicit',
  };
};

/** The prompt count includes the cached tokens; the candidates' count excludes the thoughts. */
const usageOf = ({ tokens }: Script): JsonObject => {
  const prompt = tokens.input + tokens.cached + tokens.cacheWrite;
  return {
    promptTokenCount: prompt,
    ...(tokens.cached > 0 ? { cachedContentTokenCount: tokens.cached } : {}),
    candidatesTokenCount: tokens.text,
    ...(tokens.reasoning > 0 ? { thoughtsTokenCount: tokens.reasoning } : {}),
    totalTokenCount: prompt + tokens.text + tokens.reasoning,
  };
};

type Saying = { readonly parts: readonly JsonObject[]; readonly last: boolean };

const responseOf = (script: Script, { wireId }: Stamp, { parts, last }: Saying): JsonObject => ({
  candidates: [
    {
      content: { role: 'model', parts },
      index: 0,
      ...(last ? { finishReason: script.finish === 'length' ? 'MAX_TOKENS' : 'STOP' } : {}),
    },
  ],
  usageMetadata: usageOf(script),
  modelVersion: wireId,
  responseId: script.id,
});

const partsOf = ({ toolCall, pieces }: Script): readonly JsonObject[] =>
  toolCall
    ? [{ functionCall: { name: toolCall.name, args: JSON.parse(toolCall.arguments.join('')) } }]
    : pieces.map((text) => ({ text }));

const whole = (script: Script, stamp: Stamp): JsonObject => {
  const parts = script.toolCall ? partsOf(script) : [{ text: script.pieces.join('') }];
  return responseOf(script, stamp, { parts, last: true });
};

/** Tool calls come whole, in one event; the last event of all carries the reason it ended. */
function* stream(script: Script, stamp: Stamp): Iterable<Chunk> {
  const parts = partsOf(script);
  for (const [at, piece] of parts.entries()) {
    const frame = sse(responseOf(script, stamp, { parts: [piece], last: false }));
    const made = evenly(script.tokens.text, parts.length);
    yield { frame, tokens: at === 0 ? made + script.tokens.reasoning : made };
  }
  yield { frame: sse(responseOf(script, stamp, { parts: [{ text: '' }], last: true })), tokens: 0 };
}

const ERROR_OF = {
  credential: { status: 400, code: 'INVALID_ARGUMENT', reason: 'API_KEY_INVALID' },
  unknown_path: { status: 404, code: 'NOT_FOUND' },
  unknown_model: { status: 404, code: 'NOT_FOUND' },
  bad_request: { status: 400, code: 'INVALID_ARGUMENT' },
  context: { status: 400, code: 'INVALID_ARGUMENT' },
  rate_limited: { status: 429, code: 'RESOURCE_EXHAUSTED' },
  server_error: { status: 500, code: 'INTERNAL' },
  overloaded: { status: 503, code: 'UNAVAILABLE' },
} as const satisfies Record<Problem['kind'], object>;

const detailsOf = (problem: Problem): readonly JsonObject[] => {
  if (problem.kind === 'rate_limited')
    return [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${problem.retryAfterSeconds}s` }];
  if (problem.kind !== 'credential') return [];
  const { reason } = ERROR_OF.credential;
  return [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }];
};

const error = (problem: Problem): WireError => {
  const { status, code } = ERROR_OF[problem.kind];
  const message =
    problem.kind === 'context'
      ? `The input token count (${problem.tokens}) exceeds the maximum number of tokens allowed (${problem.context}).`
      : messageOf(problem);
  return { status, headers: {}, body: { error: { code: status, message, status: code, details: detailsOf(problem) } } };
};

const CALL = /\/models\/([^/:]+):(generateContent|streamGenerateContent)$/;

export const geminiWire: Wire = {
  dialect: 'gemini',
  callOf: (url, headers) => {
    const [, wireId, verb] = CALL.exec(url.pathname) ?? [];
    if (wireId === undefined) return undefined;
    const header = headers['x-goog-api-key'];
    const key = typeof header === 'string' ? header : (url.searchParams.get('key') ?? undefined);
    return { key, wireId: decodeURIComponent(wireId), stream: verb === 'streamGenerateContent' };
  },
  hear: (said, { wireId = '', stream: streaming = false }) => {
    const parsed = body.safeParse(said);
    if (!parsed.success) return z.prettifyError(parsed.error);
    return { wireId, heard: heardOf(parsed.data, streaming) };
  },
  whole,
  stream,
  error,
};

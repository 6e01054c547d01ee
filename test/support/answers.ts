// One answer, said as a provider of each dialect would say it: whole or as a stream, whichever the request asks for.
import type { DialectName } from '../../src/core/dialect.ts';
import { geminiScript, geminiSse } from './gemini-wire.ts';
import { type Block, messageScript, messagesSse } from './messages-wire.ts';
import { json, type Script, type Seen, type Step, sse } from './upstream.ts';

export type Said = {
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly args: object }[];
  readonly input?: number;
  readonly output?: number;
  readonly cached?: number;
};

export const wantsStream = (dialect: DialectName, { path, body }: Seen): boolean =>
  dialect === 'gemini' ? path.includes(':streamGenerateContent') : JSON.parse(body)['stream'] === true;

const stream = (text: string): Script => ({
  headers: { 'content-type': 'text/event-stream' },
  steps: [{ send: text }],
});

/** Three pieces at most, none empty. */
const pieces = (text: string): readonly string[] => text.match(/[^]{1,7}/gu) ?? [];

const chatUsage = ({ input = 40, output = 12, cached = 0 }: Said) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cached },
});

const chatCalls = ({ calls = [] }: Said) =>
  calls.map(({ name, args }, index) => ({
    index,
    id: `call_${index}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }));

const chat = (said: Said, streams: boolean): Script => {
  const calls = chatCalls(said);
  const reason = calls.length > 0 ? 'tool_calls' : 'stop';
  const shell = { id: 'upstream-1', created: 1, model: 'upstream-wire-model' };
  if (!streams)
    return json({
      ...shell,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: said.text ?? null,
            ...(calls.length > 0 ? { tool_calls: calls.map(({ index: _, ...call }) => call) } : {}),
          },
          finish_reason: reason,
        },
      ],
      usage: chatUsage(said),
    });
  const chunk = (delta: object, finish: string | null = null) => ({
    ...shell,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  return sse(
    chunk({ role: 'assistant', content: '' }),
    ...pieces(said.text ?? '').map((content) => chunk({ content })),
    ...calls.map((call) => chunk({ tool_calls: [call] })),
    chunk({}, reason),
    { ...shell, object: 'chat.completion.chunk', choices: [], usage: chatUsage(said) },
    '[DONE]',
  );
};

const messages = (said: Said, streams: boolean): Script => {
  const { text = '', calls = [], input = 40, output = 12, cached = 0 } = said;
  const reason = calls.length > 0 ? 'tool_use' : 'end_turn';
  const counts = { input_tokens: input - cached, cache_read_input_tokens: cached };
  if (streams) {
    const blocks: Block[] = [
      ...(text === '' ? [] : [{ kind: 'text', pieces: pieces(text) } as const]),
      ...calls.map(({ name, args }, at) => ({
        kind: 'tool' as const,
        id: `toolu_${at}`,
        name,
        pieces: pieces(JSON.stringify(args)),
      })),
    ];
    return stream(
      messagesSse(
        messageScript({
          blocks,
          reason,
          pings: true,
          startCounts: { ...counts, output_tokens: 1 },
          endCounts: { ...counts, output_tokens: output },
        }),
      ),
    );
  }
  return json({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'upstream-wire-model',
    content: [
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...calls.map(({ name, args }, at) => ({ type: 'tool_use', id: `toolu_${at}`, name, input: args })),
    ],
    stop_reason: reason,
    stop_sequence: null,
    usage: { ...counts, output_tokens: output },
  });
};

const gemini = (said: Said, streams: boolean): Script => {
  const { text = '', calls = [], input = 40, output = 12, cached = 0 } = said;
  const counts = {
    promptTokenCount: input,
    candidatesTokenCount: output,
    totalTokenCount: input + output,
    ...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
  };
  const functionCalls = calls.map(({ name, args }) => ({ functionCall: { name, args } }));
  if (streams) {
    const chunks = [...pieces(text).map((piece) => [{ text: piece }]), ...functionCalls.map((part) => [part])];
    return stream(geminiSse(geminiScript({ chunks, counts })));
  }
  const parts = [...(text === '' ? [] : [{ text }]), ...functionCalls];
  return json({
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }],
    usageMetadata: counts,
    modelVersion: 'upstream-wire-model',
  });
};

const WRITERS = { chat, messages, gemini } as const;

/** Says it whole to a request that wants it whole, and as a stream to one that streams. */
export const says =
  (dialect: DialectName, said: Said) =>
  (seen: Seen): Script =>
    WRITERS[dialect](said, wantsStream(dialect, seen));

/** The events of a streamed answer, cut after its first content. */
const halves = (script: Script): readonly [string, string] => {
  const [first] = script.steps;
  const events = first && 'send' in first ? first.send.toString().split(/\r?\n\r?\n/) : [];
  const middle = Math.max(2, Math.floor(events.length / 2));
  return [`${events.slice(0, middle).join('\n\n')}\n\n`, events.slice(middle).join('\n\n')];
};

/** As `says`, but the stream stops after its first content and goes on as told. */
export const begins =
  (dialect: DialectName, said: Said, ...then: readonly Step[]) =>
  (): Script => {
    const script = WRITERS[dialect](said, true);
    return { ...script, steps: [{ send: halves(script)[0] }, ...then] };
  };

/** As `says`, but the stream rests after its first content until the gate opens. */
export const rests = (dialect: DialectName, said: Said, gate: Promise<unknown>) => (): Script => {
  const script = WRITERS[dialect](said, true);
  const [begin, rest] = halves(script);
  return { ...script, steps: [{ send: begin }, { until: gate }, { send: rest }] };
};

const MESSAGES_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};
const CHAT_TYPES: Readonly<Record<number, string>> = { 401: 'invalid_request_error', 429: 'rate_limit_error' };

/** An error in the dialect's own body. */
export const fails = (dialect: DialectName, status: number, headers: Readonly<Record<string, string>> = {}): Script => {
  switch (dialect) {
    case 'chat':
      return json(
        { error: { message: 'Because.', type: CHAT_TYPES[status] ?? 'server_error', code: null } },
        status,
        headers,
      );
    case 'messages': {
      const type = MESSAGES_TYPES[status] ?? 'api_error';
      return json({ type: 'error', error: { type, message: 'Because.' } }, status, headers);
    }
    case 'gemini': {
      const word = status === 429 ? 'RESOURCE_EXHAUSTED' : 'UNAVAILABLE';
      return json({ error: { code: status, message: 'Because.', status: word } }, status, headers);
    }
    default:
      return dialect satisfies never;
  }
};

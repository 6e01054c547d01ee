// The voice of Google's Gemini dialect.
import type { WireError } from './acts.ts';
import type { Saying, Voice } from './voice.ts';

const STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

const REASONS: Readonly<Record<string, string>> = { stop: 'STOP', length: 'MAX_TOKENS', content_filter: 'SAFETY' };

const event = (json: object): string => `data: ${JSON.stringify(json)}\r\n\r\n`;

const errorOf = ({ status, type, details }: WireError, message: string) => ({
  error: { code: status, message, status: type ?? STATUS[status] ?? 'UNKNOWN', ...(details ? { details } : {}) },
});

const counts = ({ input, output, lie = {} }: Saying) => ({
  promptTokenCount: lie.input ?? input,
  candidatesTokenCount: lie.output ?? output,
  totalTokenCount: input + output,
});

const response = (parts: readonly object[], more: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
  modelVersion: 'wire',
  responseId: 'r-truth',
});

const reasonOf = ({ reason = 'stop' }: Saying): string => REASONS[reason] ?? reason;

export const geminiVoice = (): Voice => ({
  // It has no role event; counts of the prompt come with the first content.
  role: () => '',
  token: (text) => event(response([{ text }])),
  // Calls come whole or not at all.
  tool: (part) => (part === 'rest' ? event(response([{ functionCall: { name: 'find', args: { parcel: '7' } } }])) : ''),
  finish: (saying) => event({ ...response([], { finishReason: reasonOf(saying) }), usageMetadata: counts(saying) }),
  usage: () => '',
  done: () => '',
  whole: (saying) =>
    JSON.stringify({
      ...response([{ text: saying.text }], { finishReason: reasonOf(saying) }),
      usageMetadata: counts(saying),
    }),
  errorBody: (error, message) => JSON.stringify(errorOf(error, message)),
  inband: (error, message) => event(errorOf(error, message)),
});

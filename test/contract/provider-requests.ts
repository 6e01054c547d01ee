// The requests every provider must be able to send, in canonical form, as a client of some other dialect would have made them.
import type { ChatRequest, Tool } from '../../src/core/chat.ts';
import type { DialectName } from '../../src/core/dialect.ts';

const PNG = 'iVBORw0KGgo=';

export const WEATHER: Tool = {
  name: 'weather',
  description: 'Weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

export const SCHEMA = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
} as const;

const base = (dialect: DialectName): ChatRequest => ({
  dialect,
  model: 'auto',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello?' }] }],
  tools: [],
  output: { kind: 'text' },
  stop: [],
  stream: false,
  includeUsage: false,
  features: [],
  // A body of the client's own dialect; nothing of it may reach a provider of another.
  body: { model: 'auto', marker: 'the client’s own body' },
  bytes: 100,
});

export const CONTRACT_REQUESTS = {
  plain: base,
  /** A system prompt and several turns. */
  turns: (dialect: DialectName): ChatRequest => ({
    ...base(dialect),
    messages: [
      { role: 'system', text: 'Be brief.' },
      { role: 'user', parts: [{ type: 'text', text: 'One?' }] },
      { role: 'assistant', text: 'Two.', toolCalls: [] },
      { role: 'user', parts: [{ type: 'text', text: 'Three?' }] },
    ],
  }),
  /** Text and an inline PNG. */
  image: (dialect: DialectName): ChatRequest => ({
    ...base(dialect),
    messages: [
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', source: { from: 'base64', mediaType: 'image/png', data: PNG } },
        ],
      },
    ],
  }),
  /** A tool, demanded. */
  tools: (dialect: DialectName): ChatRequest => ({ ...base(dialect), tools: [WEATHER], toolChoice: 'required' }),
  /** Two calls made at once and both their results. */
  results: (dialect: DialectName): ChatRequest => ({
    ...base(dialect),
    tools: [WEATHER],
    messages: [
      { role: 'user', parts: [{ type: 'text', text: 'Weather in Oslo and Rome?' }] },
      {
        role: 'assistant',
        text: '',
        toolCalls: [
          { id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
          { id: 'call_2', name: 'weather', arguments: '{"city":"Rome"}' },
        ],
      },
      { role: 'tool', callId: 'call_1', name: 'weather', text: 'snow', isError: false },
      { role: 'tool', callId: 'call_2', name: 'weather', text: 'sun', isError: false },
    ],
  }),
  /** Output that follows SCHEMA. */
  schema: (dialect: DialectName): ChatRequest => ({
    ...base(dialect),
    output: { kind: 'schema', name: 'reply', schema: SCHEMA, strict: true },
  }),
  /** Stop words, temperature, top_p and a cap of 64 tokens. */
  settings: (dialect: DialectName): ChatRequest => ({
    ...base(dialect),
    stop: ['END'],
    temperature: 0.5,
    topP: 0.9,
    maxOutputTokens: 64,
  }),
  /** Little thinking. */
  effort: (dialect: DialectName): ChatRequest => ({ ...base(dialect), effort: 'low' }),
} as const satisfies Readonly<Record<string, (dialect: DialectName) => ChatRequest>>;

export type ContractRequestName = keyof typeof CONTRACT_REQUESTS;

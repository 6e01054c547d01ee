// The provider contract for the chat dialect, with the words of OpenAI and of those who copy it.
import { createOpenAiCompatible } from '../../src/adapters/openai-compatible.ts';
import { PLAIN_CHAT } from '../../src/dialects/chat-quirks.ts';
import { json, type Script } from '../support/upstream.ts';
import { type ErrorFixture, type ProviderFixtures, runProviderContract } from './provider.contract.ts';
import { SCHEMA, WEATHER } from './provider-requests.ts';

const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'wire-model' };
const USAGE = {
  prompt_tokens: 100,
  completion_tokens: 50,
  total_tokens: 150,
  prompt_tokens_details: { cached_tokens: 40, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 0 },
};

const chunk = (delta: object, finish: string | null = null): object => ({
  ...HEAD,
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const lines = (...events: readonly (object | string)[]): string =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
const role = chunk({ role: 'assistant', content: '', refusal: null });
const usage = { ...HEAD, choices: [], usage: USAGE };
const begun = lines(role, chunk({ content: 'Hello ' }));
const call = (index: number, id: string | undefined, named: object): object =>
  chunk({ tool_calls: [{ index, ...(id === undefined ? {} : { id, type: 'function' }), function: named }] });

const completion = (message: object, finish: string): string =>
  JSON.stringify({
    ...HEAD,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
    usage: USAGE,
  });

const error = (name: string, script: Script, cause: ErrorFixture['cause']): ErrorFixture => ({ name, script, cause });

const fixtures: ProviderFixtures = {
  textStream: lines(
    role,
    chunk({ content: 'Hello ' }),
    chunk({ content: 'there, größer 🌍.' }),
    chunk({}, 'stop'),
    usage,
    '[DONE]',
  ),
  textAnswer: completion({ content: 'Hello there, größer 🌍.' }, 'stop'),
  usage: { input: 60, cached_input: 40, output: 30, reasoning: 20 },
  reasoningStream: lines(
    role,
    chunk({ reasoning_content: 'Think ' }),
    chunk({ reasoning: 'first.' }),
    chunk({ content: 'Hello there, größer 🌍.' }),
    chunk({}, 'stop'),
    '[DONE]',
  ),
  toolStream: lines(
    role,
    call(0, 'call_a', { name: 'weather', arguments: '' }),
    call(0, undefined, { arguments: '{"ci' }),
    call(1, 'call_b', { name: 'weather', arguments: '' }),
    call(0, undefined, { arguments: 'ty":"Oslo"}' }),
    call(1, undefined, { arguments: '{"city":"Rome"}' }),
    chunk({}, 'tool_calls'),
    usage,
    '[DONE]',
  ),
  toolAnswer: completion(
    {
      content: null,
      tool_calls: [
        { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
        { id: 'call_b', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
      ],
    },
    'tool_calls',
  ),
  idle: `: OPENROUTER PROCESSING\n\n${lines(role, { ...HEAD, choices: [] })}`,
  cutStream: begun,
  malformedStream: `${begun}${'data: {"choices":[{"del\n\n'.repeat(2)}`,
  inbandError: {
    sse: begun + lines({ ...HEAD, error: { code: 502, message: 'host went away' }, choices: [] }),
    cause: { status: 502, code: '502' },
  },
  finishes: [
    { reason: 'stop', body: completion({ content: 'x' }, 'stop') },
    { reason: 'length', body: completion({ content: 'x' }, 'length') },
    { reason: 'content_filter', body: completion({ content: '' }, 'content_filter') },
    { reason: 'tool_calls', body: completion({ content: '' }, 'function_call') },
  ],
  errors: [
    error(
      '400',
      json(
        { error: { message: 'bad', type: 'invalid_request_error', param: 'temperature', code: 'unsupported_value' } },
        400,
      ),
      { sort: 'http', status: 400, type: 'invalid_request_error', code: 'unsupported_value', param: 'temperature' },
    ),
    error('400 of a prompt too long', json({ error: { message: 'long', code: 'context_length_exceeded' } }, 400), {
      status: 400,
      code: 'context_length_exceeded',
    }),
    error(
      '401 without the key it quotes',
      json({ error: { message: 'Incorrect API key provided: sk-abcdef1234567890', code: 'invalid_api_key' } }, 401),
      {
        status: 401,
        code: 'invalid_api_key',
        message: 'Incorrect API key provided: [removed]',
      },
    ),
    error('404', json({ error: { message: 'no such model', code: 'model_not_found' } }, 404), { status: 404 }),
    error(
      '422 of FastAPI',
      json({ detail: [{ type: 'extra_forbidden', loc: ['body', 'store'], msg: 'Extra inputs' }] }, 422),
      {
        status: 422,
        type: 'extra_forbidden',
        param: 'store',
      },
    ),
    error('429 with seconds', json({ error: { message: 'slow', type: 'requests' } }, 429, { 'retry-after': '1.5' }), {
      status: 429,
      retryAfterMs: 1500,
    }),
    error('429 with milliseconds', json({}, 429, { 'retry-after-ms': '70', 'retry-after': '9' }), { retryAfterMs: 70 }),
    error(
      '500 in plain text',
      { status: 500, headers: { 'content-type': 'text/plain' }, steps: [{ send: 'oops' }] },
      {
        status: 500,
        message: 'oops',
      },
    ),
    error(
      '503 as a page',
      { status: 503, headers: { 'content-type': 'text/html' }, steps: [{ send: '<html><title>Busy</title>' }] },
      {
        status: 503,
        message: 'the upstream answered with a page: Busy',
      },
    ),
    error(
      'a redirect, which is not followed',
      { status: 302, headers: { location: 'http://127.0.0.1:1/' }, steps: [] },
      {
        status: 302,
      },
    ),
    error('an error under 200', json({ error: { message: 'busy', code: 503, type: 'overloaded' } }), {
      sort: 'http',
      status: 503,
      type: 'overloaded',
    }),
    error('a reset before headers', { before: { reset: true }, steps: [] }, { sort: 'network', phase: 'headers' }),
    error(
      'a page under 200',
      { headers: { 'content-type': 'text/html' }, steps: [{ send: '<html></html>' }] },
      { sort: 'malformed' },
    ),
  ],
  sent: {
    plain: { model: 'wire-model', messages: [{ role: 'user', content: 'Hello?' }], stream: false },
    turns: {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'One?' },
        { role: 'assistant', content: 'Two.' },
        { role: 'user', content: 'Three?' },
      ],
    },
    image: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
          ],
        },
      ],
    },
    tools: { tools: [{ type: 'function', function: WEATHER }], tool_choice: 'required' },
    results: {
      messages: [
        { role: 'user', content: 'Weather in Oslo and Rome?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
            { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'snow' },
        { role: 'tool', tool_call_id: 'call_2', content: 'sun' },
      ],
    },
    schema: { response_format: { type: 'json_schema', json_schema: { name: 'reply', schema: SCHEMA, strict: true } } },
    settings: { stop: ['END'], temperature: 0.5, top_p: 0.9, max_tokens: 64 },
    effort: { reasoning_effort: 'low' },
  },
};

runProviderContract({
  name: 'openai-compatible',
  dialect: 'chat',
  createProvider: (deps) => createOpenAiCompatible({ ...deps, name: 'house', quirks: PLAIN_CHAT, key: 'secret-key' }),
  credential: ['authorization', 'Bearer secret-key'],
  paths: { whole: '/chat/completions', stream: '/chat/completions' },
  fixtures,
});

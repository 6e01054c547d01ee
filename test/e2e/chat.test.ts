// The real openai client, asking for `auto`, against one upstream of each dialect over real sockets.
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DialectName } from '../../src/core/dialect.ts';
import { says } from '../support/answers.ts';
import { type Bourse, settled, startBourse } from '../support/bourse.ts';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const SELLERS = { chat: 'harbor', messages: 'quarry', gemini: 'lumen' } as const;
const WEATHER: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather in a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const CALLS = [
  { name: 'weather', args: { city: 'Oslo' } },
  { name: 'weather', args: { city: 'Rome' } },
];
const SCHEMA = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
};
const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Where is my parcel?' }];

describe.each(Object.entries(SELLERS) as [DialectName, string][])('auto over a %s upstream', (dialect, seller) => {
  let bourse: Bourse;
  beforeAll(async () => {
    bourse = await startBourse({
      sellers: [{ name: seller, dialect, sells: [{ model: 'tidal/current-70b', price: [2, 10], cached: 1 }] }],
    });
  });
  afterAll(() => bourse[Symbol.asyncDispose]());
  const upstream = () => bourse.upstream(seller);
  const lastBody = () => JSON.parse(upstream().seen.at(-1)?.body ?? '{}');

  it('answers whole, names the model that answered, and says in headers who, under what policy and at what cost', async () => {
    upstream().play(says(dialect, { text: 'On its way.', input: 100, output: 50, cached: 40 }));
    const { data, response } = await bourse.openai.chat.completions
      .create({ model: 'auto', messages: hello })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe('On its way.');
    expect(data.choices[0]?.finish_reason).toBe('stop');
    expect(data.model).toBe('tidal/current-70b');
    expect(data.usage).toMatchObject({ prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 });
    expect(data.usage?.prompt_tokens_details?.cached_tokens).toBe(40);
    // 60 × $2 + 40 × $1 + 50 × $10, per million.
    expect(data.usage).toMatchObject({ cost_usd: 0.00066, cost_status: 'exact' });
    const header = (name: string) => response.headers.get(`x-bourse-${name}`);
    expect(header('cost-usd')).toBe('0.00066');
    expect(header('model')).toBe('tidal/current-70b');
    expect(header('provider')).toBe(seller);
    expect(header('policy')).toBe('auto');
    expect(header('attempts')).toBe('1');
    expect(header('request-id')).toBe(data.id);
    expect(header('feedback-token')).toMatch(/^f1\./);
  });

  it('streams text in pieces, ends with a usage chunk that carries the cost, and the same cost is in the ledger', async () => {
    upstream().play(says(dialect, { text: 'One parcel, two streets away.', input: 100, output: 50 }));
    const { data, response } = await bourse.openai.chat.completions
      .create({ model: 'auto', messages: hello, stream: true, stream_options: { include_usage: true } })
      .withResponse();
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of data) chunks.push(chunk);
    const texts = chunks.flatMap((chunk) => chunk.choices[0]?.delta.content || []);
    expect(texts.join('')).toBe('One parcel, two streets away.');
    expect(texts.length).toBeGreaterThan(2);
    expect(new Set(chunks.map(({ model }) => model))).toEqual(new Set(['tidal/current-70b']));
    const id = response.headers.get('x-bourse-request-id') ?? '';
    expect(new Set(chunks.map((chunk) => chunk.id))).toEqual(new Set([id]));
    expect(
      chunks.filter(({ choices }) => choices[0]?.finish_reason).map(({ choices }) => choices[0]?.finish_reason),
    ).toEqual(['stop']);
    expect(chunks.at(-1)?.choices).toEqual([]);
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 100, completion_tokens: 50, cost_usd: 0.0007 });
    const { outcome } = await settled(bourse, id);
    expect(outcome).toMatchObject({ status: 'ok', finish: 'stop', cost: 700_000, costStatus: 'exact' });
    expect(outcome.firstTokenMs).toBeGreaterThan(0);
  });

  it('streams no usage chunk to a client that has not asked for one', async () => {
    upstream().play(says(dialect, { text: 'Yes.' }));
    const stream = await bourse.openai.chat.completions.create({ model: 'auto', messages: hello, stream: true });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.every(({ choices, usage }) => choices.length === 1 && !usage)).toBe(true);
  });

  it.each([false, true])(
    'calls two tools at once and takes their results in the next turn (stream: %s)',
    async (stream) => {
      upstream().play(says(dialect, { calls: CALLS }), says(dialect, { text: 'Oslo is cold, Rome is warm.' }));
      const body = { model: 'auto', messages: hello, tools: [WEATHER] };
      const message = stream
        ? (await bourse.openai.chat.completions.stream(body).finalChatCompletion()).choices[0]?.message
        : (await bourse.openai.chat.completions.create(body)).choices[0]?.message;
      const calls = message?.tool_calls ?? [];
      expect(calls.map((call) => (call.type === 'function' ? JSON.parse(call.function.arguments) : call))).toEqual(
        CALLS.map(({ args }) => args),
      );
      expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      const results = calls.map(
        ({ id }, at): OpenAI.ChatCompletionMessageParam => ({
          role: 'tool',
          tool_call_id: id,
          content: `${at * 20} degrees`,
        }),
      );
      const next = await bourse.openai.chat.completions.create({
        ...body,
        messages: [...hello, { role: 'assistant', content: null, tool_calls: calls }, ...results],
      });
      expect(next.choices[0]?.message.content).toBe('Oslo is cold, Rome is warm.');
      // Both results reached the upstream, in the order of their calls.
      const sent = upstream().seen.at(-1)?.body ?? '';
      expect(sent.indexOf('0 degrees')).toBeGreaterThan(0);
      expect(sent.indexOf('20 degrees')).toBeGreaterThan(sent.indexOf('0 degrees'));
      expect(sent).toContain('Oslo');
    },
  );

  it.each([false, true])('answers by a JSON schema (stream: %s)', async (stream) => {
    const person = { name: 'Ada', age: 36 };
    // An upstream is asked in its own way: some by a tool whose arguments are the answer.
    upstream().play((seen) => {
      const { tools } = JSON.parse(seen.body);
      const tool = Array.isArray(tools) ? (tools[0]?.name ?? tools[0]?.functionDeclarations?.[0]?.name) : undefined;
      const said = tool ? { calls: [{ name: tool, args: person }] } : { text: JSON.stringify(person) };
      return says(dialect, said)(seen);
    });
    const body = {
      model: 'auto',
      messages: [{ role: 'user' as const, content: 'Ada is 36. Extract name and age.' }],
      response_format: {
        type: 'json_schema' as const,
        json_schema: { name: 'person', strict: true, schema: SCHEMA },
      },
    };
    const completion = stream
      ? await bourse.openai.chat.completions.stream(body).finalChatCompletion()
      : await bourse.openai.chat.completions.create(body);
    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual(person);
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(JSON.stringify(lastBody())).toContain('"age"');
  });

  it('carries an image to the upstream', async () => {
    upstream().play(says(dialect, { text: 'A red dot.' }));
    const completion = await bourse.openai.chat.completions.create({
      model: 'auto',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ],
    });
    expect(completion.choices[0]?.message.content).toBe('A red dot.');
    expect(upstream().seen.at(-1)?.body).toContain(PIXEL);
  });

  it('passes system prompt, stops, temperature and cap on', async () => {
    upstream().play(says(dialect, { text: 'Aye.' }));
    await bourse.openai.chat.completions.create({
      model: 'auto',
      messages: [{ role: 'system', content: 'You are a pirate.' }, ...hello],
      stop: ['END'],
      temperature: 0.3,
      max_tokens: 77,
    });
    const sent = JSON.stringify(lastBody());
    for (const part of ['You are a pirate.', '"END"', '0.3', '77']) expect(sent).toContain(part);
  });

  it('lets a caller fault of the upstream through as the client’s own bad request', async () => {
    upstream().play({
      status: 400,
      headers: { 'content-type': 'application/json' },
      steps: [
        {
          send: JSON.stringify(
            dialect === 'messages'
              ? { type: 'error', error: { type: 'invalid_request_error', message: 'temperature: too hot' } }
              : dialect === 'gemini'
                ? { error: { code: 400, message: 'temperature: too hot', status: 'INVALID_ARGUMENT' } }
                : { error: { message: 'temperature: too hot', type: 'invalid_request_error', param: 'temperature' } },
          ),
        },
      ],
    });
    const before = upstream().seen.length;
    const fault = await bourse.openai.chat.completions
      .create({ model: 'auto', messages: hello })
      .catch((error) => error);
    expect(fault).toBeInstanceOf(OpenAI.BadRequestError);
    expect(fault.message).toContain('too hot');
    expect(upstream().seen.length).toBe(before + 1);
  });
});

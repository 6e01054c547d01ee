import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { NotFoundError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChatEvent, ChatRequest } from '../../../src/core/chat.ts';
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import type { Usage } from '../../../src/core/price.ts';
import type { UpstreamDialect } from '../../../src/dialects/dialect.ts';
import { chatDialect } from '../../../src/dialects/chat.ts';
import { geminiDialect } from '../../../src/dialects/gemini.ts';
import { messagesDialect } from '../../../src/dialects/messages.ts';
import { NO_FAULTS } from '../../../src/demo/faults.ts';
import { startWorld, type World, type WorldProvider } from '../../../src/demo/upstreams.ts';
import { createFakeClock } from '../../support/clock.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ seed: 7, clock: createFakeClock(), speed: Infinity, faults: NO_FAULTS });
});
afterEach(() => world.close());

const providerNamed = (name: string): WorldProvider => {
  const found = world.providers.find((provider) => provider.name === name);
  if (!found) throw new Error(name);
  return found;
};

const DIALECTS = { chat: chatDialect, messages: messagesDialect, gemini: geminiDialect };

const requestOf = (changes: Partial<ChatRequest> = {}): ChatRequest => ({
  dialect: 'chat',
  model: 'auto',
  messages: [
    { role: 'system', text: 'Be brief.' },
    { role: 'user', parts: [{ type: 'text', text: 'Where is order 451?' }] },
  ],
  tools: [],
  output: { kind: 'text' },
  stop: [],
  stream: false,
  includeUsage: true,
  features: [],
  body: {},
  bytes: 0,
  ...changes,
});

const call = async (provider: WorldProvider, request: ChatRequest, key = provider.key): Promise<Response> => {
  const dialect: UpstreamDialect = DIALECTS[provider.dialect];
  const wireId = provider.offers.find((offer) => offer.capabilities.tools)?.wireId ?? '';
  const verb = request.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  const path = { chat: '/chat/completions', messages: '/messages', gemini: `/models/${wireId}:${verb}` }[
    provider.dialect
  ];
  return fetch(provider.baseUrl + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      'x-api-key': key,
      'x-goog-api-key': key,
      'anthropic-version': '2023-06-01',
    },
    body: JSON.stringify(
      dialect.writeRequest(
        { ...request, body: writable(request) },
        { wireId, maxOutputTokens: request.maxOutputTokens ?? 4000 },
      ),
    ),
  });
};

/** A chat client's own body, for the dialect that passes it through. */
const writable = (request: ChatRequest): ChatRequest['body'] => ({
  messages: request.messages.map((message) => ({
    role: message.role,
    content:
      message.role === 'user'
        ? message.parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('')
        : message.text,
  })),
  ...(request.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  ...(request.tools.length > 0
    ? { tools: request.tools.map((tool) => ({ type: 'function', function: { ...tool } })) }
    : {}),
  ...(request.output.kind === 'schema'
    ? { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: request.output.schema } } }
    : {}),
});

const wholeEvents = async (provider: WorldProvider, request: ChatRequest): Promise<readonly ChatEvent[]> =>
  DIALECTS[provider.dialect].readAnswer(await (await call(provider, request)).text()).events;

const streamEvents = async (provider: WorldProvider, request: ChatRequest): Promise<readonly ChatEvent[]> => {
  const reader = DIALECTS[provider.dialect].createStreamReader();
  const text = await (await call(provider, { ...request, stream: true })).text();
  const frames = text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const event = /^event: (.*)$/m.exec(frame)?.[1];
      const data = /^data: (.*)$/m.exec(frame)?.[1] ?? '';
      return reader.read(event === undefined ? { data } : { event, data });
    });
  return [...frames, reader.end()].flatMap((frame) => frame?.events ?? []);
};

const textOf = (events: readonly ChatEvent[]): string =>
  events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
const usageOf = (events: readonly ChatEvent[]): Usage =>
  Object.assign({}, ...events.map((event) => (event.type === 'usage' ? event.usage : {})));
const argumentsOf = (events: readonly ChatEvent[]): string =>
  events.map((event) => (event.type === 'tool-call-delta' ? event.arguments : '')).join('');
const finishOf = (events: readonly ChatEvent[]): string | undefined =>
  events.flatMap((event) => (event.type === 'finish' ? event.reason : []))[0];

const schema = {
  type: 'object',
  required: ['city'],
  properties: { city: { type: 'string' } },
  additionalProperties: false,
};

describe.each(['harbor', 'quarry', 'lumen'])('the simulated provider %s', (name) => {
  it('answers the same text with the same usage, streamed or not, as our dialect reads it', async () => {
    const provider = providerNamed(name);
    const whole = await wholeEvents(provider, requestOf());
    const streamed = await streamEvents(provider, requestOf());
    expect(textOf(whole).length).toBeGreaterThan(20);
    expect(usageOf(whole).output).toBeGreaterThan(10);
    expect(finishOf(whole)).toBe('stop');
    expect(finishOf(streamed)).toBe('stop');
    expect(streamed.some(({ type }) => type === 'failure')).toBe(false);
    expect(textOf(streamed)).toBe(textOf(whole));
    expect(usageOf(streamed).output).toBe(usageOf(whole).output);
  });

  it('calls a tool it was given, with arguments its schema allows', async () => {
    const request = requestOf({ tools: [{ name: 'get_weather', parameters: schema }] });
    for (const events of [
      await wholeEvents(providerNamed(name), request),
      await streamEvents(providerNamed(name), request),
    ]) {
      expect(finishOf(events)).toBe('tool_calls');
      expect(events.find((event) => event.type === 'tool-call-start')).toMatchObject({ name: 'get_weather' });
      expect(JSON.parse(argumentsOf(events))).toEqual({ city: expect.any(String) });
    }
  });

  it('answers in the schema it was given', async () => {
    const request = requestOf({ output: { kind: 'schema', name: 'x', schema, strict: true } });
    for (const events of [
      await wholeEvents(providerNamed(name), request),
      await streamEvents(providerNamed(name), request),
    ])
      expect(JSON.parse(textOf(events))).toEqual({ city: expect.any(String) });
  });

  it('stops at the cap and says so', async () => {
    const events = await wholeEvents(providerNamed(name), requestOf({ maxOutputTokens: 9 }));
    const { output = 0, reasoning = 0 } = usageOf(events);
    expect(output + reasoning).toBeLessThanOrEqual(9);
    expect(finishOf(events)).toBe('length');
  });

  it('refuses a wrong key in its own words', async () => {
    const provider = providerNamed(name);
    const response = await call(provider, requestOf(), 'wrong');
    expect(response.ok).toBe(false);
    const cause = DIALECTS[provider.dialect].readError({
      status: response.status,
      headers: {},
      body: await response.text(),
    });
    expect(cause).toMatchObject({ sort: 'http', message: expect.stringContaining('API key') });
  });

  it('is gone in an outage and back afterwards, at the same place', async () => {
    const provider = providerNamed(name);
    await world.setOutage(name, 'refused');
    await expect(call(provider, requestOf())).rejects.toThrow('fetch failed');
    await world.setOutage(name, 'overloaded');
    expect((await call(provider, requestOf())).status).toBeGreaterThanOrEqual(503);
    await world.setOutage(name, 'off');
    expect((await call(provider, requestOf())).status).toBe(200);
  });
});

describe('usage', () => {
  it('tells cached prompt tokens the second time a conversation comes by', async () => {
    const provider = providerNamed('harbor');
    const long = 'Where is the parcel of the customer that was sent on Monday, and when will it come? '.repeat(4);
    const first = requestOf({ messages: [{ role: 'user', parts: [{ type: 'text', text: long }] }] });
    const second: ChatRequest = {
      ...first,
      messages: [
        ...first.messages,
        { role: 'assistant', text: 'Tomorrow.', toolCalls: [] },
        { role: 'user', parts: [{ type: 'text', text: 'Sure?' }] },
      ],
    };
    expect(usageOf(await wholeEvents(provider, first)).cached_input ?? 0).toBe(0);
    const usage = usageOf(await wholeEvents(provider, second));
    expect(usage.cached_input).toBeGreaterThan(60);
    expect(usage.input).toBeGreaterThan(0);
  });

  it('tells reasoning apart, and bills it as output', async () => {
    const events = await wholeEvents(providerNamed('lumen'), requestOf());
    expect(usageOf(events).reasoning).toBeGreaterThan(0);
    const [attempt] = world.attempts();
    const { tokens } = attempt ?? {};
    const price = providerNamed('lumen').offers[0]?.price ?? { input: 0, cached: 0, output: 0 };
    expect(tokens?.reasoning).toBe(usageOf(events).reasoning);
    const output = (tokens?.text ?? 0) + (tokens?.reasoning ?? 0);
    expect(attempt?.usd).toBeCloseTo(((tokens?.input ?? 0) * price.input + output * price.output) / 1e6, 12);
  });
});

describe('prices', () => {
  const change = offerKey('nimbus', modelKey('tidal/current-70b'));
  const listed = async (url: string): Promise<Map<string, string>> => {
    const body: { data: { id: string; pricing: { completion: string } }[] } = JSON.parse(
      await (await fetch(url)).text(),
    );
    return new Map(body.data.map(({ id, pricing }) => [id, pricing.completion]));
  };

  it('stand in the seller’s own list and in the catalogue, as decimal strings per token', async () => {
    const own = await listed(providerNamed('nimbus').modelsUrl ?? '');
    const all = await listed(world.feeds.url);
    expect(own.get('current-70b')).toBe('0.000002');
    expect(all.get('nimbus/current-70b')).toBe('0.000002');
    expect(all.size).toBe(world.providers.flatMap(({ offers }) => offers).length);
  });

  it('fall in both lists and on the bill', async () => {
    world.setPrice(change, 0.2);
    expect((await listed(providerNamed('nimbus').modelsUrl ?? '')).get('current-70b')).toBe('0.0000004');
    expect((await listed(world.feeds.url)).get('nimbus/current-70b')).toBe('0.0000004');
    await call(providerNamed('nimbus'), requestOf());
    const [attempt] = world.attempts();
    expect(attempt?.usd).toBeCloseTo(
      ((attempt?.tokens?.text ?? 0) * 0.4 + (attempt?.tokens?.input ?? 0) * 0.12) / 1e6,
      12,
    );
  });

  it('belong to offers that exist', () => {
    expect(() => world.setPrice(offerKey('nimbus', modelKey('no/such')), 1)).toThrow('no such offer');
  });
});

describe('real clients', () => {
  it('the openai package streams from a chat provider', async () => {
    const { baseUrl, key } = providerNamed('foundry');
    const client = new OpenAI({ baseURL: baseUrl, apiKey: key, maxRetries: 0 });
    const stream = await client.chat.completions.create({
      model: 'anvil-coder',
      messages: [{ role: 'user', content: 'Reverse a string.' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let total = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      total = chunk.usage?.total_tokens ?? total;
    }
    expect(text.length).toBeGreaterThan(20);
    expect(total).toBeGreaterThan(20);
    await expect(
      client.chat.completions.create({ model: 'nobody', messages: [{ role: 'user', content: 'x' }] }),
    ).rejects.toBeInstanceOf(NotFoundError);
  });

  it('the anthropic package streams from a messages provider', async () => {
    const { baseUrl, key } = providerNamed('quarry');
    const client = new Anthropic({ baseURL: baseUrl.replace('/v1', ''), apiKey: key, maxRetries: 0 });
    const stream = client.messages.stream({
      model: 'granite-large-2',
      max_tokens: 2000,
      messages: [{ role: 'user', content: 'Hello' }],
    });
    const message = await stream.finalMessage();
    expect(message.stop_reason).toBe('end_turn');
    expect(message.usage.output_tokens).toBeGreaterThan(10);
  });
});

describe('luck', () => {
  const everything = { rate_limited: 0, server_error: 0, overloaded: 0, cut_early: 0, cut_late: 0 };
  it.each([
    ['rate_limited', 429, 1],
    ['server_error', 500, 0],
    ['overloaded', 503, 0],
  ] as const)('%s is status %i with its own error shape', async (fault, status, leastWait) => {
    const rough = await startWorld({
      seed: 7,
      clock: createFakeClock(),
      speed: Infinity,
      faults: { ...everything, [fault]: 10 },
    });
    try {
      const provider = rough.providers.find(({ name }) => name === 'harbor');
      if (!provider) throw new Error('harbor');
      const response = await call(provider, requestOf());
      expect(response.status).toBe(status);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(leastWait);
      const { error } = JSON.parse(await response.text());
      expect(error).toMatchObject({ message: expect.any(String), type: expect.any(String) });
    } finally {
      await rough.close();
    }
  });

  it.each(['cut_early', 'cut_late'] as const)('%s breaks the stream without an end', async (fault) => {
    const rough = await startWorld({
      seed: 7,
      clock: createFakeClock(),
      speed: Infinity,
      faults: { ...everything, [fault]: 10 },
    });
    try {
      const provider = rough.providers.find(({ name }) => name === 'harbor');
      if (!provider) throw new Error('harbor');
      const reading = (await call(provider, requestOf({ stream: true }))).text();
      await expect(reading).rejects.toThrow('terminated');
      expect(rough.attempts().at(-1)?.result).toBe('cut');
    } finally {
      await rough.close();
    }
  });

  it('gives a repeat of the same request another draw', async () => {
    const rough = await startWorld({
      seed: 7,
      clock: createFakeClock(),
      speed: Infinity,
      faults: { ...everything, server_error: 0.5 },
    });
    try {
      const provider = rough.providers.find(({ name }) => name === 'harbor');
      if (!provider) throw new Error('harbor');
      const statuses: number[] = [];
      for (let again = 0; again < 12; again++) statuses.push((await call(provider, requestOf())).status);
      expect(new Set(statuses)).toEqual(new Set([200, 500]));
    } finally {
      await rough.close();
    }
  });

  it('notices a client that leaves', async () => {
    const clock = createFakeClock();
    const slow = await startWorld({ seed: 7, clock, speed: 1, faults: NO_FAULTS });
    try {
      const provider = slow.providers.find(({ name }) => name === 'harbor');
      if (!provider) throw new Error('harbor');
      const leaving = new AbortController();
      const answer = fetch(`${provider.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${provider.key}` },
        body: JSON.stringify({
          model: provider.offers[0]?.wireId,
          messages: [{ role: 'user', content: 'x' }],
          stream: true,
        }),
        signal: leaving.signal,
      });
      setTimeout(() => leaving.abort(), 50);
      await expect(answer).rejects.toThrow('aborted');
      await expect.poll(() => slow.attempts().at(-1)?.result).toBe('client_gone');
    } finally {
      await slow.close();
    }
  });
});

// What the HTTP provider promises beyond the contract: usage after a finish, drained ends, odd upstreams, its own failures.
import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkedBaseUrl } from '../../../src/adapters/http-provider.ts';
import { createOpenAiCompatible } from '../../../src/adapters/openai-compatible.ts';
import { createTransport, type Transport } from '../../../src/adapters/transport.ts';
import type { ChatEvent, Frame } from '../../../src/core/chat.ts';
import type { Call, Provider, Timeouts } from '../../../src/core/ports.ts';
import { PLAIN_CHAT } from '../../../src/dialects/chat-quirks.ts';
import { systemClock } from '../../../src/world.ts';
import { createNetwork } from '../../support/network.ts';
import { sampleOffer, sampleRequest } from '../../support/sample.ts';
import { type Script, sse, startUpstream, type Upstream } from '../../support/upstream.ts';

const TIMEOUTS: Timeouts = { connectMs: 5_000, headersMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000 };
const delta = (content: string, finish: string | null = null): object => ({
  id: 'c',
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
});
const USAGE = { id: 'c', choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } };
const SSE = { 'content-type': 'text/event-stream' };
const data = (...events: readonly (object | string)[]): string =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');

const callOf = (change: Partial<Call> = {}): Call => ({
  offer: sampleOffer(),
  request: sampleRequest({ stream: true }),
  timeouts: TIMEOUTS,
  signal: new AbortController().signal,
  ...change,
});

const read = async (frames: AsyncIterable<Frame>): Promise<ChatEvent[]> => {
  const events: ChatEvent[] = [];
  for await (const frame of frames) events.push(...frame.events);
  return events;
};

describe('a provider over HTTP', () => {
  let upstream: Upstream;
  let transport: Transport;
  let provider: Provider;

  beforeEach(async () => {
    upstream = await startUpstream();
    transport = createTransport();
    provider = createOpenAiCompatible({
      name: 'house',
      baseUrl: `${upstream.url}/v1/`,
      transport,
      clock: systemClock,
      quirks: PLAIN_CHAT,
    });
  });
  afterEach(async () => {
    await provider.close();
    await transport.close();
    await upstream.close();
  });

  const play = (script: Script, change: Partial<Call> = {}): Promise<ChatEvent[]> => {
    upstream.play(script);
    return read(provider.call(callOf(change)));
  };
  const types = (events: readonly ChatEvent[]): string[] => events.map(({ type }) => type);

  it('joins base URL and path with one slash', async () => {
    await play(sse(delta('a', 'stop'), '[DONE]'));
    expect(upstream.seen[0]?.path).toBe('/v1/chat/completions');
  });

  it('waits for usage that comes after the finish', async () => {
    const events = await play({
      headers: SSE,
      steps: [{ send: data(delta('a', 'stop')) }, { pauseMs: 50 }, { send: data(USAGE, '[DONE]') }],
    });
    expect(types(events)).toEqual(['text-delta', 'finish', 'usage']);
  });

  it('ends a second after the finish where the upstream neither says done nor leaves, and closes the socket', async () => {
    const patient = { timeouts: { ...TIMEOUTS, idleMs: 600_000 } };
    const events = await play({ headers: SSE, steps: [{ send: data(delta('a', 'stop')) }, { hang: true }] }, patient);
    expect(types(events)).toEqual(['text-delta', 'finish']);
    await upstream.seen[0]?.left;
  });

  it('a reset after the finish changes nothing', async () => {
    const events = await play({
      headers: SSE,
      steps: [{ send: data(delta('a', 'stop')) }, { pauseMs: 20 }, { reset: true }],
    });
    expect(types(events)).toEqual(['text-delta', 'finish']);
  });

  it('nothing but usage passes after the finish', async () => {
    const events = await play(sse(delta('a', 'stop'), delta('', 'stop'), { error: { message: 'x' } }, USAGE, '[DONE]'));
    expect(types(events)).toEqual(['text-delta', 'finish', 'usage']);
  });

  it('an end that more of the answer follows was none: all of it comes, and one end', async () => {
    const events = await play(sse(delta('a', 'stop'), delta('b', 'stop'), USAGE, '[DONE]'));
    expect(types(events)).toEqual(['text-delta', 'text-delta', 'finish', 'usage']);
  });

  it('an answer that breaks off after such an end is cut', async () => {
    const events = await play(sse(delta('a', 'stop'), delta('b'), { error: { message: 'x' } }, USAGE, '[DONE]'));
    expect(types(events)).toEqual(['text-delta', 'text-delta', 'failure']);
    const steps = [{ send: data(delta('a', 'stop'), delta('b')) }, { pauseMs: 20 }, { reset: true }] as const;
    const reset = await play({ headers: SSE, steps });
    expect(reset.at(-1)).toMatchObject({ type: 'failure', cause: { sort: 'cut' } });
  });

  it('a done without a finish is cut', async () => {
    const events = await play(sse(delta('a'), '[DONE]'));
    expect(events.at(-1)).toMatchObject({ type: 'failure', cause: { sort: 'cut' } });
  });

  it('reads an end without its blank line', async () => {
    const events = await play({
      headers: SSE,
      steps: [{ send: data(delta('a')) }, { send: `data: ${JSON.stringify(delta('b', 'stop'))}` }],
    });
    expect(types(events)).toEqual(['text-delta', 'text-delta', 'finish']);
  });

  it('half an event at the end is a cut, not bad data', async () => {
    const events = await play({
      headers: SSE,
      steps: [{ send: data(delta('a')) }, { send: 'data: {"choices":[{"de' }],
    });
    expect(events.at(-1)).toMatchObject({ type: 'failure', cause: { sort: 'cut' } });
  });

  it('a whole answer to a request for a stream is read whole', async () => {
    const answer = { id: 'c', choices: [{ index: 0, message: { content: 'a' }, finish_reason: 'stop' }] };
    const events = await play({
      headers: { 'content-type': 'application/json; charset=utf-8' },
      steps: [{ send: JSON.stringify(answer) }],
    });
    expect(types(events)).toEqual(['text-delta', 'finish']);
  });

  it('an answer compressed unasked is malformed', async () => {
    const events = await play({ headers: { ...SSE, 'content-encoding': 'gzip' }, steps: [{ send: 'x' }] });
    expect(events).toMatchObject([{ type: 'failure', cause: { sort: 'malformed' } }]);
  });

  it('an event that never ends is given up after 4 MiB', async () => {
    const events = await play({
      headers: SSE,
      steps: [
        { send: data(delta('a')) },
        { send: 'data: ' },
        ...Array.from({ length: 6 }, () => ({ send: 'x'.repeat(1024 * 1024) })),
      ],
    });
    expect(events.at(-1)).toMatchObject({ type: 'failure', cause: { sort: 'malformed', phase: 'stream' } });
  });

  it('a slow reader is no stalled upstream', async () => {
    upstream.play({
      headers: SSE,
      steps: [
        { send: data(delta('a')) },
        { send: data(delta('b')) },
        { pauseMs: 500 },
        { send: data(delta('c', 'stop')) },
      ],
    });
    const events: ChatEvent[] = [];
    for await (const frame of provider.call(callOf({ timeouts: { ...TIMEOUTS, idleMs: 200 } }))) {
      events.push(...frame.events);
      await systemClock.sleep(300);
    }
    expect(types(events)).toEqual(['text-delta', 'text-delta', 'text-delta', 'finish']);
  });

  it('a deadline is a timeout, a client that left is not', async () => {
    const late = await play({ before: { hang: true }, steps: [] }, { signal: AbortSignal.timeout(50) });
    expect(late).toMatchObject([{ type: 'failure', cause: { sort: 'timeout', phase: 'headers' } }]);
    const controller = new AbortController();
    const pending = play({ before: { hang: true }, steps: [] }, { signal: controller.signal });
    while (upstream.seen.length < 2) await systemClock.sleep(5);
    controller.abort();
    expect(await pending).toMatchObject([{ type: 'failure', cause: { sort: 'aborted' } }]);
  });

  it('closing the provider ends what is under way', async () => {
    const pending = play({ headers: SSE, steps: [{ send: data(delta('a')) }, { hang: true }] });
    while (upstream.seen.length === 0) await systemClock.sleep(5);
    await provider.close();
    expect((await pending).at(-1)).toMatchObject({ type: 'failure', cause: { sort: 'aborted' } });
  });

  it('a dialect that throws still gives one failure', async () => {
    const call = callOf({ request: sampleRequest({ body: { model: 'auto', messages: [], big: {} } }) });
    const loop: { self?: unknown } = {};
    loop.self = loop;
    const bad = { ...call, request: { ...call.request, body: { ...call.request.body, loop: loop as never } } };
    expect(await read(provider.call(bad))).toMatchObject([
      { type: 'failure', cause: { sort: 'malformed', phase: 'connect' } },
    ]);
    expect(upstream.seen).toHaveLength(0);
  });

  it('takes no base URL with credentials, a query or another scheme', () => {
    for (const url of [
      'https://u:p@x.example/v1',
      'https://x.example/v1?k=1',
      'ftp://x.example',
      'https://x.example/#a',
    ])
      expect(() => checkedBaseUrl(url)).toThrow(RangeError);
    expect(() => checkedBaseUrl('https://u:p@x.example/v1')).not.toThrow(/u:p/);
  });
});

describe('a provider of the internet, answered here', () => {
  it('goes to the host of its base URL and nowhere else', async () => {
    const network = createNetwork(
      http.post('https://api.example.com/v1/chat/completions', async ({ request }) => {
        const body = await request.json();
        return HttpResponse.json({
          id: 'c',
          choices: [{ index: 0, message: { content: JSON.stringify(body) }, finish_reason: 'stop' }],
        });
      }),
    );
    network.enable();
    const transport = createTransport();
    const provider = createOpenAiCompatible({
      name: 'house',
      baseUrl: 'https://api.example.com/v1',
      transport,
      clock: systemClock,
      quirks: PLAIN_CHAT,
      key: 'k',
    });
    const events = await read(provider.call(callOf({ request: sampleRequest() })));
    expect(types(events)).toEqual(['text-delta', 'finish']);
    await transport.close();
    network.disable();
  });
  const types = (events: readonly ChatEvent[]): string[] => events.map(({ type }) => type);
});

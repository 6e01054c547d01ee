// What every provider over HTTP must do, whatever dialect it speaks: run by one file per adapter with that dialect's own words.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatEvent, ChatRequest, FinishReason, Frame } from '../../src/core/chat.ts';
import type { DialectName } from '../../src/core/dialect.ts';
import type { FailureCause } from '../../src/core/failure.ts';
import type { Call, Clock, Provider, Timeouts } from '../../src/core/ports.ts';
import type { Usage } from '../../src/core/price.ts';
import { createTransport, type Transport } from '../../src/adapters/transport.ts';
import { systemClock } from '../../src/world.ts';
import { sampleOffer } from '../support/sample.ts';
import { type Script, startUpstream, type Upstream } from '../support/upstream.ts';
import { CONTRACT_REQUESTS, type ContractRequestName } from './provider-requests.ts';

/** What the fixtures of every dialect must say. */
export const SAID = {
  text: 'Hello there, größer 🌍.',
  reasoning: 'Think first.',
  calls: [
    { name: 'weather', arguments: { city: 'Oslo' } },
    { name: 'weather', arguments: { city: 'Rome' } },
  ],
} as const;

export type ErrorFixture = {
  readonly name: string;
  readonly script: Script;
  /** Structure only; the message is free. */
  readonly cause: Partial<FailureCause>;
};

export type ProviderFixtures = {
  /** SAID.text in at least two deltas, with usage. Whole SSE body. */
  readonly textStream: string;
  readonly textAnswer: string;
  /** What both of them used: cached input, reasoning and output apart. */
  readonly usage: Usage;
  /** SAID.reasoning, then SAID.text. */
  readonly reasoningStream: string;
  /** SAID.calls, in the dialect's own way of sending two at once. */
  readonly toolStream: string;
  readonly toolAnswer: string;
  /** Something that is no content, before which no first token may be counted: role chunks, pings, comments. */
  readonly idle: string;
  /** The beginning of SAID.text and then nothing. */
  readonly cutStream: string;
  /** The beginning of SAID.text and then bytes that are not the dialect. */
  readonly malformedStream: string;
  /** The beginning of SAID.text and then an error event. */
  readonly inbandError: { readonly sse: string; readonly cause: Partial<FailureCause> };
  /** An answer that ended for this reason, whole. */
  readonly finishes: readonly { readonly reason: FinishReason; readonly body: string }[];
  /** 400, 401, 404, 429 with a time to wait, 500, 503, an error under 200 … */
  readonly errors: readonly ErrorFixture[];
  /** Of the body that is sent: what must be in it. */
  readonly sent: Readonly<Record<ContractRequestName, object>>;
};

export type ProviderSubject = {
  readonly name: string;
  readonly dialect: DialectName;
  readonly createProvider: (deps: {
    readonly baseUrl: string;
    readonly transport: Transport;
    readonly clock: Clock;
  }) => Provider;
  /** The header that carries the key, with its value. */
  readonly credential: readonly [name: string, value: string];
  readonly paths: { readonly whole: string; readonly stream: string };
  readonly fixtures: ProviderFixtures;
};

const TIMEOUTS: Timeouts = { connectMs: 5_000, headersMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000 };

export const collect = async (frames: AsyncIterable<Frame>): Promise<Frame[]> => {
  const all: Frame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
};

const eventsOf = (frames: readonly Frame[]): readonly ChatEvent[] => frames.flatMap(({ events }) => events);
const textOf = (events: readonly ChatEvent[], type: 'text-delta' | 'reasoning-delta'): string =>
  events.map((event) => (event.type === type ? event.text : '')).join('');
const terminals = (events: readonly ChatEvent[]): readonly ChatEvent[] =>
  events.filter(({ type }) => type === 'finish' || type === 'failure');
const failureOf = (events: readonly ChatEvent[]): FailureCause | undefined =>
  events.find((event) => event.type === 'failure')?.cause;

const callsOf = (events: readonly ChatEvent[]) => {
  const calls: { id: string; name: string; text: string }[] = [];
  for (const event of events) {
    if (event.type === 'tool-call-start') calls[event.index] = { id: event.id, name: event.name, text: '' };
    const call = event.type === 'tool-call-delta' ? calls[event.index] : undefined;
    if (call && event.type === 'tool-call-delta') call.text += event.arguments;
  }
  return calls;
};

export const runProviderContract = (subject: ProviderSubject): void => {
  const { fixtures } = subject;
  /** A client of another dialect, so that the body is written and not passed on. */
  const clientDialect: DialectName = subject.dialect === 'chat' ? 'messages' : 'chat';

  describe(`${subject.name}: the provider contract`, () => {
    let upstream: Upstream;
    let transport: Transport;
    let provider: Provider;

    beforeAll(async () => {
      upstream = await startUpstream();
      transport = createTransport();
      provider = subject.createProvider({ baseUrl: upstream.url, transport, clock: systemClock });
    });
    afterAll(async () => {
      await provider.close();
      await transport.close();
      await upstream.close();
    });

    const callOf = (request: Partial<ChatRequest>, change: Partial<Call> = {}): Call => ({
      offer: sampleOffer('contract:maker/model', { dialect: subject.dialect, wireId: 'wire-model' }),
      request: { ...CONTRACT_REQUESTS['plain'](clientDialect), ...request },
      timeouts: TIMEOUTS,
      signal: new AbortController().signal,
      ...change,
    });
    const stream = (body: string, ...after: Script['steps']): Script => ({
      headers: { 'content-type': 'text/event-stream' },
      steps: [{ send: body }, ...after],
    });
    const whole = (body: string): Script => ({
      headers: { 'content-type': 'application/json' },
      steps: [{ send: body }],
    });
    const ask = async (script: Script, call: Call): Promise<readonly ChatEvent[]> => {
      upstream.play(script);
      return eventsOf(await collect(provider.call(call)));
    };
    const last = () => {
      const request = upstream.seen.at(-1);
      if (!request) throw new Error('nothing was sent');
      return request;
    };

    it('answers whole: text, usage in disjoint meters, one finish', async () => {
      const events = await ask(whole(fixtures.textAnswer), callOf({ stream: false }));
      expect(textOf(events, 'text-delta')).toBe(SAID.text);
      expect(terminals(events)).toEqual([{ type: 'finish', reason: 'stop' }]);
      expect(events.find(({ type }) => type === 'usage')).toMatchObject({ usage: fixtures.usage });
    });

    it('answers whole in a single frame', async () => {
      upstream.play(whole(fixtures.textAnswer));
      expect(await collect(provider.call(callOf({ stream: false })))).toHaveLength(1);
    });

    it('streams the same text and the same usage', async () => {
      const events = await ask(stream(fixtures.textStream), callOf({ stream: true }));
      expect(events.filter(({ type }) => type === 'text-delta').length).toBeGreaterThan(1);
      expect(textOf(events, 'text-delta')).toBe(SAID.text);
      expect(terminals(events)).toEqual([{ type: 'finish', reason: 'stop' }]);
      const usage: Record<string, number> = {};
      for (const event of events)
        if (event.type === 'usage')
          for (const [meter, units] of Object.entries(event.usage))
            usage[meter] = Math.max(usage[meter] ?? 0, units ?? 0);
      expect(usage).toEqual(fixtures.usage);
    });

    it('streams reasoning apart from text', async () => {
      const events = await ask(stream(fixtures.reasoningStream), callOf({ stream: true }));
      expect(textOf(events, 'reasoning-delta')).toBe(SAID.reasoning);
      expect(textOf(events, 'text-delta')).toBe(SAID.text);
    });

    it.each(['streamed', 'whole'] as const)('reads two tool calls at once, %s', async (way) => {
      const script = way === 'streamed' ? stream(fixtures.toolStream) : whole(fixtures.toolAnswer);
      const events = await ask(
        script,
        callOf({ ...CONTRACT_REQUESTS['tools'](clientDialect), stream: way === 'streamed' }),
      );
      const calls = callsOf(events);
      expect(calls.map(({ name, text }) => ({ name, arguments: JSON.parse(text) as unknown }))).toEqual(SAID.calls);
      expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      expect(terminals(events)).toEqual([{ type: 'finish', reason: 'tool_calls' }]);
    });

    it.each(fixtures.finishes)('knows the end called $reason', async ({ reason, body }) => {
      const events = await ask(whole(body), callOf({ stream: false }));
      expect(terminals(events)).toEqual([{ type: 'finish', reason }]);
    });

    it.each(Object.keys(fixtures.sent) as ContractRequestName[])('sends %s', async (name) => {
      const request = CONTRACT_REQUESTS[name](clientDialect);
      const cap = request.maxOutputTokens;
      await ask(whole(fixtures.textAnswer), callOf(request, cap === undefined ? {} : { maxOutputTokens: cap }));
      expect(JSON.parse(last().body)).toMatchObject(fixtures.sent[name]);
    });

    it('sends its key, asks for plain bytes and goes where it should', async () => {
      await ask(whole(fixtures.textAnswer), callOf({ stream: false }));
      expect(last()).toMatchObject({ method: 'POST', path: subject.paths.whole });
      expect(last().headers).toMatchObject({
        [subject.credential[0]]: subject.credential[1],
        'content-type': 'application/json',
        'accept-encoding': 'identity',
      });
      await ask(stream(fixtures.textStream), callOf({ stream: true }));
      expect(last().path).toBe(subject.paths.stream);
    });

    it.each(fixtures.errors)('tells $name as data', async ({ script, cause }) => {
      const events = await ask(script, callOf({ stream: true }));
      expect(events).toEqual([{ type: 'failure', cause: expect.objectContaining(cause) as unknown }]);
      expect(failureOf(events)?.message.length).toBeLessThanOrEqual(512);
    });

    it('tells an error inside a stream as data, after what was said', async () => {
      const events = await ask(stream(fixtures.inbandError.sse), callOf({ stream: true }));
      expect(SAID.text.startsWith(textOf(events, 'text-delta'))).toBe(true);
      expect(terminals(events)).toEqual([
        {
          type: 'failure',
          cause: expect.objectContaining({ sort: 'inband', ...fixtures.inbandError.cause }) as unknown,
        },
      ]);
    });

    it.each([
      ['ends early', { cut: true }],
      ['is reset', { reset: true }],
      ['ends as if all were well', { send: '' }],
    ] as const)('a stream that %s is cut, never finished', async (_how, step) => {
      const events = await ask(stream(fixtures.cutStream, { pauseMs: 20 }, step), callOf({ stream: true }));
      expect(textOf(events, 'text-delta').length).toBeGreaterThan(0);
      expect(terminals(events)).toEqual([
        { type: 'failure', cause: expect.objectContaining({ sort: 'cut', phase: 'stream' }) as unknown },
      ]);
    });

    it('bytes that are not the dialect are malformed', async () => {
      const events = await ask(stream(fixtures.malformedStream), callOf({ stream: true }));
      expect(terminals(events)).toEqual([
        { type: 'failure', cause: expect.objectContaining({ sort: 'malformed' }) as unknown },
      ]);
    });

    it.each(['', '<html><title>Bad gateway</title></html>', '{}', 'null', '"ok"'])('%j is no answer', async (body) => {
      const events = await ask(whole(body), callOf({ stream: false }));
      expect(events).toEqual([{ type: 'failure', cause: expect.objectContaining({ sort: 'malformed' }) as unknown }]);
    });

    it('what is no content does not count as the first token', async () => {
      const timeouts = { ...TIMEOUTS, firstTokenMs: 120 };
      const script = stream(fixtures.idle, { pauseMs: 30 }, { send: ': still here\n\n' }, { hang: true });
      const events = await ask(script, callOf({ stream: true }, { timeouts }));
      expect(events).toEqual([
        { type: 'failure', cause: expect.objectContaining({ sort: 'timeout', phase: 'body' }) as unknown },
      ]);
      await last().left;
    });

    it('a stream that stalls after content times out', async () => {
      const timeouts = { ...TIMEOUTS, idleMs: 100 };
      const events = await ask(stream(fixtures.cutStream, { hang: true }), callOf({ stream: true }, { timeouts }));
      expect(textOf(events, 'text-delta').length).toBeGreaterThan(0);
      expect(failureOf(events)).toMatchObject({ sort: 'timeout', phase: 'stream' });
    });

    it('an upstream that never answers times out waiting for headers', async () => {
      const timeouts = { ...TIMEOUTS, headersMs: 80 };
      const events = await ask({ before: { hang: true }, steps: [] }, callOf({ stream: true }, { timeouts }));
      expect(failureOf(events)).toMatchObject({ sort: 'timeout', phase: 'headers' });
      await last().left;
    });

    it('the upstream sees an abort, and the caller hears of it', async () => {
      const controller = new AbortController();
      upstream.play(stream(fixtures.cutStream, { hang: true }));
      const events: ChatEvent[] = [];
      for await (const frame of provider.call(callOf({ stream: true }, { signal: controller.signal }))) {
        events.push(...frame.events);
        if (textOf(events, 'text-delta') !== '') controller.abort();
      }
      await last().left;
      expect(failureOf(events)).toMatchObject({ sort: 'aborted' });
      expect(terminals(events)).toHaveLength(1);
    });

    it('the upstream sees a reader that stops early, also one that is waiting', async () => {
      upstream.play({ before: { hang: true }, steps: [] });
      const sent = upstream.seen.length;
      const timeouts = { ...TIMEOUTS, headersMs: 600_000, firstTokenMs: 600_000 };
      const frames = provider.call(callOf({ stream: true }, { timeouts }))[Symbol.asyncIterator]();
      const pending = frames.next();
      while (upstream.seen.length === sent) await systemClock.sleep(5);
      await frames.return?.();
      await pending;
      await last().left;
      expect(await frames.next()).toEqual({ done: true, value: undefined });
    });

    it('an already cancelled call sends nothing', async () => {
      const sent = upstream.seen.length;
      const events = await ask(whole(fixtures.textAnswer), callOf({}, { signal: AbortSignal.abort() }));
      expect(events).toEqual([{ type: 'failure', cause: expect.objectContaining({ sort: 'aborted' }) as unknown }]);
      expect(upstream.seen).toHaveLength(sent);
    });

    it('uses sockets again, also where the end comes after the last event', async () => {
      const script = stream(fixtures.textStream, { pauseMs: 10 });
      await ask(script, callOf({ stream: true }));
      const accepted = upstream.accepted();
      for (let round = 0; round < 5; round += 1) {
        await systemClock.sleep(50);
        await ask(script, callOf({ stream: true }));
      }
      // On a busy machine the next call may come before the last has let go of its socket.
      expect(upstream.accepted() - accepted).toBeLessThanOrEqual(2);
    });
  });
};

import { once } from 'node:events';
import { connect } from 'node:net';
import { APIError, APIUserAbortError } from 'openai';
import { describe, expect, it, vi } from 'vitest';
import type { Ask } from '../../../src/core/ask.ts';
import type { Frame } from '../../../src/core/chat.ts';
import { RouterError } from '../../../src/core/errors.ts';
import { failureFrame, finishFrame, textFrame, usageFrame } from '../../support/provider.ts';
import { createFakeClock } from '../../support/clock.ts';
import { runOf, type Script, startServer } from '../../support/http-server.ts';

const played = (script: Script) => (ask: Ask) => Promise.resolve(runOf(ask, script));
const hello = [textFrame('Hel'), textFrame('lo'), finishFrame, usageFrame(12, 3)];
const messages = [{ role: 'user' as const, content: 'hi' }];
const streaming = { model: 'auto', messages, stream: true } as const;

const cutMidway = [textFrame('Hel'), failureFrame({ sort: 'cut', phase: 'stream', message: 'upstream secret words' })];

const rawStream = async (url: string, body: object = streaming): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const textUntilBroken = async (response: Response): Promise<{ text: string; broken: boolean }> => {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
    return { text, broken: false };
  } catch {
    return { text, broken: true };
  }
};

describe('a stream', () => {
  it('reaches the real client whole, with the headers of the one that answered', async () => {
    await using server = await startServer({ route: played({ frames: hello }) });
    const { data, response } = await server.openai.chat.completions.create(streaming).withResponse();
    let text = '';
    let finish: string | null = null;
    for await (const chunk of data) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      expect(chunk).toMatchObject({ id: 'req-1', model: 'lumen/spark' });
    }
    expect({ text, finish }).toEqual({ text: 'Hello', finish: 'stop' });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('x-bourse-request-id')).toBe('req-1');
    expect(response.headers.get('x-bourse-model')).toBe('lumen/spark');
    expect(response.headers.get('x-bourse-provider')).toBe('lumen');
    expect(response.headers.get('x-bourse-attempts')).toBe('1');
    expect(response.headers.get('x-bourse-feedback-token')).toMatch(/^f1\./);
    expect(response.headers.get('x-bourse-cost-usd')).toBeNull();
  });

  it('ends with usage and cost for a client that asked, then [DONE]', async () => {
    await using server = await startServer({ route: played({ frames: hello, outcome: { attempts: [] } }) });
    const response = await rawStream(server.url, { ...streaming, stream_options: { include_usage: true } });
    const events = (await response.text()).trim().split('\n\n');
    expect(events.at(-1)).toBe('data: [DONE]');
    const last: unknown = JSON.parse((events.at(-2) ?? '').slice('data: '.length));
    expect(last).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 12, completion_tokens: 3, cost_usd: 0.000012345, baseline_usd: 0.098765 },
    });
  });

  it('writes every event as one line, whatever the text holds', async () => {
    const hostile = 'a\n\ndata: {"forged":true}\n\ndata: [DONE]\r\n\u2028';
    await using server = await startServer({ route: played({ frames: [textFrame(hostile), finishFrame] }) });
    const events = (await (await rawStream(server.url)).text()).trim().split('\n\n');
    const parsed = events.slice(0, -1).map((event) => JSON.parse(event.slice('data: '.length)));
    expect(parsed.map((chunk) => chunk.choices[0].delta.content ?? '').join('')).toBe(hostile);
  });

  it('carries tool calls in pieces that the client puts together', async () => {
    const frames: Frame[] = [
      { events: [{ type: 'tool-call-start', index: 0, id: 'call_1', name: 'weather' }] },
      { events: [{ type: 'tool-call-delta', index: 0, arguments: '{"city":' }] },
      { events: [{ type: 'tool-call-delta', index: 0, arguments: '"Oslo"}' }] },
      { events: [{ type: 'finish', reason: 'tool_calls' }] },
    ];
    await using server = await startServer({ route: played({ frames }) });
    const message = await server.openai.chat.completions.stream({ model: 'auto', messages }).finalMessage();
    expect(message.tool_calls?.[0]).toMatchObject({
      id: 'call_1',
      function: { name: 'weather', arguments: '{"city":"Oslo"}' },
    });
  });

  it('that breaks makes the real client throw, after what had come', async () => {
    await using server = await startServer({ route: played({ frames: cutMidway }) });
    const stream = await server.openai.chat.completions.create(streaming);
    let text = '';
    const reading = (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    })();
    await expect(reading).rejects.toMatchObject({ constructor: APIError, code: 'stream_interrupted' });
    expect(text).toBe('Hel');
  });

  it('that breaks has an error event, no [DONE], and a connection cut short', async () => {
    await using server = await startServer({ route: played({ frames: cutMidway }), times: { breakMs: 20 } });
    const { text, broken } = await textUntilBroken(await rawStream(server.url));
    expect(broken).toBe(true);
    expect(text).toContain('"code":"stream_interrupted"');
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('upstream secret words');
  });

  it('that ends without a finish is a broken one', async () => {
    await using server = await startServer({ route: played({ frames: [textFrame('Hel')] }), times: { breakMs: 1 } });
    const { text, broken } = await textUntilBroken(await rawStream(server.url));
    expect({ broken, done: text.includes('[DONE]') }).toEqual({ broken: true, done: false });
  });

  it('whose source throws is cut, and the process lives', async () => {
    const frames = async function* (): AsyncIterable<Frame> {
      yield textFrame('Hel');
      throw new Error('a bug');
    };
    await using server = await startServer({ route: played({ frames }), times: { breakMs: 1 } });
    const { text, broken } = await textUntilBroken(await rawStream(server.url));
    expect({ broken, done: text.includes('[DONE]') }).toEqual({ broken: true, done: false });
    expect(text).toContain('"code":"internal"');
    expect(text + server.lines.join('')).not.toContain('a bug');
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  });
});

describe('a client that leaves', () => {
  it('while we wait for the first token is seen at once', async () => {
    const seen = Promise.withResolvers<string>();
    await using server = await startServer({
      route: (ask) =>
        new Promise((_resolve, reject) => {
          ask.signal.addEventListener('abort', () => {
            seen.resolve('aborted');
            reject(new Error('cancelled'));
          });
          leave.abort();
        }),
    });
    const leave = new AbortController();
    const call = server.openai.chat.completions.create(streaming, { signal: leave.signal });
    await expect(call).rejects.toBeInstanceOf(APIUserAbortError);
    await expect(seen.promise).resolves.toBe('aborted');
  });

  it('in the middle of a stream stops the iteration and fires the signal', async () => {
    const returned = Promise.withResolvers<boolean>();
    const frames = async function* (ask: Ask): AsyncIterable<Frame> {
      try {
        for (;;) {
          yield textFrame('x');
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      } finally {
        returned.resolve(ask.signal.aborted);
      }
    };
    await using server = await startServer({ route: played({ frames }) });
    const stream = await server.openai.chat.completions.create(streaming);
    for await (const _chunk of stream) break;
    await expect(returned.promise).resolves.toBe(true);
  });

  it('is not mistaken for one that was served: a whole answer never fires the signal', async () => {
    await using server = await startServer({ route: played({ frames: hello }) });
    await (await rawStream(server.url)).text();
    await once(server.app.server, 'request', { signal: AbortSignal.timeout(1) }).catch(() => undefined);
    expect(server.asks[0]?.signal.aborted).toBe(false);
  });

  it('that does not read is cut off, and what it did not read was never asked for', async () => {
    let produced = 0;
    const ended = Promise.withResolvers<boolean>();
    const frames = async function* (ask: Ask): AsyncIterable<Frame> {
      try {
        for (; produced < 2_000; produced += 1) yield textFrame('x'.repeat(64 * 1024));
        yield finishFrame;
      } finally {
        ended.resolve(ask.signal.aborted);
      }
    };
    await using server = await startServer({ route: played({ frames }), times: { writeStallMs: 100 } });
    const socket = connect(server.port, '127.0.0.1');
    socket.pause();
    const body = JSON.stringify(streaming);
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await expect(ended.promise).resolves.toBe(true);
    expect(produced).toBeLessThan(1_000);
    socket.destroy();
  });
});

describe('silence on a stream', () => {
  it('is broken by comments, which no client takes for content', async () => {
    const clock = createFakeClock();
    const more = Promise.withResolvers<void>();
    const frames = async function* (): AsyncIterable<Frame> {
      yield textFrame('Hel');
      await more.promise;
      yield finishFrame;
    };
    await using server = await startServer({ clock, route: played({ frames }) });
    const response = await rawStream(server.url);
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    const next = async (): Promise<string> => decoder.decode((await reader?.read())?.value);
    expect(await next()).toContain('Hel');
    clock.advance(15_000);
    expect(await next()).toBe(': waiting\n\n');
    more.resolve();
    expect(await next()).toContain('"finish_reason":"stop"');
    await reader?.cancel();
  });
});

describe('a server that must stop now', () => {
  it('ends its streams with an error event, and cancels upstream', async () => {
    const stop = new AbortController();
    const frames = async function* (ask: Ask): AsyncIterable<Frame> {
      yield textFrame('Hel');
      await new Promise((resolve) => ask.signal.addEventListener('abort', resolve));
      yield failureFrame({ sort: 'aborted', phase: 'stream' });
    };
    await using server = await startServer({
      stop: stop.signal,
      route: played({ frames }),
      times: { breakMs: 1 },
    });
    const stream = await server.openai.chat.completions.create(streaming);
    const reading = (async () => {
      for await (const _chunk of stream) stop.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'server_shutdown' });
    // A request on the connection that is just being closed hears of nothing; one on a connection of its own does.
    const again = async () => server.openai.models.list();
    await vi.waitFor(async () => expect(again()).rejects.toMatchObject({ status: 503, code: 'server_shutdown' }));
  });

  it('tells a request that has no answer yet to come back', async () => {
    const stop = new AbortController();
    await using server = await startServer({
      stop: stop.signal,
      route: (ask) =>
        new Promise((_resolve, reject) => {
          ask.signal.addEventListener('abort', () => reject(new RouterError('client_closed', 'cancelled')));
          stop.abort();
        }),
    });
    const call = server.openai.chat.completions.create({ model: 'auto', messages });
    await expect(call).rejects.toMatchObject({ status: 503, code: 'server_shutdown' });
  });
});

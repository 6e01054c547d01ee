import { connect, type Socket } from 'node:net';
import { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import type { Ask } from '../../../src/core/ask.ts';
import type { Frame } from '../../../src/core/chat.ts';
import { runOf, startServer } from '../../support/http-server.ts';
import { finishFrame, textFrame } from '../../support/provider.ts';

const soon = { headersMs: 150, receiveMs: 300, sweepMs: 50 };
const body = JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'hi' }], stream: true });
const chatHead = (length: number, more = ''): string =>
  `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${more}\r\n`;

/** Everything the server says until it closes. */
const heard = async (socket: Socket): Promise<string> => {
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('utf8');
  });
  await new Promise((resolve) => socket.on('close', resolve).on('error', () => undefined));
  return text;
};

const say = async (port: number, ...parts: readonly string[]): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  for (const part of parts) socket.write(part);
  return heard(socket);
};

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
const errorOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)).error;

const slowly = (pauseMs: number, pieces: number) => (ask: Ask) =>
  Promise.resolve(
    runOf(ask, {
      frames: async function* (): AsyncIterable<Frame> {
        for (let piece = 0; piece < pieces; piece += 1) {
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
          yield textFrame('x');
        }
        yield finishFrame;
      },
    }),
  );

describe('bytes that are no request', () => {
  it.each([
    ['rubbish', 'rubbish\r\n\r\n', 400],
    ['two Host headers', 'GET /health/live HTTP/1.1\r\nhost: a\r\nHost: b\r\nconnection: close\r\n\r\n', 400],
    ['no Host header', 'GET /health/live HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    ['headers that are too large', `GET / HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(20_000)}\r\n\r\n`, 431],
    ['a length and chunks at once', `${chatHead(5, 'transfer-encoding: chunked\r\n')}0\r\n\r\n`, 400],
    ['an expectation that cannot be met', chatHead(2, 'expect: 200-maybe\r\n'), 417],
  ])('%s are told so in OpenAI’s body', async (_what, bytes, status) => {
    await using server = await startServer();
    const answer = await say(server.port, bytes);
    expect(statusOf(answer)).toBe(status);
    expect(errorOf(answer)).toMatchObject({ type: 'invalid_request_error', code: 'invalid_request', param: null });
    expect(answer.toLowerCase()).toContain('content-type: application/json');
  });

  it('HTTP/1.0 without a Host is served', async () => {
    await using server = await startServer();
    expect(statusOf(await say(server.port, 'GET /health/live HTTP/1.0\r\n\r\n'))).toBe(200);
  });
});

describe('a slow client', () => {
  it('that does not finish its headers is let go', async () => {
    await using server = await startServer({ times: soon });
    const answer = await say(server.port, 'GET / HTTP/1.1\r\nhost: x\r\n');
    expect(statusOf(answer)).toBe(408);
    expect(errorOf(answer)).toMatchObject({ code: 'invalid_request' });
  });

  it('that does not finish its body is let go, and its room is given back', async () => {
    await using server = await startServer({ times: soon, sizes: { requestsInFlight: 1 }, route: slowly(1, 1) });
    const answer = await say(server.port, chatHead(1000), '{"model"');
    expect(statusOf(answer)).toBe(408);
    const client = server.openai.chat.completions.create({
      model: 'auto',
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect((await client).choices[0]?.message.content).toBe('x');
  });

  it('is not one whose answer takes long: a stream outlives both bounds', async () => {
    await using server = await startServer({ times: soon, route: slowly(100, 9) });
    const stream = server.openai.chat.completions.stream({
      model: 'auto',
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect(await stream.finalContent()).toBe('x'.repeat(9));
  });

  it('nor is one whose first token takes long', async () => {
    await using server = await startServer({
      times: soon,
      route: async (ask) => {
        await new Promise((resolve) => setTimeout(resolve, 700));
        return slowly(1, 1)(ask);
      },
    });
    const answer = await server.openai.chat.completions.create({
      model: 'auto',
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect(answer.choices[0]?.message.content).toBe('x');
  });
});

describe('a connection', () => {
  it('with rubbish sent in the middle of its stream is cut, with nothing of ours inside the stream', async () => {
    await using server = await startServer({ route: slowly(20, 1_000) });
    const socket = connect(server.port, '127.0.0.1');
    socket.write(chatHead(body.length) + body);
    socket.once('data', () => socket.write('rubbish\r\n\r\n'));
    const answer = await heard(socket);
    expect(statusOf(answer)).toBe(200);
    expect(answer).not.toContain('HTTP/1.1 400');
    expect(answer).not.toContain('[DONE]');
  });

  it('that asks again while the server stops is told to come back', async () => {
    const first = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    await using server = await startServer({
      route: async (ask) => {
        began.resolve();
        await first.promise;
        return slowly(1, 1)(ask);
      },
    });
    const socket = connect(server.port, '127.0.0.1');
    const answers = heard(socket);
    const whole = body.replace('true', 'false');
    socket.write(chatHead(whole.length) + whole);
    await began.promise;
    const closed = server.app.close();
    socket.write('GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 20));
    first.resolve();
    await closed;
    const text = await answers;
    expect(statusOf(text)).toBe(200);
    expect(text.slice(5)).toMatch(/HTTP\/1\.1 503[^]+"code":"server_shutdown"/);
  });

  it('that sends too large a body gets its 413, for the real client to read', async () => {
    await using server = await startServer();
    const content = 'x'.repeat(12 * 1024 * 1024);
    const call = server.openai.chat.completions.create({ model: 'auto', messages: [{ role: 'user', content }] });
    await expect(call).rejects.toMatchObject({ constructor: APIError, status: 413, code: 'request_too_large' });
  });

  it('that sends too many chunks gets its 413 too', async () => {
    await using server = await startServer({ sizes: { bodyBytes: 1_000 } });
    const head =
      'POST /v1/route HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(statusOf(await say(server.port, head, `${(2_000).toString(16)}\r\n${'x'.repeat(2_000)}\r\n`))).toBe(413);
  });
});

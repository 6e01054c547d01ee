// The transport over real sockets: what it bounds, when it pauses, how failures are told.
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBody } from '../../../src/adapters/read-body.ts';
import { createTransport, type Transport } from '../../../src/adapters/transport.ts';
import { startUpstream, type Upstream } from '../../support/upstream.ts';

const MIB = 1024 * 1024;

describe('the transport', () => {
  let upstream: Upstream;
  let transport: Transport;

  beforeEach(async () => {
    upstream = await startUpstream();
    transport = createTransport({ connectionsPerOrigin: 2 });
  });
  afterEach(async () => {
    await transport.close();
    await upstream.close();
  });

  const open = (url = upstream.url, headers: Record<string, string> = {}, onSent: () => void = () => undefined) =>
    transport.open({ url: new URL(`${url}/v1/x?y=1`), headers, body: '{"a":1}', onSent });

  it('sends method, path, headers and body, and asks for plain bytes', async () => {
    upstream.play({ steps: [{ send: 'fine' }] });
    let sent = 0;
    const exchange = open(upstream.url, { authorization: 'Bearer k' }, () => {
      sent += 1;
    });
    expect(await exchange.head).toMatchObject({ kind: 'head', status: 200 });
    expect(await readBody(exchange, 100)).toEqual({ end: 'complete', text: 'fine' });
    expect(sent).toBe(1);
    expect(upstream.seen[0]).toMatchObject({ method: 'POST', path: '/v1/x?y=1', body: '{"a":1}' });
    expect(upstream.seen[0]?.headers).toMatchObject({ authorization: 'Bearer k', 'accept-encoding': 'identity' });
  });

  it('gives the head with lower-case names before the body has come', async () => {
    upstream.play({ status: 429, headers: { 'Retry-After': '3' }, steps: [{ hang: true }] });
    const exchange = open();
    expect(await exchange.head).toMatchObject({ status: 429, headers: { 'retry-after': '3' } });
    exchange.cancel({ sort: 'aborted', phase: 'body', message: 'enough' });
    expect(await exchange.read()).toMatchObject({ kind: 'failure', cause: { message: 'enough' } });
    await upstream.seen[0]?.left;
  });

  it('pauses the socket of an upstream that is faster than its reader, and loses nothing', async () => {
    const piece = Buffer.alloc(MIB, 'x');
    upstream.play({ steps: Array.from({ length: 48 }, () => ({ send: piece })) });
    const exchange = open();
    await exchange.head;
    let before = -1;
    // Reads nothing: what the upstream can write must come to a stop by itself.
    while (before !== upstream.seen[0]?.written()) {
      before = upstream.seen[0]?.written() ?? 0;
      await wait(150);
    }
    expect(before).toBeLessThan(32 * MIB);
    const body = await readBody(exchange, 64 * MIB);
    expect(body.end).toBe('complete');
    expect(body.text.length).toBe(48 * MIB);
  });

  it('stops reading past a bound and says so', async () => {
    upstream.play({ steps: [{ send: 'x'.repeat(2000) }] });
    const exchange = open();
    expect(await readBody(exchange, 1000)).toMatchObject({ end: 'too_big' });
  });

  it.each([
    ['refused', 'http://127.0.0.1:1', { sort: 'network', phase: 'connect', code: 'ECONNREFUSED' }],
    ['unknown', 'http://nowhere.invalid', { sort: 'network', phase: 'connect' }],
  ] as const)('a connection that is %s is a failure of phase connect', async (_what, url, cause) => {
    const exchange = open(url);
    expect(await exchange.head).toMatchObject({ kind: 'failure', cause });
    expect(await exchange.read()).toMatchObject({ kind: 'failure', cause });
  });

  it('keeps addresses out of messages', async () => {
    const head = await open('http://127.0.0.1:1').head;
    expect(JSON.stringify(head)).not.toContain('127.0.0.1');
  });

  it('a reset before headers and one in the body are told apart by phase', async () => {
    upstream.play({ before: { reset: true }, steps: [] });
    expect(await open().head).toMatchObject({ cause: { sort: 'network', phase: 'headers' } });
    upstream.play({ steps: [{ send: 'part' }, { pauseMs: 20 }, { reset: true }] });
    const exchange = open();
    expect(await readBody(exchange, 100)).toMatchObject({ end: 'failed', text: 'part', cause: { phase: 'body' } });
  });

  it('a body shorter than it declared is a failure, never an end', async () => {
    upstream.play({ headers: { 'content-length': '10' }, steps: [{ send: 'part' }, { pauseMs: 10 }, { cut: true }] });
    expect(await readBody(open(), 100)).toMatchObject({ end: 'failed', cause: { sort: 'network' } });
  });

  it('headers beyond 32 KiB are malformed', async () => {
    upstream.play({ headers: { 'x-long': 'x'.repeat(40_000) }, steps: [] });
    expect(await open().head).toMatchObject({ cause: { sort: 'malformed', code: 'UND_ERR_HEADERS_OVERFLOW' } });
  });

  it('a header that cannot be sent is a failure, not a throw', async () => {
    const exchange = open(upstream.url, { bad: 'line\nbreak' });
    expect(await exchange.head).toMatchObject({ kind: 'failure', cause: { sort: 'network', phase: 'connect' } });
    expect(upstream.seen).toHaveLength(0);
  });

  it('opens no more sockets than allowed; a call cancelled in the queue is never sent', async () => {
    upstream.play({ steps: [{ hang: true }] });
    const running = [open(), open()];
    await Promise.all(running.map((exchange) => exchange.head));
    const queued = open();
    queued.cancel({ sort: 'timeout', phase: 'connect', message: 'waited too long' });
    expect(await queued.head).toMatchObject({ cause: { sort: 'timeout', phase: 'connect' } });
    for (const exchange of running) exchange.cancel({ sort: 'aborted', phase: 'body', message: 'done' });
    upstream.play({ steps: [{ send: 'fine' }] });
    expect(await readBody(open(), 100)).toEqual({ end: 'complete', text: 'fine' });
    expect(upstream.seen).toHaveLength(3);
  });

  it('ends what is under way when it is closed', async () => {
    upstream.play({ steps: [{ send: 'part' }, { hang: true }] });
    const exchange = open();
    await exchange.head;
    await transport.close();
    expect(await readBody(exchange, 100)).toMatchObject({ end: 'failed', cause: { sort: 'aborted' } });
  });
});

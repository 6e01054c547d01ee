import { describe, expect, it } from 'vitest';
import { createHttpFeed, type FeedResponse, type FeedTransport } from '../../../src/market/feeds/http.ts';
import { revisionOf } from '../../../src/market/feeds/kept.ts';
import { OPENROUTER, parseOpenrouter } from '../../../src/market/feeds/openrouter.ts';
import { createFakeClock } from '../../support/clock.ts';

const BODY = JSON.stringify({
  data: [{ id: 'a/b', context_length: 1, architecture: {}, pricing: { prompt: '0.000001', completion: '0.000002' } }],
});
const chunks = async function* (text: string | Uint8Array) {
  yield typeof text === 'string' ? new TextEncoder().encode(text) : text;
};
const answer = (
  status: number,
  text: string | Uint8Array = '',
  headers: Record<string, string> = {},
): FeedResponse => ({
  status,
  headers,
  body: chunks(text),
});

const feedOf = (answers: readonly FeedResponse[], extra: { maxBytes?: number; timeoutMs?: number } = {}) => {
  const sent: Record<string, string>[] = [];
  const left = [...answers];
  const transport: FeedTransport = async (_url, { headers }) => {
    sent.push({ ...headers });
    const next = left.shift();
    if (!next) throw new Error('no further answer');
    return next;
  };
  const feed = createHttpFeed({
    spec: OPENROUTER,
    parse: parseOpenrouter,
    transport,
    clock: createFakeClock(1000),
    ...extra,
  });
  return { read: () => feed.read(new AbortController().signal), keep: () => feed.keep?.(), sent };
};

describe('a feed over http', () => {
  it('names its reading by the hash of the bytes and by the clock', async () => {
    const { read } = feedOf([answer(200, BODY)]);
    const reading = await read();
    expect(reading).toMatchObject({ revision: revisionOf(BODY), observedAt: 1000, skipped: [] });
    expect(reading?.rows).toHaveLength(1);
  });

  it('asks conditionally once a reading was kept, and 304 is no news', async () => {
    const { read, keep, sent } = feedOf([answer(200, BODY, { etag: '"v1"', 'last-modified': 'Sat' }), answer(304)]);
    await read();
    await keep();
    expect(await read()).toBeUndefined();
    expect(sent[1]).toMatchObject({ 'if-none-match': '"v1"', 'if-modified-since': 'Sat' });
    expect(sent[0]).not.toHaveProperty('if-none-match');
  });

  it('takes the same bytes without an etag for no news too', async () => {
    const { read, keep } = feedOf([answer(200, BODY), answer(200, BODY)]);
    await read();
    await keep();
    expect(await read()).toBeUndefined();
  });

  it('gives what was not believed again, since "unchanged" would say that the old prices were seen', async () => {
    const { read, sent } = feedOf([answer(200, BODY, { etag: '"v1"' }), answer(200, BODY, { etag: '"v1"' })]);
    await read();
    expect((await read())?.rows).toHaveLength(1);
    expect(sent[1]).not.toHaveProperty('if-none-match');
  });

  it.each([
    ['an error status', answer(503, 'busy'), /answered 503/],
    ['a body that is cut', answer(200, BODY.slice(0, -5)), /JSON/],
    ['a body that is not text', answer(200, new Uint8Array([0xff, 0xfe, 0x00])), /not valid/],
    ['a page for people', answer(200, '<!doctype html><title>Sign in</title>'), /JSON/],
    ['a compressed body, whatever its size', answer(200, BODY, { 'content-encoding': 'gzip' }), /compressed/],
    ['a feed without a usable row', answer(200, '{"data":[]}'), /no usable row/],
  ])('rejects %s, and does not remember it as good', async (_what, bad, reason) => {
    const { read, keep, sent } = feedOf([{ ...bad, headers: { ...bad.headers, etag: '"bad"' } }, answer(200, BODY)]);
    await expect(read()).rejects.toThrow(reason);
    await keep();
    expect((await read())?.rows).toHaveLength(1);
    expect(sent[1]).not.toHaveProperty('if-none-match');
  });

  it('asks for nothing compressed, so that its bound is on what is read', async () => {
    const { read, sent } = feedOf([answer(200, BODY)]);
    await read();
    expect(sent[0]).toMatchObject({ 'accept-encoding': 'identity', accept: 'application/json' });
  });

  it('stops reading at its bound', async () => {
    let yielded = 0;
    const endless = async function* () {
      for (;;) {
        yielded += 1;
        yield new Uint8Array(1024);
      }
    };
    const { read } = feedOf([{ status: 200, headers: {}, body: endless() }], { maxBytes: 10_000 });
    await expect(read()).rejects.toThrow('larger than 10000 bytes');
    expect(yielded).toBe(10);
  });

  it('gives up when its time is over', async () => {
    const transport: FeedTransport = (_url, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const feed = createHttpFeed({
      spec: OPENROUTER,
      parse: parseOpenrouter,
      transport,
      clock: createFakeClock(),
      timeoutMs: 5,
    });
    await expect(feed.read(new AbortController().signal)).rejects.toThrow(/timeout/i);
  });
});

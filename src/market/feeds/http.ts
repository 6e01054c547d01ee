// A feed over HTTP: asks only for what changed, never reads more or longer than its bounds, and names what it read by its hash.
import { request } from 'undici';
import type { Clock, Feed } from '../../core/ports.ts';
import { type Answered, createKept, type Shelf } from './kept.ts';
import type { FeedSpec, Parsed } from './parsed.ts';

/** The largest known feed is 3 MB. */
export const MOST_FEED_BYTES = 16 * 1024 * 1024;
const FEED_TIMEOUT_MS = 30_000;

export type FeedResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
};

/** A GET, as the network does it. */
export type FeedTransport = (
  url: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
) => Promise<FeedResponse>;

export const undiciTransport: FeedTransport = async (url, { headers, signal }) => {
  const { statusCode, headers: answered, body } = await request(url, { headers, signal });
  return { status: statusCode, headers: answered, body };
};

export type HttpFeedDeps = {
  readonly spec: FeedSpec;
  readonly parse: (text: string) => Parsed;
  readonly transport: FeedTransport;
  readonly clock: Pick<Clock, 'now'>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
  /** Where the last good reading outlives the process. */
  readonly shelf?: Shelf;
};

const textOf = async (body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new RangeError(`feed is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  // Fatal: a feed cut inside a character must not become a different feed.
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
};

const drain = async (body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<void> => {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return;
  }
};

const header = (response: FeedResponse, name: string): string | undefined => {
  const value = response.headers[name];
  return typeof value === 'string' ? value : value?.[0];
};

export type Ask = Pick<HttpFeedDeps, 'transport' | 'headers'> & {
  readonly name: string;
  readonly url: string;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  readonly conditions?: Readonly<Record<string, string>>;
};

/**
 * One bounded GET; undefined for 304. Compression is not asked for and a compressed answer is refused, so that its size is what was read.
 * @throws on any other status, an answer that is too large, or one that is not UTF-8
 */
export const ask = async ({ transport, name, url, signal, maxBytes, ...sent }: Ask): Promise<Answered | undefined> => {
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...sent.headers,
    ...sent.conditions,
  };
  const response = await transport(url, { headers, signal });
  if (response.status === 304) {
    await drain(response.body, maxBytes);
    return undefined;
  }
  const encoding = header(response, 'content-encoding') ?? 'identity';
  if (response.status !== 200 || encoding !== 'identity') {
    await drain(response.body, maxBytes);
    throw new Error(`${name} answered ${response.status === 200 ? `compressed (${encoding})` : response.status}`);
  }
  const text = await textOf(response.body, maxBytes);
  const etag = header(response, 'etag');
  const modified = header(response, 'last-modified');
  return {
    text,
    conditions: { ...(etag ? { 'if-none-match': etag } : {}), ...(modified ? { 'if-modified-since': modified } : {}) },
  };
};

/** The signal of one reading: the caller's, and an end. */
export const bounded = (signal: AbortSignal, timeoutMs: number): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);

/**
 * Reads a feed with If-None-Match and If-Modified-Since of the last reading that was kept. `read` gives undefined when nothing changed
 * (304, or the same bytes), and rejects on any fault, an empty feed included; the caller keeps its last good reading.
 */
export const createHttpFeed = (deps: HttpFeedDeps): Feed => {
  const { spec, transport, headers = {} } = deps;
  const maxBytes = deps.maxBytes ?? MOST_FEED_BYTES;
  return createKept(deps, (signal, conditions) =>
    ask({
      transport,
      name: spec.name,
      url: spec.url,
      headers,
      conditions,
      maxBytes,
      signal: bounded(signal, deps.timeoutMs ?? FEED_TIMEOUT_MS),
    }),
  );
};

// A feed over HTTP: asks only for what changed, never reads more or longer than its bounds, and names what it read by its hash.
import { createHash } from 'node:crypto';
import { request } from 'undici';
import type { Clock, Feed } from '../../core/ports.ts';
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

/** The revision of a payload: the start of its SHA-256, enough to tell any two readings apart. */
export const revisionOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/**
 * Reads a feed with If-None-Match and If-Modified-Since. `read` gives undefined when nothing changed (304, or the same bytes), and rejects
 * on any fault, an empty feed included; the caller keeps its last good reading.
 */
export const createHttpFeed = (deps: HttpFeedDeps): Feed => {
  const { spec, parse, transport, clock } = deps;
  const maxBytes = deps.maxBytes ?? MOST_FEED_BYTES;
  let conditions: Record<string, string> = {};
  let lastRevision: string | undefined;

  const remember = (response: FeedResponse, revision: string): void => {
    const etag = header(response, 'etag');
    const modified = header(response, 'last-modified');
    conditions = { ...(etag ? { 'if-none-match': etag } : {}), ...(modified ? { 'if-modified-since': modified } : {}) };
    lastRevision = revision;
  };

  return {
    name: spec.name,
    lineage: spec.lineage,
    precedence: spec.precedence,
    read: async (signal) => {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(deps.timeoutMs ?? FEED_TIMEOUT_MS)]);
      const headers = { accept: 'application/json', ...deps.headers, ...conditions };
      const response = await transport(spec.url, { headers, signal: bounded });
      if (response.status === 304) {
        await drain(response.body, maxBytes);
        return undefined;
      }
      if (response.status !== 200) {
        await drain(response.body, maxBytes);
        throw new Error(`${spec.name} answered ${response.status}`);
      }
      const text = await textOf(response.body, maxBytes);
      const revision = revisionOf(text);
      if (revision === lastRevision) return undefined;
      const { rows, skipped } = parse(text);
      if (rows.length === 0) throw new Error(`${spec.name} has no usable row`);
      remember(response, revision);
      return { revision, observedAt: clock.now(), rows, skipped };
    },
  };
};

// How bytes reach an upstream and come back: one connection pool per origin, pull-based bodies, failures as data.
import { Pool } from 'undici';
import type { FailureCause } from '../core/failure.ts';
import { createExchange, type Exchange } from './exchange.ts';

/** Sockets to one origin; more calls wait in the pool's queue and count as connecting. */
const CONNECTIONS_PER_ORIGIN = 256;
/** Longest a socket may take to open, whatever the call allows. */
const CONNECT_CAP_MS = 15_000;
const MAX_RESPONSE_HEADER_BYTES = 32 * 1024;
/** Handed on to the socket, which undici's types do not say. highWaterMark: bytes that may lie unread in it before it is no longer read from. */
const CONNECTING = { timeout: CONNECT_CAP_MS, highWaterMark: 16 * 1024 };

export type TransportRequest = {
  /** From configuration only; nothing a caller sends may reach it. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Called once when the request is on a socket: what came before was queueing and connecting. */
  readonly onSent: () => void;
};

/** Sends requests. It has no timers of its own: whoever waits cancels the exchange. Redirects are answers like any other. */
export interface Transport {
  open(request: TransportRequest): Exchange;
  /** Cancels every exchange under way and closes the sockets. */
  close(): Promise<void>;
}

export type TransportDeps = { readonly connectionsPerOrigin?: number };

const failed = (cause: FailureCause): Exchange => ({
  head: Promise.resolve({ kind: 'failure', cause }),
  read: () => Promise.resolve({ kind: 'failure', cause }),
  ended: () => true,
  cancel: () => undefined,
});

export const createTransport = ({ connectionsPerOrigin = CONNECTIONS_PER_ORIGIN }: TransportDeps = {}): Transport => {
  // Bounded by the providers in the configuration: no other URL gets here.
  const pools = new Map<string, Pool>();

  const poolOf = (origin: string): Pool => {
    const known = pools.get(origin);
    if (known) return known;
    const pool = new Pool(origin, {
      connections: connectionsPerOrigin,
      connect: CONNECTING,
      // Our own timers know phases and content; these two know only bytes.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
      // One call, one socket: to cancel is to close it, and the provider notices at once.
      allowH2: false,
      pipelining: 1,
    });
    pools.set(origin, pool);
    return pool;
  };

  return {
    open: ({ url, headers, body, onSent }) => {
      const { exchange, handler } = createExchange(onSent);
      try {
        poolOf(url.origin).dispatch(
          {
            path: `${url.pathname}${url.search}`,
            method: 'POST',
            headers: { ...headers, 'accept-encoding': 'identity' },
            body,
          },
          handler,
        );
      } catch {
        // A header value with a line break, a pool already closed: nothing was sent.
        return failed({
          sort: 'network',
          phase: 'connect',
          code: 'not_sent',
          message: 'the request could not be sent',
        });
      }
      return exchange;
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
};

// One request on the wire as something to pull from: its head, its body in pieces with backpressure, and one way to stop it.
import type { Dispatcher } from 'undici';
import type { FailureCause, FailurePhase } from '../core/failure.ts';

/** Bytes that may lie unread before the socket is paused: less than one read brings, so that a reader that stalls holds little more than that. */
const HIGH_WATER_BYTES = 16 * 1024;

export type Failed = { readonly kind: 'failure'; readonly cause: FailureCause };
export type Head =
  | { readonly kind: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | Failed;
export type Piece = { readonly kind: 'bytes'; readonly bytes: Buffer } | { readonly kind: 'end' } | Failed;

export interface Exchange {
  /** Never rejects. */
  readonly head: Promise<Head>;
  /** The next bytes; after `end` or `failure`, the same again. One read at a time. Never rejects. */
  read(): Promise<Piece>;
  /** True once everything has arrived or failed, read or not: there is no socket left to wait for. */
  ended(): boolean;
  /** Closes the socket at once; the head and pending read become this failure. Does nothing once the body has ended. */
  cancel(cause: FailureCause): void;
}

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.name || 'unknown';

/** A body shorter than its declared length is not among them: that is a cut line. */
const BROKEN_BYTES = /^HPE_|HEADERS_OVERFLOW/;

/** undici's and Node's errors as data. Addresses and URLs stay out of the message. */
const causeOf = (error: Error, phase: FailurePhase): FailureCause => {
  const code = codeOf(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return { sort: 'timeout', phase, code, message: 'connecting took too long' };
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED')
    return { sort: 'aborted', phase, code, message: 'the connection pool was closed' };
  if (BROKEN_BYTES.test(code))
    return { sort: 'malformed', phase, code, message: `the upstream's bytes are not HTTP (${code})` };
  return { sort: 'network', phase, code, message: `the connection failed (${code})` };
};

const flatten = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> => {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
};

/** Pieces between the socket, which pushes, and the reader, who pulls. */
const createQueue = () => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let last: Piece | undefined;
  let waiting: ((piece: Piece) => void) | undefined;
  const give = (piece: Piece): boolean => {
    const reader = waiting;
    waiting = undefined;
    reader?.(piece);
    return reader !== undefined;
  };
  return {
    push: (chunk: Buffer): void => {
      if (give({ kind: 'bytes', bytes: chunk })) return;
      pieces.push(chunk);
      bytes += chunk.length;
    },
    /** What arrived before stays readable unless the exchange was cancelled. */
    end: (piece: Piece, dropUnread: boolean): void => {
      if (last) return;
      last = piece;
      if (dropUnread) pieces.length = 0;
      give(piece);
    },
    read: (): Promise<Piece> => {
      const next = pieces.shift();
      if (next) {
        bytes -= next.length;
        return Promise.resolve({ kind: 'bytes', bytes: next });
      }
      if (last) return Promise.resolve(last);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    isFull: (): boolean => bytes >= HIGH_WATER_BYTES,
    ended: (): boolean => last !== undefined,
  };
};

/** @param onSent called once, when the request is written to a socket */
export const createExchange = (
  onSent: () => void,
): { readonly exchange: Exchange; readonly handler: Dispatcher.DispatchHandler } => {
  const queue = createQueue();
  let controller: Dispatcher.DispatchController | undefined;
  let phase: FailurePhase = 'connect';
  const { promise: head, resolve: resolveHead } = Promise.withResolvers<Head>();

  const fail = (cause: FailureCause, dropUnread: boolean): void => {
    const failure = { kind: 'failure', cause } as const;
    resolveHead(failure);
    queue.end(failure, dropUnread);
  };

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (started) => {
      controller = started;
      // Cancelled while it waited for a socket: undici can be told only now.
      if (queue.ended()) return started.abort(new Error('cancelled'));
      phase = 'headers';
      onSent();
    },
    onResponseStart: (_controller, status, headers) => {
      if (status < 200) return;
      phase = 'body';
      resolveHead({ kind: 'head', status, headers: flatten(headers) });
    },
    onResponseData: (started, chunk) => {
      if (queue.ended()) return;
      queue.push(chunk);
      if (queue.isFull()) started.pause();
    },
    onResponseEnd: () => queue.end({ kind: 'end' }, false),
    onResponseError: (_controller, error) => fail(causeOf(error, phase), false),
  };

  const exchange: Exchange = {
    head,
    read: () => {
      const piece = queue.read();
      if (controller?.paused && !queue.isFull()) controller.resume();
      return piece;
    },
    ended: queue.ended,
    cancel: (cause) => {
      if (queue.ended()) return;
      fail(cause, true);
      controller?.abort(new Error('cancelled'));
    },
  };
  return { exchange, handler };
};

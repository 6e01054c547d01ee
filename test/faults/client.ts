// A client on a bare socket: it hears exactly what was sent, knows a clean end from a cut one, and can leave at any moment.
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../src/core/ports.ts';
import { createResponseReader } from './response-reader.ts';

export type Heard = {
  /** What names the request in its prompt. */
  readonly marker: string;
  status: number | undefined;
  headers: Readonly<Record<string, string>>;
  /** Decoded of its framing. */
  readonly body: string;
  /** open: still under way · clean: ended as its framing demands · cut: it did not · left: we went first. */
  ended: 'open' | 'clean' | 'cut' | 'left';
  readonly sentAt: number;
  firstContentAt: number | undefined;
  endedAt: number | undefined;
  leftAt: number | undefined;
};

export type Visit = {
  readonly heard: Heard;
  /** Resolves when the connection is over, whoever ended it. */
  readonly over: Promise<Heard>;
  /** Resolves when `look` is true of what was heard, or the connection is over. */
  until(look: (heard: Heard) => boolean): Promise<void>;
  leave(): void;
  readonly socket: Socket;
};

export type Say = {
  readonly port: number;
  readonly path: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Keeps the connection for what comes after, or reads nothing of the answer. */
  readonly keep?: boolean;
  readonly deaf?: boolean;
};

export const bytesOf = ({ path, body, headers = {}, keep = false }: Say): string => {
  const lines = Object.entries({
    host: '127.0.0.1',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...(keep ? {} : { connection: 'close' }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
};

const CONTENT = /"content":"[^"]/;

export const visit = (say: Say, clock: Clock): Visit => {
  const reader = createResponseReader();
  const heard: Heard = {
    marker: /marker-[\w.-]+/.exec(say.body)?.[0] ?? '',
    status: undefined,
    headers: {},
    ended: 'open',
    sentAt: clock.elapsed(),
    firstContentAt: undefined,
    endedAt: undefined,
    leftAt: undefined,
    get body() {
      return reader.texts.join('');
    },
  };
  const { promise: over, resolve } = Promise.withResolvers<Heard>();
  const watchers = new Set<() => void>();
  const socket = connect(say.port, '127.0.0.1');
  socket.setNoDelay(true);
  const tell = (): void => {
    for (const watcher of watchers) watcher();
  };
  const finish = (ended: Heard['ended']): void => {
    if (heard.ended !== 'open') return;
    heard.ended = ended;
    heard.endedAt = clock.elapsed();
    tell();
    resolve(heard);
  };
  const listen = (piece: Buffer): void => {
    const before = reader.texts.length;
    reader.feed(piece);
    const head = reader.head();
    if (!head) return;
    Object.assign(heard, head);
    if (heard.firstContentAt === undefined && CONTENT.test(reader.texts.slice(before).join('')))
      heard.firstContentAt = clock.elapsed();
    tell();
  };
  socket.on('connect', () => socket.write(bytesOf(say)));
  if (say.deaf !== true) socket.on('data', listen);
  socket.on('error', () => undefined);
  socket.on('close', () => finish(reader.complete() ? 'clean' : 'cut'));
  return {
    heard,
    over,
    socket,
    until: (look) =>
      new Promise((go) => {
        const watcher = (): void => {
          if (heard.ended === 'open' && !look(heard)) return;
          watchers.delete(watcher);
          go();
        };
        watchers.add(watcher);
        watcher();
      }),
    leave: () => {
      heard.leftAt = clock.elapsed();
      finish('left');
      socket.destroy();
    },
  };
};

export type Chunk = {
  readonly id?: string;
  readonly model?: string;
  readonly error?: { readonly code?: string; readonly message?: string };
  readonly choices?: readonly {
    readonly index?: number;
    readonly finish_reason?: string | null;
    readonly delta?: { readonly content?: string; readonly tool_calls?: readonly object[] };
    readonly message?: { readonly content?: string };
  }[];
  readonly usage?: Readonly<Record<string, unknown>> | null;
};

/** The events of a stream; [DONE] is told apart. Half an event at a cut end is none. */
export const eventsOf = ({
  body,
}: Pick<Heard, 'body'>): { readonly chunks: readonly Chunk[]; readonly done: number } => {
  const data = body
    .split('\n\n')
    .slice(0, -1)
    .flatMap((event) => (event.startsWith('data: ') ? event.slice('data: '.length) : []));
  return {
    chunks: data.filter((text) => text !== '[DONE]').map((text) => JSON.parse(text) as Chunk),
    done: data.filter((text) => text === '[DONE]').length,
  };
};

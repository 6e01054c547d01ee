// One keep-alive connection that speaks as little HTTP/1.1 as it can get away with: the load must cost less than what it measures.
import { connect, type Socket } from 'node:net';

export type Answer = {
  readonly status: number;
  /** The body without its chunk framing, one character per byte. */
  readonly body: string;
  /** ms from the request to the first byte of the body, and to its last. */
  readonly firstMs: number;
  readonly totalMs: number;
};

export type Connection = {
  /** One request at a time. Rejects when the connection breaks before the answer is whole. */
  ask(request: Buffer): Promise<Answer>;
  close(): void;
};

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '\r\n0\r\n\r\n';

const unframed = (text: string): string => {
  let body = '';
  let at = 0;
  for (;;) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (line < 0 || !(size > 0)) return body;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
};

/** Collects the pieces of one answer and knows when it is whole. */
const createReading = () => {
  const began = performance.now();
  let text = '';
  let tail = '';
  let bodyAt = -1;
  let length = -1;
  let firstMs = 0;
  const readHead = (): void => {
    const end = text.indexOf(HEAD_END);
    if (end < 0) return;
    bodyAt = end + HEAD_END.length;
    const stated = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2))?.[1];
    length = stated === undefined ? -1 : Number(stated);
  };
  const isWhole = (): boolean => (length >= 0 ? text.length - bodyAt >= length : tail === LAST_CHUNK);
  return (piece: string): Answer | undefined => {
    text += piece;
    tail = (tail + piece).slice(-LAST_CHUNK.length);
    if (bodyAt < 0) readHead();
    if (firstMs === 0 && bodyAt >= 0 && text.length > bodyAt) firstMs = performance.now() - began;
    if (bodyAt < 0 || !isWhole()) return undefined;
    const totalMs = performance.now() - began;
    const body = text.slice(bodyAt);
    return {
      status: Number(text.slice(9, 12)),
      body: length >= 0 ? body : unframed(body),
      firstMs: firstMs || totalMs,
      totalMs,
    };
  };
};

export const openConnection = (port: number): Promise<Connection> => {
  const { promise, resolve, reject } = Promise.withResolvers<Connection>();
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let read: ReturnType<typeof createReading> | undefined;
  let answer: PromiseWithResolvers<Answer> | undefined;
  const broke = (why: string): void => {
    answer?.reject(new Error(why));
    answer = undefined;
  };
  socket.on('data', (bytes: Buffer) => {
    const whole = read?.(bytes.toString('latin1'));
    if (!whole) return;
    read = undefined;
    answer?.resolve(whole);
    answer = undefined;
  });
  socket.once('connect', () =>
    resolve({
      ask: (request) => {
        answer = Promise.withResolvers<Answer>();
        if (socket.destroyed) answer.reject(new Error('the connection is closed'));
        read = createReading();
        socket.write(request);
        return answer.promise;
      },
      close: () => void socket.destroy(),
    }),
  );
  socket.once('error', (fault) => {
    reject(fault);
    broke(fault.message);
  });
  socket.once('close', () => broke('the connection was closed before the answer was whole'));
  return promise;
};

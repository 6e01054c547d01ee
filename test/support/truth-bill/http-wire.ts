// HTTP/1.1 on a bare socket, both ways: requests read as bytes come, answers written exactly as told, wrong framing included.
import type { Socket } from 'node:net';
import type { Framing, Headers } from './acts.ts';

export type Request = {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
};

const MOST_BYTES = 64 * 1024 * 1024;

const parseHead = (text: string): Omit<Request, 'body'> => {
  const [first = '', ...lines] = text.split('\r\n');
  const [method = '', path = ''] = first.split(' ');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { method, path, headers };
};

/** Whole requests out of pieces. Bodies are by content-length: it is all our client sends. */
export const createRequestReader = () => {
  let held = Buffer.alloc(0);
  return (piece: Buffer): Request | undefined => {
    held = Buffer.concat([held, piece]);
    if (held.length > MOST_BYTES) throw new RangeError('a request is larger than a test may send');
    const split = held.indexOf('\r\n\r\n');
    if (split < 0) return undefined;
    const head = parseHead(held.subarray(0, split).toString());
    const length = Number(head.headers['content-length'] ?? 0);
    if (held.length < split + 4 + length) return undefined;
    const body = held.subarray(split + 4, split + 4 + length).toString();
    held = held.subarray(split + 4 + length);
    return { ...head, body };
  };
};

const framingHeader = (framing: Framing): Headers => {
  if (framing === 'chunked') return { 'transfer-encoding': 'chunked' };
  return framing === 'until-close' ? { connection: 'close' } : { 'content-length': String(framing) };
};

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      socket.off('drain', go).off('close', go);
      resolve();
    };
    socket.once('drain', go).once('close', go);
  });

/** One response. Writes wait for the socket, so that a reader who stops stops the writer. */
export const createResponse = (socket: Socket) => {
  let framing: Framing = 'chunked';
  const write = async (bytes: string | Buffer): Promise<boolean> => {
    if (socket.destroyed) return false;
    if (!socket.write(bytes)) await drained(socket);
    return !socket.destroyed;
  };
  return {
    raw: write,
    head: (status: number, headers: Headers, how: Framing): Promise<boolean> => {
      framing = how;
      const lines = Object.entries({ date: new Date().toUTCString(), ...headers, ...framingHeader(how) });
      return write(`HTTP/1.1 ${status} Said\r\n${lines.map(([k, v]) => `${k}: ${v}`).join('\r\n')}\r\n\r\n`);
    },
    send: (bytes: string | Buffer): Promise<boolean> => {
      const body = Buffer.from(bytes);
      if (body.length === 0) return Promise.resolve(!socket.destroyed);
      if (framing !== 'chunked') return write(body);
      return write(Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]));
    },
    end: async (): Promise<void> => {
      if (framing === 'chunked') await write('0\r\n\r\n');
      if (framing === 'until-close') socket.end();
    },
  };
};

export type Response = ReturnType<typeof createResponse>;

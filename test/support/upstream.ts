// A provider's end of the line on a real loopback socket, playing a script: status, headers, pieces, pauses, resets, early ends.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

export type Step =
  | { readonly send: string | Buffer }
  | { readonly pauseMs: number }
  /** Sends nothing more until a test says so. */
  | { readonly until: Promise<unknown> }
  /** Sends nothing more until the client has left. */
  | { readonly hang: true }
  /** TCP reset. */
  | { readonly reset: true }
  /** A plain end of the connection in the middle of the body. */
  | { readonly cut: true };

export type Script = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Happens before the status line. */
  readonly before?: Step;
  readonly steps: readonly Step[];
};

export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Resolves when the client's socket closes before the script was played to its end. */
  readonly left: Promise<void>;
  /** Bytes of the body accepted by the kernel so far. */
  readonly written: () => number;
};

export type Upstream = {
  readonly url: string;
  readonly seen: Seen[];
  /** The next request plays this; the last script repeats. A function looks at the request first. */
  play(...scripts: readonly (Script | ((seen: Seen) => Script))[]): void;
  /** Sockets ever accepted. */
  accepted(): number;
  close(): Promise<void>;
};

export const sse = (...events: readonly (object | string)[]): Script => ({
  headers: { 'content-type': 'text/event-stream' },
  steps: [
    { send: events.map((data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`).join('') },
  ],
});

export const json = (body: object | string, status = 200, headers: Readonly<Record<string, string>> = {}): Script => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  steps: [{ send: typeof body === 'string' ? body : JSON.stringify(body) }],
});

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
};

const gone = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.destroyed) resolve();
    else response.once('close', () => resolve());
  });

/** False: the connection is over. */
const perform = async (step: Step, response: ServerResponse, closed: Promise<void>): Promise<boolean> => {
  if ('send' in step) {
    const full = !response.write(step.send);
    if (full) await Promise.race([closed, new Promise((resolve) => response.once('drain', resolve))]);
    // Its own turn of the event loop, so that it leaves as its own segment.
    await turn();
    return !response.destroyed;
  }
  if ('pauseMs' in step) {
    await wait(step.pauseMs);
    return !response.destroyed;
  }
  if ('until' in step) {
    await Promise.race([step.until, closed]);
    return !response.destroyed;
  }
  if ('hang' in step) {
    await closed;
    return false;
  }
  if ('reset' in step) response.socket?.resetAndDestroy();
  else response.socket?.destroy();
  return false;
};

const playThrough = async (script: Script, response: ServerResponse, closed: Promise<void>): Promise<void> => {
  if (script.before && !(await perform(script.before, response, closed))) return;
  response.writeHead(script.status ?? 200, script.headers);
  response.flushHeaders();
  for (const step of script.steps) if (!(await perform(step, response, closed))) return;
  response.end();
};

const flat = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

export const startUpstream = async (): Promise<Upstream> => {
  const seen: Seen[] = [];
  let scripts: (Script | ((seen: Seen) => Script))[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const closed = gone(response);
      const left = closed.then(() => (response.writableFinished ? new Promise<void>(() => undefined) : undefined));
      const { socket } = response;
      const before = socket?.bytesWritten ?? 0;
      const body = await bodyOf(request).catch(() => '');
      const next = (scripts.length > 1 ? scripts.shift() : scripts[0]) ?? { status: 500, steps: [] };
      const one: Seen = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: flat(request.headers),
        body,
        left,
        written: () => (socket?.bytesWritten ?? 0) - before,
      };
      seen.push(one);
      await playThrough(typeof next === 'function' ? next(one) : next, response, closed);
    })();
  });
  let accepted = 0;
  server.on('connection', () => {
    accepted += 1;
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    play: (...next) => {
      scripts = [...next];
    },
    accepted: () => accepted,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

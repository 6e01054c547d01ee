// How an answer, a fault or an error leaves a simulated server: at its own pace, with backpressure, until the client goes.
import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../core/chat.ts';
import type { Script } from './answer.ts';
import type { Fault } from './faults.ts';
import type { Stamp, Wire, WireError } from './wire.ts';

/** Resolves after `ms`, or at once when the signal fires. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

export type Pace = {
  readonly sleep: Sleep /** 1: the demo's own time; Infinity: no waiting at all. */;
  readonly speed: number;
};

export type Ending = 'ok' | 'cut' | 'client_gone';

export const sendJson = (response: ServerResponse, { status, headers, body }: WireError): void => {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
};

export type Delivery = {
  readonly response: ServerResponse;
  readonly wire: Wire;
  readonly script: Script;
  readonly stamp: Stamp;
  readonly stream: boolean;
  readonly fault: Fault | undefined;
  readonly pace: Pace;
};

const goneOf = (response: ServerResponse): AbortSignal => {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
};

const waiter =
  ({ sleep, speed }: Pace, gone: AbortSignal) =>
  async (ms: number): Promise<void> => {
    const scaled = ms / speed;
    if (scaled > 0) await sleep(scaled, gone);
  };

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });

/** The connection drops without a word, as when a machine dies. */
const drop = (response: ServerResponse): Ending => {
  response.destroy();
  return 'cut';
};

const deliverWhole = async (delivery: Delivery, gone: AbortSignal): Promise<Ending> => {
  const { response, wire, script, stamp, fault, pace } = delivery;
  const { text, reasoning } = script.tokens;
  await waiter(pace, gone)(script.firstTokenMs + (text + reasoning) * script.tokenMs);
  if (gone.aborted) return 'client_gone';
  if (fault === 'cut_early') return drop(response);
  const body: JsonObject = wire.whole(script, stamp);
  if (fault !== 'cut_late') {
    sendJson(response, { status: 200, headers: {}, body });
    return 'ok';
  }
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  await new Promise<void>((resolve) => response.write(bytes.subarray(0, bytes.length >> 1), () => resolve()));
  return drop(response);
};

const deliverStream = async (delivery: Delivery, gone: AbortSignal): Promise<Ending> => {
  const { response, wire, script, stamp, fault, pace } = delivery;
  const wait = waiter(pace, gone);
  await wait(script.firstTokenMs);
  if (gone.aborted) return 'client_gone';
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.flushHeaders();
  if (fault === 'cut_early') return drop(response);
  const chunks = [...wire.stream(script, stamp)];
  const cutAt = fault === 'cut_late' ? Math.max(2, chunks.length >> 1) : Number.POSITIVE_INFINITY;
  // Timers are coarse: short waits are saved up until they are worth a timer.
  let owed = 0;
  for (const [at, { frame, tokens }] of chunks.entries()) {
    if (at >= cutAt) return drop(response);
    owed += tokens * script.tokenMs;
    if (owed >= 2) {
      await wait(owed);
      owed = 0;
    }
    if (gone.aborted) return 'client_gone';
    if (!response.write(frame)) await drained(response);
  }
  response.end();
  return 'ok';
};

export const deliver = (delivery: Delivery): Promise<Ending> => {
  const gone = goneOf(delivery.response);
  return delivery.stream ? deliverStream(delivery, gone) : deliverWhole(delivery, gone);
};

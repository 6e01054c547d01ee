// Server-sent events on the bare response: written as they come, never faster than the client reads, ended so that a break looks like one.
import type { ServerResponse } from 'node:http';
import type { Clock } from '../core/ports.ts';
import type { TimeLimits } from './limits.ts';

export type EventStreamDeps = {
  readonly clock: Clock;
  readonly times: Pick<TimeLimits, 'writeStallMs' | 'streamSilenceMs' | 'breakMs'>;
};

export type EventStream = {
  /** One event per item. Resolves when there is room for more; false when the client has gone. */
  send(items: readonly unknown[]): Promise<boolean>;
  /** The end of a complete stream. */
  done(): void;
  /** The end of an incomplete one: the item, then a connection cut short, which no client takes for an end. */
  broken(item: unknown): Promise<void>;
};

/** Given to abort, so that no error with its stack is made for every stream that ends well. */
const OVER = new Error('the stream is over');

/** JSON has no bare line breaks, so nothing in it can end the event. */
const eventOf = (item: unknown): string => `data: ${JSON.stringify(item)}\n\n`;

/** Until there is room, the client is gone, or it has not read for too long: then it is cut off. */
const roomIn = async (raw: ServerResponse, { clock, times }: EventStreamDeps): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<'room' | 'stalled'>();
  const moved = new AbortController();
  const go = (): void => resolve('room');
  raw.once('drain', go);
  raw.once('close', go);
  void clock.sleep(times.writeStallMs, moved.signal).then(() => resolve('stalled'));
  const end = await promise;
  raw.off('drain', go);
  raw.off('close', go);
  moved.abort();
  if (end === 'stalled') raw.destroy();
};

/** Writes the head at once: call it when the status is certain. */
export const openEventStream = (
  raw: ServerResponse,
  headers: Readonly<Record<string, string>>,
  deps: EventStreamDeps,
): EventStream => {
  const { clock, times } = deps;
  let wroteAt = clock.elapsed();
  const over = new AbortController();
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  if (raw.destroyed) close();
  raw.once('close', () => {
    over.abort(OVER);
    close();
  });
  // A broken pipe is a client that left; 'close' follows and tells.
  raw.on('error', () => undefined);
  raw.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });

  const write = async (text: string): Promise<boolean> => {
    wroteAt = clock.elapsed();
    if (!raw.destroyed && !raw.write(text)) await roomIn(raw, deps);
    if (!raw.destroyed) return true;
    // Not before everyone who listens for the close has heard of it.
    await closed;
    return false;
  };

  const breakSilence = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const leftMs = times.streamSilenceMs - (clock.elapsed() - wroteAt);
      if (leftMs <= 0 && !raw.writableNeedDrain) await write(': waiting\n\n');
      await clock.sleep(leftMs > 0 ? leftMs : times.streamSilenceMs, over.signal);
    }
  };
  void breakSilence();

  return {
    send: (items) => (items.length === 0 ? Promise.resolve(!raw.destroyed) : write(items.map(eventOf).join(''))),
    done() {
      over.abort(OVER);
      if (!raw.destroyed) raw.end('data: [DONE]\n\n');
    },
    async broken(item) {
      over.abort(OVER);
      if (!(await write(eventOf(item)))) return;
      const gone = new AbortController();
      await Promise.race([closed.then(() => gone.abort()), clock.sleep(times.breakMs, gone.signal)]);
      raw.destroy();
    },
  };
};

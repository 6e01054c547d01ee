// What lies in this process of an answer that nobody reads.
import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { createExchange } from '../../../src/adapters/exchange.ts';

/** A quarter of what one read of a socket may bring. */
const PIECE = Buffer.alloc(16 * 1024, 'x');

const createController = (): Dispatcher.DispatchController => ({
  paused: false,
  aborted: false,
  reason: null,
  rawHeaders: null,
  rawTrailers: null,
  abort: () => undefined,
  pause() {
    (this as { paused: boolean }).paused = true;
  },
  resume() {
    (this as { paused: boolean }).paused = false;
  },
});

describe('an exchange nobody reads from', () => {
  it('stops its socket after one piece, and lets it go on when that has been read', async () => {
    const controller = createController();
    const { exchange, handler } = createExchange(() => undefined);
    handler.onRequestStart?.(controller, undefined);
    handler.onResponseStart?.(controller, 200, {});
    handler.onResponseData?.(controller, PIECE);
    expect(controller.paused).toBe(true);
    expect(await exchange.read()).toMatchObject({ kind: 'bytes', bytes: PIECE });
    expect(controller.paused).toBe(false);
  });
});

// Simulated time: a heap of events, one clock that stands still between them, and everything that is due settled before time moves on.
import type { Clock } from '../../src/core/ports.ts';

type Event = { readonly atMs: number; readonly order: number; readonly run: () => void; off: boolean };

const isBefore = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** Binary heap by time, then by when it was put in: the same seed, the same order. */
const createHeap = () => {
  const items: Event[] = [];
  const push = (event: Event): void => {
    let at = items.length;
    items.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent];
      if (!above || isBefore(above, event)) break;
      items[at] = above;
      at = parent;
    }
    items[at] = event;
  };
  const pop = (): Event | undefined => {
    const first = items[0];
    const last = items.pop();
    if (!last || items.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = items[2 * at + 1];
      if (!left) break;
      const right = items[2 * at + 2];
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (isBefore(last, child)) break;
      items[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    items[at] = last;
    return first;
  };
  return { push, pop };
};

/** Epoch ms at which every simulation begins. */
export const START_MS = Date.UTC(2026, 10, 24, 12);

export type Cancel = () => void;

export type SimClock = Clock & {
  /** Does something so many simulated ms from now. */
  after(ms: number, run: () => void): Cancel;
  /** The wall clock jumps; what is measured does not. */
  step(ms: number): void;
  /** Sleepers that nobody has let go yet. */
  pending(): number;
  /** Events so far. */
  events(): number;
  /** Plays events until none is left. @param most after so many it is given up */
  play(most: number): Promise<'over' | 'endless'>;
};

export const createSimClock = (): SimClock => {
  const heap = createHeap();
  let elapsed = 0;
  let ahead = 0;
  let order = 0;
  let pending = 0;
  let events = 0;

  const after = (ms: number, run: () => void): Cancel => {
    order += 1;
    const event: Event = { atMs: elapsed + Math.max(0, ms), order, run, off: false };
    heap.push(event);
    return () => void (event.off = true);
  };

  const sleep: Clock['sleep'] = (ms, signal) => {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      pending += 1;
      const wake = (): void => {
        pending -= 1;
        cancel();
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = after(ms, wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  };

  const next = (): Event | undefined => {
    for (let event = heap.pop(); event; event = heap.pop()) if (!event.off) return event;
    return undefined;
  };

  return {
    now: () => START_MS + Math.floor(elapsed) + ahead,
    elapsed: () => elapsed,
    sleep,
    after,
    step: (ms) => void (ahead += ms),
    pending: () => pending,
    events: () => events,
    // A tick runs when no promise is left to settle, and a microtask asks for the next tick: so time moves only when all is quiet.
    play: (most) =>
      new Promise((resolve, reject) => {
        const step = (): void => {
          const event = next();
          if (!event) return resolve('over');
          events += 1;
          if (events > most) return resolve('endless');
          elapsed = event.atMs;
          try {
            event.run();
          } catch (fault) {
            return reject(fault instanceof Error ? fault : new Error(String(fault)));
          }
          queueMicrotask(later);
        };
        const later = (): void => process.nextTick(step);
        step();
      }),
  };
};

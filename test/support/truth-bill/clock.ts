// A clock for faults: hours pass in seconds, and time stands still while this process is kept from running, so that a busy machine delays nothing.
import type { Lag } from '../../../src/http/pressure.ts';
import type { Clock } from '../../../src/core/ports.ts';

/** How often it ticks, and the most one tick may add: what a stalled event loop missed is not made up for. */
const TICK_MS = 2;
const LONGEST_TICK_MS = 3;

type Sleeper = { until: number; readonly wake: () => void };

export type FastClock = Clock & {
  /** Virtual milliseconds per real one. */
  speed: number;
  /** True: time this process missed counts as passed, as it does in life. */
  honest: boolean;
  /** What would have happened meanwhile does not: only the hands are moved. */
  skip(ms: number): void;
  /** Sleepers still asleep: timers somebody has not put down. */
  pending(): number;
  /** The most one tick was late since last asked, taken for the mean as well; nothing while time stands still for it. */
  takeLag(): Lag;
  stop(): void;
};

/** @param startMs epoch ms it begins at */
export const createFastClock = (startMs = Date.now()): FastClock => {
  const sleepers = new Set<Sleeper>();
  let elapsed = 0;
  let lateMs = 0;
  let last = performance.now();
  const tick = (): void => {
    const real = performance.now();
    if (clock.honest) lateMs = Math.max(lateMs, real - last - TICK_MS);
    elapsed += Math.min(real - last, clock.honest ? Number.POSITIVE_INFINITY : LONGEST_TICK_MS) * clock.speed;
    last = real;
    for (const sleeper of sleepers) if (sleeper.until <= elapsed) sleeper.wake();
  };
  const ticking = setInterval(tick, TICK_MS);
  const clock: FastClock = {
    speed: 1,
    honest: false,
    now: () => Math.floor(startMs + elapsed),
    elapsed: () => elapsed,
    sleep: (ms, signal) => {
      if (signal?.aborted) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      const sleeper: Sleeper = {
        until: elapsed + ms,
        wake: () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
      return promise;
    },
    skip: (ms) => {
      elapsed += ms;
      for (const sleeper of sleepers) sleeper.until += ms;
    },
    pending: () => sleepers.size,
    takeLag: () => {
      const lag = { meanMs: lateMs, longestMs: lateMs };
      lateMs = 0;
      return lag;
    },
    stop: () => clearInterval(ticking),
  };
  return clock;
};

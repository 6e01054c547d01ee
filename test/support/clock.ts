// A clock that moves when it is told to, so that no test waits or measures.
import type { Clock } from '../../src/core/ports.ts';
import { systemClock } from '../../src/world.ts';

export type FakeClock = Clock & { advance(ms: number): void };

type Sleeper = { readonly until: number; readonly wake: () => void };

export const createFakeClock = (startMs = Date.UTC(2026, 10, 24, 12)): FakeClock => {
  let elapsed = 0;
  let sleepers: Sleeper[] = [];
  return {
    now: () => startMs + elapsed,
    elapsed: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        sleepers.push({ until: elapsed + ms, wake: resolve });
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
    advance: (ms) => {
      elapsed += ms;
      const due = sleepers.filter((sleeper) => sleeper.until <= elapsed);
      sleepers = sleepers.filter((sleeper) => sleeper.until > elapsed);
      for (const sleeper of due) sleeper.wake();
    },
  };
};

/** The real clock, which can also be put forward: for what needs real timers and hours to pass. */
export const createShiftedClock = (): FakeClock => {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    elapsed: () => systemClock.elapsed() + ahead,
    sleep: systemClock.sleep,
    advance: (ms) => {
      ahead += ms;
    },
  };
};

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

const DAY_MS = 86_400_000;

/** The real clock set to noon (UTC), which can also be put forward: for what needs real timers and hours to pass, and a day that does not end meanwhile. */
export const createShiftedClock = (): FakeClock => {
  const toNoon = DAY_MS / 2 - (systemClock.now() % DAY_MS);
  let ahead = 0;
  return {
    now: () => systemClock.now() + toNoon + ahead,
    elapsed: () => systemClock.elapsed() + ahead,
    sleep: systemClock.sleep,
    advance: (ms) => {
      ahead += ms;
    },
  };
};

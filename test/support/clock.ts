// A clock that moves when it is told to, so that no test waits or measures.
import type { Clock } from '../../src/core/ports.ts';

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

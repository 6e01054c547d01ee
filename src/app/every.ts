// Work that is done again and again, a stretch of time after it last ended. By time that passes: a wall clock that is set back silences nothing.
import type { Clock } from '../core/ports.ts';

export type Repeated = { readonly stop: () => Promise<void> };

/** @param work tells of its own faults; what it throws all the same ends nothing */
export const every = (ms: number, clock: Clock, work: () => Promise<unknown>): Repeated => {
  const stopping = new AbortController();
  const repeat = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(ms, stopping.signal);
      if (stopping.signal.aborted) return;
      await work().catch(() => undefined);
    }
  };
  const running = repeat();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
};

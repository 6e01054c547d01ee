// Something to be done with a server that may be away: tried until it has worked, and once more where it was asked for meanwhile.
import type { Clock } from '../core/ports.ts';

export type ErrandDeps = {
  readonly clock: Clock;
  readonly stopped: AbortSignal;
  /** What is not done when it rejects. */
  readonly work: () => Promise<void>;
};

const RETRY_MS = 250;

export const createErrand = ({ clock, stopped, work }: ErrandDeps) => {
  let asked = 0;
  let running = false;
  let ended: Promise<void> = Promise.resolve();

  const run = async (): Promise<void> => {
    for (let doneFor = 0; doneFor < asked && !stopped.aborted; ) {
      const now = asked;
      const worked = await work().then(
        () => true,
        () => false,
      );
      if (worked) doneFor = now;
      else await clock.sleep(RETRY_MS, stopped);
    }
    asked = 0;
    running = false;
  };

  return {
    /** Never waits and never throws. */
    ask(): void {
      asked += 1;
      if (running) return;
      running = true;
      ended = run();
    },
    /** Resolves when nothing is under way. */
    idle: (): Promise<void> => ended,
  };
};

// Who else is alive: replicas that were heard of lately.
import type { Clock } from '../core/ports.ts';

/** A replica that has been silent for as long is not counted any more. */
const GONE_AFTER_MS = 10_000;
const MOST_REPLICAS = 10_000;

export const createPresence = (clock: Clock) => {
  const seen = new Map<string, number>();
  return {
    saw(replica: string): void {
      if (seen.size >= MOST_REPLICAS) seen.clear();
      seen.set(replica, clock.elapsed());
    },
    /** Nobody can be heard just now: that says nothing of them. */
    keep(): void {
      for (const replica of seen.keys()) seen.set(replica, clock.elapsed());
    },
    /** This one counts. */
    count(): number {
      for (const [replica, at] of seen) if (clock.elapsed() - at > GONE_AFTER_MS) seen.delete(replica);
      return seen.size + 1;
    },
  };
};

// One timer for one call: time spent waiting for the upstream counts, time spent waiting for our own reader does not.
import type { Clock } from '../core/ports.ts';

export type Watchdog = {
  /** Starts a new allowance, running. */
  arm(limitMs: number): void;
  /** Stops the count while the reader is busy; what is left stays left. */
  pause(): void;
  resume(): void;
  stop(): void;
};

export type WatchdogDeps = { readonly clock: Clock; readonly onExpire: () => void };

/** Handed to abort so that none is made, with its stack, for every call. */
const WOKEN = new Error('woken');

/**
 * Built for streams: arming, pausing and resuming for every event are assignments; the sleeper wakes about once per allowance and looks
 * what is left. Only an allowance that ends sooner than the sleeper would wake cuts its sleep short.
 */
export const createWatchdog = ({ clock, onExpire }: WatchdogDeps): Watchdog => {
  let left = Number.POSITIVE_INFINITY;
  let since: number | undefined;
  let wakesAt = Number.POSITIVE_INFINITY;
  let sleeping: AbortController | undefined;
  let stopped = false;

  const remaining = (): number => (since === undefined ? left : left - (clock.elapsed() - since));

  const sleep = (): void => {
    const ms = Math.max(0, remaining());
    const mine = new AbortController();
    sleeping = mine;
    wakesAt = clock.elapsed() + ms;
    void clock.sleep(Math.ceil(ms), mine.signal).then(() => {
      if (mine.signal.aborted || stopped) return;
      if (remaining() > 0) return sleep();
      // Perhaps it was this process that was busy, and what it waited for lies in the socket, unread: one turn to read it.
      setImmediate(() => {
        if (mine.signal.aborted || stopped) return;
        if (remaining() > 0) return sleep();
        // Out of time while paused cannot be: a paused count does not fall.
        stopped = true;
        onExpire();
      });
    });
  };

  return {
    arm: (limitMs) => {
      if (stopped) return;
      left = limitMs;
      since = clock.elapsed();
      if (sleeping !== undefined && since + limitMs >= wakesAt) return;
      sleeping?.abort(WOKEN);
      sleep();
    },
    pause: () => {
      if (since === undefined) return;
      left = remaining();
      since = undefined;
    },
    resume: () => {
      since ??= clock.elapsed();
    },
    stop: () => {
      stopped = true;
      sleeping?.abort(WOKEN);
    },
  };
};

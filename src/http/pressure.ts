// Whether this process keeps up: when its event loop lags, new work is turned away while what is under way goes on.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../core/ports.ts';

/** How late timers fired, in milliseconds. */
export type Lag = { readonly meanMs: number; readonly longestMs: number };

/** Tells of the time since last asked. */
export type LagMeter = { take(): Lag; stop(): void };

const RESOLUTION_MS = 20;
const NANOSECONDS = 1e6;

const NEVER_LATE: Lag = { meanMs: 0, longestMs: 0 };

/** By Node's own histogram; costs one native timer. */
export const createLagMeter = (): LagMeter => {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const late = (nanoseconds: number): number => nanoseconds / NANOSECONDS - RESOLUTION_MS;
  return {
    take: () => {
      const lag = histogram.count > 0 ? { meanMs: late(histogram.mean), longestMs: late(histogram.max) } : NEVER_LATE;
      histogram.reset();
      return lag;
    },
    stop: () => histogram.disable(),
  };
};

export type PressureDeps = {
  readonly clock: Clock;
  readonly meter: LagMeter;
  /** Later than this on average, and it does not keep up. */
  readonly lagMs: number;
};

/** One look serves for this long. */
const LOOK_EVERY_MS = 500;
/** A single pause is forgiven, unless it was this many times as long as allowed. */
const UNFORGIVEN = 5;

/**
 * The mean of a look, as in @fastify/under-pressure: half a second has some twenty samples, of which a high percentile is simply the longest, and a
 * collection or a neighbour on the same cores makes one long in many a look of a process that is idle otherwise.
 */
export const createPressure = ({ clock, meter, lagMs }: PressureDeps) => {
  let lookedAt = clock.elapsed();
  let wasLate = false;
  let isHigh = false;
  return {
    /** True: no more for now. */
    isHigh(): boolean {
      const now = clock.elapsed();
      if (now - lookedAt >= LOOK_EVERY_MS) {
        lookedAt = now;
        const { meanMs, longestMs } = meter.take();
        isHigh = longestMs > UNFORGIVEN * lagMs || (meanMs > lagMs && wasLate);
        wasLate = meanMs > lagMs;
      }
      return isHigh;
    },
  };
};

export type Pressure = ReturnType<typeof createPressure>;

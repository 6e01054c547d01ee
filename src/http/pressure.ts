// Whether this process keeps up: when its event loop lags, new work is turned away while what is under way goes on.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../core/ports.ts';

/** How late timers fire, in milliseconds, since last asked. */
export type LagMeter = { take(): number; stop(): void };

const RESOLUTION_MS = 20;
const NANOSECONDS = 1e6;

/** The 99th percentile, by Node's own histogram; costs one native timer. */
export const createLagMeter = (): LagMeter => {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    take: () => {
      const late = histogram.count > 0 ? histogram.percentile(99) / NANOSECONDS - RESOLUTION_MS : 0;
      histogram.reset();
      return late;
    },
    stop: () => histogram.disable(),
  };
};

export type PressureDeps = {
  readonly clock: Clock;
  readonly meter: LagMeter;
  /** Later than this and it does not keep up. */
  readonly lagMs: number;
};

/** One look serves for this long. */
const LOOK_EVERY_MS = 500;
/** A single hiccup is forgiven, unless it was this many times as long as allowed. */
const UNFORGIVEN = 5;

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
        const lateMs = meter.take();
        isHigh = lateMs > UNFORGIVEN * lagMs || (lateMs > lagMs && wasLate);
        wasLate = lateMs > lagMs;
      }
      return isHigh;
    },
  };
};

export type Pressure = ReturnType<typeof createPressure>;

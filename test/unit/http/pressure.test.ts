import { describe, expect, it } from 'vitest';
import { createLagMeter, createPressure, type Lag } from '../../../src/http/pressure.ts';
import { createFakeClock } from '../../support/clock.ts';

const lagOf = (lag: number | Lag): Lag => (typeof lag === 'number' ? { meanMs: lag, longestMs: lag } : lag);

/** @param lags of one look each: late all of the time, or with one longest pause */
const seen = (...lags: readonly (number | Lag)[]): boolean[] => {
  const clock = createFakeClock();
  const left = [...lags];
  const pressure = createPressure({
    clock,
    lagMs: 200,
    meter: { take: () => lagOf(left.shift() ?? 0), stop: () => undefined },
  });
  return lags.map(() => {
    clock.advance(500);
    return pressure.isHigh();
  });
};

describe('pressure', () => {
  it('is high after two late looks in a row, or one that was very late, and not after a hiccup', () => {
    expect(seen(10, 300, 10, 300, 300, 250, 10)).toEqual([false, false, false, false, true, true, false]);
    expect(seen(2_000, 10)).toEqual([true, false]);
  });

  it('does not take a pause in every look for a process that does not keep up', () => {
    const paused = { meanMs: 40, longestMs: 600 };
    expect(seen(paused, paused, paused)).toEqual([false, false, false]);
    expect(seen({ meanMs: 40, longestMs: 1_100 })).toEqual([true]);
  });

  it('looks no oftener than it needs to', () => {
    const clock = createFakeClock();
    let looks = 0;
    const meter = { take: () => lagOf((looks += 1)), stop: () => undefined };
    const pressure = createPressure({ clock, lagMs: 200, meter });
    for (let asked = 0; asked < 100; asked += 1) {
      clock.advance(10);
      pressure.isHigh();
    }
    expect(looks).toBe(2);
  });

  it('reads the event loop by Node’s own histogram', () => {
    const meter = createLagMeter();
    const { meanMs, longestMs } = meter.take();
    expect(meanMs).toBeGreaterThanOrEqual(-20);
    expect(longestMs).toBeGreaterThanOrEqual(meanMs);
    meter.stop();
  });
});

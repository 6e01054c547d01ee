import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLatency } from '../../../src/market/latency.ts';
import { timeFor } from '../../../src/market/latency-estimate.ts';
import type { LatencySample } from '../../../src/market/latency-samples.ts';
import { createFakeClock } from '../../support/clock.ts';
import { sampleOffer } from '../../support/sample.ts';

const offer = sampleOffer().key;
const sample = (firstTokenMs: number, change: Partial<LatencySample> = {}): LatencySample => ({
  offer,
  inputTokens: 100,
  stream: true,
  firstTokenMs,
  totalMs: firstTokenMs + 1_000,
  outputTokens: 100,
  ...change,
});
const question = { offer, inputTokens: 100, stream: true };

describe('latency', () => {
  it('starts from a prior and moves to what is measured', () => {
    const clock = createFakeClock();
    const latency = createLatency({ clock });
    const prior = latency.estimate(question);
    for (let call = 0; call < 50; call += 1) latency.observe(sample(100));
    const after = latency.estimate(question);
    expect(after.firstTokenMs).toBeLessThan(prior.firstTokenMs / 3);
    expect(after.firstTokenMsP95).toBeLessThan(prior.firstTokenMsP95);
    expect(after.tokensPerSecond).toBeGreaterThan(prior.tokensPerSecond);
  });

  it('weighs older samples less: the same two samples in the other order give the other answer', () => {
    const run = (first: number, second: number) => {
      const clock = createFakeClock();
      const latency = createLatency({ clock });
      for (let call = 0; call < 20; call += 1) latency.observe(sample(first));
      clock.advance(1_200_000);
      for (let call = 0; call < 20; call += 1) latency.observe(sample(second));
      return latency.estimate(question).firstTokenMs;
    };
    expect(run(2_000, 100)).toBeLessThan(run(100, 2_000) / 3);
  });

  it('does not care about the order within one instant', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 2, maxLength: 30 }), (times) => {
        const estimate = (list: readonly number[]) => {
          const latency = createLatency({ clock: createFakeClock() });
          for (const time of list) latency.observe(sample(time));
          return latency.estimate(question);
        };
        const there = estimate(times);
        const back = estimate(times.toReversed());
        expect(back.firstTokenMs).toBeCloseTo(there.firstTokenMs, 6);
        expect(back.firstTokenMsP95).toBeCloseTo(there.firstTokenMsP95, 6);
      }),
    );
  });

  it('keeps half of a fresh peak in mind', () => {
    const clock = createFakeClock();
    const latency = createLatency({ clock });
    for (let call = 0; call < 100; call += 1) latency.observe(sample(100));
    latency.observe(sample(10_000));
    expect(latency.estimate(question).firstTokenMs).toBeGreaterThanOrEqual(5_000);
    clock.advance(300_000);
    expect(latency.estimate(question).firstTokenMs).toBeLessThan(1_000);
  });

  it('keeps sizes apart and learns no speed from a handful of tokens', () => {
    const latency = createLatency({ clock: createFakeClock() });
    const far = { ...question, inputTokens: 100_000 };
    const untouched = latency.estimate(far);
    for (let call = 0; call < 50; call += 1) latency.observe(sample(20, { outputTokens: 3 }));
    const near = latency.estimate(question);
    expect(near.firstTokenMs).toBeLessThan(untouched.firstTokenMs / 10);
    expect(near.tokensPerSecond).toBe(untouched.tokensPerSecond);
    // A neighbour is a hint, a far neighbour a faint one, and neither is a measurement.
    const next = latency.estimate({ ...question, inputTokens: 10_000 });
    const last = latency.estimate(far);
    expect(next.firstTokenMs).toBeLessThan(last.firstTokenMs);
    expect(last.firstTokenMs).toBeLessThan(untouched.firstTokenMs);
    expect(last.firstTokenMs).toBeGreaterThan(untouched.firstTokenMs / 2);
    expect([next.samples, last.samples, last.judged]).toEqual([0, 0, undefined]);
  });

  it('takes from a whole answer its speed and never a first token', () => {
    const latency = createLatency({ clock: createFakeClock() });
    const whole = { ...question, stream: false };
    const before = latency.estimate(whole);
    for (let call = 0; call < 50; call += 1)
      latency.observe(sample(9_000, { stream: false, totalMs: 9_000, outputTokens: 400 }));
    const after = latency.estimate(whole);
    expect(after.firstTokenMs).toBe(before.firstTokenMs);
    expect(after.judged).toBeUndefined();
    expect(timeFor(400, after)).toBeGreaterThan(8_000);
    expect(timeFor(400, after)).toBeLessThan(10_000);
    expect(latency.estimate(question).tokensPerSecond).toBeLessThan(before.tokensPerSecond);
  });

  it('starts from what a feed says, which fades with its age and with every sample', () => {
    const clock = createFakeClock();
    const latency = createLatency({ clock });
    const assumed = latency.estimate(question);
    latency.hear(offer, { atMs: clock.now(), firstTokenMs: 200, firstTokenMsP95: 500, tokensPerSecond: 300 });
    const told = latency.estimate(question);
    expect(told.firstTokenMs).toBeCloseTo(200, 6);
    expect(told.firstTokenMsP95).toBeCloseTo(500, 6);
    expect(told.tokensPerSecond).toBeCloseTo(300, 6);
    clock.advance(3_600_000);
    const older = latency.estimate(question);
    expect(older.firstTokenMs).toBeGreaterThan(told.firstTokenMs * 1.5);
    expect(older.firstTokenMs).toBeLessThan(assumed.firstTokenMs);
    clock.advance(24 * 3_600_000);
    expect(latency.estimate(question).firstTokenMs).toBeCloseTo(assumed.firstTokenMs, 3);
  });

  it('hears nothing that makes no sense, and nothing older than what it has heard', () => {
    const clock = createFakeClock();
    const latency = createLatency({ clock });
    const assumed = latency.estimate(question);
    for (const bad of [0, -5, Number.NaN, Infinity])
      latency.hear(offer, { atMs: clock.now(), firstTokenMs: bad, firstTokenMsP95: bad, tokensPerSecond: bad });
    latency.hear(offer, { atMs: Number.NaN, firstTokenMs: 1 });
    expect(latency.estimate(question)).toEqual(assumed);
    latency.hear(offer, { atMs: clock.now() + 1e12, firstTokenMs: 300 });
    latency.hear(offer, { atMs: clock.now() - 60_000, firstTokenMs: 5 });
    clock.advance(60_000);
    latency.hear(offer, { atMs: clock.now(), firstTokenMs: 400 });
    expect(latency.estimate(question).firstTokenMs).toBeCloseTo(400, 6);
  });

  it('holds a first-token limit against measurements at their p95, against a fresh feed at its median, against an assumption never', () => {
    const clock = createFakeClock();
    const latency = createLatency({ clock });
    expect(latency.estimate(question).judged).toBeUndefined();
    latency.hear(offer, { atMs: clock.now(), firstTokenMs: 900, firstTokenMsP95: 4_000 });
    expect(latency.estimate(question).judged).toEqual({ by: 'feed', firstTokenMs: expect.closeTo(900, 6) });
    latency.observe(sample(100));
    const { judged } = latency.estimate(question);
    expect(judged?.by).toBe('measured');
    // One call of 100 ms is not condemned for what is assumed of others.
    expect(judged?.firstTokenMs).toBeGreaterThan(100);
    expect(judged?.firstTokenMs).toBeLessThan(500);
    clock.advance(3_600_000);
    expect(latency.estimate(question).judged).toBeUndefined();
  });

  it('counts a call given up on as slow, unless the deadline was shorter than it may well take', () => {
    const latency = createLatency({ clock: createFakeClock() });
    const before = latency.estimate(question);
    expect(latency.timedOut(question, 50)).toBe(false);
    expect(latency.timedOut(question, Number.NaN)).toBe(false);
    expect(latency.estimate(question)).toEqual(before);
    expect(latency.timedOut(question, 10_000)).toBe(true);
    expect(latency.estimate(question).firstTokenMs).toBeGreaterThanOrEqual(5_000);
  });

  it('is stale with fewer than three samples in a quarter of an hour', () => {
    const clock = createFakeClock();
    const latency = createLatency({ clock });
    expect([latency.isStale(offer), latency.measuredAt(offer), latency.ages()]).toEqual([true, undefined, []]);
    for (let call = 0; call < 3; call += 1) {
      expect(latency.isStale(offer)).toBe(true);
      latency.observe(sample(100));
      clock.advance(60_000);
    }
    expect(latency.isStale(offer)).toBe(false);
    expect(latency.ages()).toEqual([[offer, 60]]);
    clock.advance(13 * 60_000);
    expect(latency.isStale(offer)).toBe(true);
  });

  it('hopes less for an offer the more it has measured of it', () => {
    const latency = createLatency({ clock: createFakeClock() });
    const hope = () => latency.hopeful(question).firstTokenMs / latency.estimate(question).firstTokenMs;
    const unmeasured = hope();
    expect(unmeasured).toBeLessThan(0.4);
    for (let call = 0; call < 5; call += 1) latency.observe(sample(700));
    const some = hope();
    for (let call = 0; call < 200; call += 1) latency.observe(sample(700));
    expect(unmeasured).toBeLessThan(some);
    expect(some).toBeLessThan(hope());
    expect(hope()).toBeLessThanOrEqual(1);
  });
});

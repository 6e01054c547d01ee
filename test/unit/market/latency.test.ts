import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLatency, type LatencySample } from '../../../src/market/latency.ts';
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

  it('keeps sizes and modes apart, and learns no speed from a handful of tokens', () => {
    const latency = createLatency({ clock: createFakeClock() });
    const untouched = latency.estimate({ ...question, inputTokens: 20_000 });
    latency.observe(sample(50, { outputTokens: 3 }));
    expect(latency.estimate({ ...question, inputTokens: 20_000 })).toEqual(untouched);
    expect(latency.estimate({ ...question, stream: false })).toEqual(untouched);
    expect(latency.estimate(question).tokensPerSecond).toBe(untouched.tokensPerSecond);
  });
});

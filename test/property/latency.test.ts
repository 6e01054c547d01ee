// Whatever is thrown at the latency book: it stays finite, ordered, bounded, and follows what is new.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelKey, offerKey, type OfferKey } from '../../src/core/offer.ts';
import { createLatency } from '../../src/market/latency.ts';
import type { LatencySample } from '../../src/market/latency-samples.ts';
import { createFakeClock } from '../support/clock.ts';

const offer = offerKey('lumen', modelKey('lumen/spark'));
const question = { offer, inputTokens: 100, stream: true };
const sample = (firstTokenMs: number, change: Partial<LatencySample> = {}): LatencySample => ({
  ...question,
  firstTokenMs,
  totalMs: firstTokenMs + 1_000,
  outputTokens: 100,
  ...change,
});

const anyNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, 0, 1e300, Number.MAX_SAFE_INTEGER),
  fc.integer({ min: 1, max: 60_000 }),
);
const anySample = fc.record({
  firstTokenMs: anyNumber,
  totalMs: anyNumber,
  outputTokens: anyNumber,
  inputTokens: fc.oneof(fc.nat(200_000), anyNumber),
  stream: fc.boolean(),
});
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ is: fc.constant('sample' as const), sample: anySample }) },
  fc.record({ is: fc.constant('feed' as const), p50: anyNumber, p95: anyNumber, speed: anyNumber, age: anyNumber }),
  fc.record({ is: fc.constant('timeout' as const), waitedMs: anyNumber }),
  fc.record({ is: fc.constant('wait' as const), ms: fc.nat(10_000_000) }),
);

describe('the latency book', () => {
  it('stays finite and ordered whatever it is told', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(200_000), fc.boolean(), (steps, inputTokens, stream) => {
        const clock = createFakeClock();
        const latency = createLatency({ clock });
        for (const each of steps) {
          if (each.is === 'sample') latency.observe({ offer, ...each.sample });
          if (each.is === 'wait') clock.advance(each.ms);
          if (each.is === 'timeout') latency.timedOut(question, each.waitedMs);
          if (each.is === 'feed')
            latency.hear(offer, {
              atMs: clock.now() - each.age,
              firstTokenMs: each.p50,
              firstTokenMsP95: each.p95,
              tokensPerSecond: each.speed,
            });
        }
        const asked = { offer, inputTokens, stream };
        for (const { firstTokenMs, firstTokenMsP95, tokensPerSecond } of [
          latency.estimate(asked),
          latency.hopeful(asked),
        ]) {
          expect(firstTokenMs).toBeGreaterThan(0);
          expect(firstTokenMs).toBeLessThanOrEqual(3_600_001);
          expect(firstTokenMsP95).toBeGreaterThanOrEqual(firstTokenMs);
          expect(Number.isFinite(firstTokenMsP95)).toBe(true);
          expect(tokensPerSecond).toBeGreaterThan(0);
          expect(Number.isFinite(tokensPerSecond)).toBe(true);
        }
      }),
    );
  });

  it('does not care about the order within one instant, in either mode', () => {
    const times = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(times, fc.boolean(), (list, stream) => {
        const estimate = (order: readonly number[]) => {
          const latency = createLatency({ clock: createFakeClock() });
          for (const ms of order) latency.observe(sample(ms, { stream }));
          return latency.estimate({ ...question, stream });
        };
        const there = estimate(list);
        const back = estimate(list.toReversed());
        for (const name of ['firstTokenMs', 'firstTokenMsP95', 'tokensPerSecond', 'samples'] as const)
          expect(back[name]).toBeCloseTo(there[name], 6);
      }),
    );
  });

  it('weighs an older sample less than a newer one', () => {
    const pair = fc.record({
      older: fc.integer({ min: 1, max: 10_000 }),
      newer: fc.integer({ min: 1, max: 10_000 }),
      gap: fc.integer({ min: 60_000, max: 3_600_000 }),
    });
    fc.assert(
      fc.property(pair, ({ older, newer, gap }) => {
        const run = (first: number, second: number) => {
          const clock = createFakeClock();
          const latency = createLatency({ clock });
          latency.observe(sample(first));
          clock.advance(gap);
          latency.observe(sample(second));
          clock.advance(300_000);
          return latency.estimate(question).firstTokenMs;
        };
        fc.pre(older !== newer);
        expect(Math.sign(run(older, newer) - run(newer, older))).toBe(Math.sign(newer - older));
      }),
    );
  });

  it('never sticks to its oldest samples: enough new ones win over any number of old ones', () => {
    const history = fc.array(fc.integer({ min: 5_000, max: 60_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(history, fc.integer({ min: 50, max: 500 }), (old, now) => {
        const clock = createFakeClock();
        const latency = createLatency({ clock });
        for (const ms of old) latency.observe(sample(ms));
        for (let call = 0; call < 60; call += 1) {
          clock.advance(30_000);
          latency.observe(sample(now));
        }
        expect(latency.estimate(question).firstTokenMs).toBeLessThan(now * 3);
      }),
    );
  });

  it('lets a prior fade as samples arrive: every sample brings the estimate nearer to what is measured', () => {
    const prior = fc.integer({ min: 50, max: 20_000 });
    fc.assert(
      fc.property(prior, fc.integer({ min: 50, max: 20_000 }), (told, truth) => {
        fc.pre(Math.abs(Math.log(told / truth)) > 0.1);
        const clock = createFakeClock();
        const latency = createLatency({ clock });
        latency.hear(offer, { atMs: clock.now(), firstTokenMs: told });
        let gap = Math.abs(Math.log(told / truth));
        for (let call = 0; call < 20; call += 1) {
          latency.observe(sample(truth));
          const next = Math.abs(Math.log(latency.estimate(question).firstTokenMs / truth));
          expect(next).toBeLessThanOrEqual(gap + 1e-9);
          gap = next;
        }
        expect(gap).toBeLessThan(Math.abs(Math.log(told / truth)) / 3);
      }),
    );
  });

  it('keeps no more offers than its bound, and those that are heard from', () => {
    const latency = createLatency({ clock: createFakeClock() });
    const nth = (index: number): OfferKey => offerKey(`p${index}`, modelKey('lumen/spark'));
    latency.observe(sample(50, { offer: nth(0) }));
    for (let index = 1; index < 10_500; index += 1) {
      latency.observe(sample(50, { offer: nth(index) }));
      if (index % 1_000 === 0) latency.observe(sample(50, { offer: nth(0) }));
    }
    expect(latency.ages()).toHaveLength(10_000);
    expect(latency.measuredAt(nth(0))).toBeDefined();
    expect(latency.measuredAt(nth(1))).toBeUndefined();
    // A feed crowds out nothing that was measured.
    latency.hear(offer, { atMs: 0, firstTokenMs: 1 });
    expect(latency.ages()).toHaveLength(10_000);
  });
});

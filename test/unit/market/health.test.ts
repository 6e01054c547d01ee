import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHealth } from '../../../src/market/health.ts';
import { createFakeClock } from '../../support/clock.ts';
import { sampleOffer } from '../../support/sample.ts';

const offer = sampleOffer().key;

describe('health', () => {
  it('opens after three failures in half a minute, not before, and not for old ones', () => {
    const clock = createFakeClock();
    const health = createHealth({ clock });
    health.failed(offer, '500');
    clock.advance(31_000);
    health.failed(offer, '500');
    health.failed(offer, '500');
    expect(health.view(offer).state).toBe('closed');
    health.failed(offer, '500');
    expect(health.view(offer)).toMatchObject({ state: 'open', share: 0, why: '500' });
  });

  it('takes a few failures in a row of a busy offer for accidents, and leaves it alone once it gives no answers', () => {
    const clock = createFakeClock();
    const health = createHealth({ clock });
    const fail = (times: number): void => {
      for (let failure = 0; failure < times; failure += 1) health.failed(offer, '500');
    };
    for (let answer = 0; answer < 200; answer += 1) {
      health.succeeded(offer);
      clock.advance(10);
    }
    fail(5);
    expect(health.view(offer).state).toBe('closed');
    fail(10);
    expect(health.view(offer).state).toBe('open');
  });

  it('comes back where one call in twenty fails', () => {
    const clock = createFakeClock();
    const health = createHealth({ clock });
    health.cool(offer, 1_000, 'x');
    clock.advance(1_000);
    health.began(offer);
    health.succeeded(offer);
    for (let call = 1; call < 200; call += 1) {
      clock.advance(100);
      if (call % 20 === 0) health.failed(offer, '503', { isStated: true });
      else health.succeeded(offer);
    }
    expect(health.view(offer).state).toBe('closed');
  });

  it('is left alone for longer where it fails as soon as it is back', () => {
    const clock = createFakeClock();
    const health = createHealth({ clock });
    for (let failure = 0; failure < 3; failure += 1) health.failed(offer, '500');
    clock.advance(5_000);
    health.began(offer);
    health.succeeded(offer);
    for (let failure = 0; failure < 2; failure += 1) health.failed(offer, '500');
    expect((health.view(offer).untilMs ?? 0) - clock.now()).toBe(15_000);
  });

  it('lets one call try, then comes back step by step', () => {
    const clock = createFakeClock();
    const health = createHealth({ clock });
    health.cool(offer, 10_000, 'rate limit');
    clock.advance(10_000);
    expect(health.view(offer)).toMatchObject({ state: 'trial', share: 1 });
    health.began(offer);
    expect(health.view(offer).share).toBe(0);
    health.succeeded(offer);
    expect(health.view(offer)).toMatchObject({ state: 'ramp', share: 0.02 });
    clock.advance(4_000);
    expect(health.view(offer).share).toBeCloseTo(0.08);
    clock.advance(20_000);
    expect(health.view(offer)).toEqual({ state: 'closed', share: 1 });
  });

  it('leaves it alone for longer each time it fails again', () => {
    const clock = createFakeClock();
    const health = createHealth({ clock });
    for (let failure = 0; failure < 3; failure += 1) health.failed(offer, '500');
    const first = (health.view(offer).untilMs ?? 0) - clock.now();
    clock.advance(first);
    health.began(offer);
    health.failed(offer, '500');
    const second = (health.view(offer).untilMs ?? 0) - clock.now();
    expect([first, second]).toEqual([5_000, 15_000]);
  });

  it('forgets a trial that never reports', () => {
    const clock = createFakeClock();
    const health = createHealth({ clock });
    health.cool(offer, 1_000, 'x');
    clock.advance(1_000);
    health.began(offer);
    clock.advance(31_000);
    expect(health.view(offer).share).toBe(1);
  });

  it('only ever lengthens a cooldown, and believes none beyond 15 minutes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 20 }), (cools) => {
        const clock = createFakeClock();
        const health = createHealth({ clock });
        let until = 0;
        for (const forMs of cools) {
          health.cool(offer, Math.max(1, forMs), 'x');
          const view = health.view(offer);
          expect(view.untilMs ?? 0).toBeGreaterThanOrEqual(until);
          until = view.untilMs ?? 0;
        }
        expect(until - clock.now()).toBeLessThanOrEqual(900_000);
      }),
    );
  });

  it('ends no cooldown and lengthens none when the wall clock jumps', () => {
    const clock = createFakeClock();
    let ahead = 0;
    const health = createHealth({ clock: { ...clock, now: () => clock.now() + ahead } });
    health.cool(offer, 10_000, 'rate limit');
    ahead = 3_600_000;
    expect(health.view(offer)).toMatchObject({ state: 'open', untilMs: clock.now() + ahead + 10_000 });
    ahead = -3_600_000;
    clock.advance(9_999);
    expect(health.view(offer).state).toBe('open');
    clock.advance(1);
    expect(health.view(offer).state).toBe('trial');
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nanoFromUsd, nanoUsd } from '../../../src/core/money.ts';
import { couldWin, createProbeRules, OFF_MS, probeLimit } from '../../../src/market/probes.ts';
import { createUptime } from '../../../src/market/uptime.ts';
import { createFakeClock } from '../../support/clock.ts';
import { sampleOffer } from '../../support/sample.ts';

const offer = sampleOffer();
const thinker = sampleOffer('lumen:lumen/sage', { capabilities: { ...offer.capabilities, reasoning: true } });
const estimate = nanoUsd(1_000);

describe('what probes may cost', () => {
  it('is half a percent of what callers spent in the day before, and never more than the cap', () => {
    const terms = { perDay: nanoFromUsd(0.5), share: 0.005 };
    expect(probeLimit(terms, nanoUsd(0))).toBe(0);
    expect(probeLimit(terms, nanoFromUsd(10))).toBe(nanoFromUsd(0.05));
    expect(probeLimit(terms, nanoFromUsd(100))).toBe(nanoFromUsd(0.5));
    expect(probeLimit(terms, nanoFromUsd(5_000))).toBe(nanoFromUsd(0.5));
  });
});

describe('who could win', () => {
  const key = (name: string) => sampleOffer(`${name}:lumen/spark`).key;
  const [a, b, c] = [key('a'), key('b'), key('c')];

  it('is who would stand before the first, were it as fast as it may be', () => {
    expect(couldWin({ known: [a, b, c], hopeful: [c, a, b] })).toEqual([c]);
    expect(couldWin({ known: [a, b, c], hopeful: [a, c, b] })).toEqual([]);
    expect(couldWin({ known: [], hopeful: [b, c] })).toEqual([b, c]);
    expect(couldWin({ known: [], hopeful: [] })).toEqual([]);
  });
});

describe('whom probes never ask', () => {
  it('is a model that reasons, and nobody twice within a minute', () => {
    const clock = createFakeClock();
    const rules = createProbeRules({ clock });
    expect([rules.mayAsk(offer), rules.mayAsk(thinker)]).toEqual([true, false]);
    rules.began(offer.key);
    expect(rules.mayAsk(offer)).toBe(false);
    clock.advance(60_000);
    expect(rules.mayAsk(offer)).toBe(true);
  });

  it('is for a week an offer that cost more than ten times its estimate, or does not take the question', () => {
    for (const [cost, result, off] of [
      [10_000, 'ok', false],
      [10_001, 'ok', true],
      [0, 'caller', true],
      [0, 'unsupported', true],
      [0, 'timeout', false],
      [0, 'rate_limited', false],
    ] as const) {
      const clock = createFakeClock();
      const rules = createProbeRules({ clock });
      const why = rules.ended({ offer: offer.key, estimate, cost: nanoUsd(cost), result });
      expect([why !== undefined, rules.mayAsk(offer)]).toEqual([off, !off]);
      clock.advance(OFF_MS);
      expect(rules.mayAsk(offer)).toBe(true);
    }
  });

  it('is after a restart whoever the sums show to have run away, and never one that only cost what it should', () => {
    const usd = (nano: number): number => nano / 1e9;
    const costs = fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(costs, fc.option(fc.integer({ min: 10_000_000, max: 1_000_000_000 })), (fair, runaway) => {
        const all = [...fair, ...(runaway === null ? [] : [runaway])];
        const rules = createProbeRules({ clock: createFakeClock() });
        rules.recall({
          offer: offer.key,
          estimate,
          cost: all.reduce((sum, cost) => sum + usd(cost), 0),
          costSquares: all.reduce((sum, cost) => sum + usd(cost) ** 2, 0),
        });
        expect(rules.mayAsk(offer)).toBe(runaway === null);
      }),
    );
  });
});

describe('uptime', () => {
  it('is a share of calls that forgets, begun by what a feed says, and nothing where nobody knows', () => {
    const clock = createFakeClock();
    const uptime = createUptime({ clock });
    expect(uptime.share(offer.key)).toBeUndefined();
    uptime.hear(offer.key, 0.9, clock.now());
    expect(uptime.share(offer.key)).toBeCloseTo(0.9, 9);
    for (const bad of [Number.NaN, -1, 2]) uptime.hear(offer.key, bad, clock.now());
    for (let call = 0; call < 45; call += 1) uptime.saw(offer.key, false);
    expect(uptime.share(offer.key)).toBeCloseTo(0.09, 9);
    clock.advance(3 * 3_600_000);
    for (let call = 0; call < 45; call += 1) uptime.saw(offer.key, true);
    expect(uptime.share(offer.key)).toBeGreaterThan(0.99);
    clock.advance(24 * 3_600_000);
    expect(uptime.share(offer.key)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { timeoutsOf } from '../../../src/config/patience.ts';
import type { Offer } from '../../../src/core/offer.ts';
import { timeoutsFor } from '../../../src/dispatch/patience.ts';
import { sampleOffer, sampleQuote } from '../../support/sample.ts';

const patience = timeoutsOf({});
const quoteOf = (firstTokenMsP95: number, offer: Partial<Offer> = {}) => ({
  ...sampleQuote(sampleOffer(undefined, offer)),
  firstTokenMsP95,
});

describe('how long a call may take', () => {
  it.each([
    ['fast', 400, 10_000],
    ['at the edge', 10_000, 15_000],
    ['slow', 50_000, 75_000],
    ['beyond belief', 500_000, 180_000],
  ])('gives an offer that is %s (p95 %d ms) %d ms to its first token', (_, p95, limit) => {
    expect(timeoutsFor(quoteOf(p95), patience)).toMatchObject({
      firstTokenMs: limit,
      headersMs: limit,
      idleMs: 30_000,
    });
  });

  it('gives models that reason, and machines of our own, more', () => {
    const { capabilities, data } = sampleOffer();
    const thinks = timeoutsFor(quoteOf(400, { capabilities: { ...capabilities, reasoning: true } }), patience);
    expect(thinks).toMatchObject({ firstTokenMs: 60_000, idleMs: 120_000 });
    const own = timeoutsFor(quoteOf(400, { data: { ...data, selfHosted: true } }), patience);
    expect(own).toMatchObject({ firstTokenMs: 60_000, idleMs: 30_000 });
  });

  it('gives a whole answer the first token’s time and three times what its P90 takes to write, half a minute at least', () => {
    // 200 tokens in 2 800 ms: 500 tokens take 7 s.
    expect(timeoutsFor(quoteOf(400), patience).wholeMs).toBe(10_000 + 30_000);
    expect(timeoutsFor({ ...quoteOf(400), outputTokensP90: 2_000 }, patience).wholeMs).toBe(10_000 + 84_000);
  });
});

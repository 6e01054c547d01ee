import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOf } from '../../../src/core/cost.ts';
import type { Quote } from '../../../src/core/decision.ts';
import { nanoFromPico, picoUsdPerUnit, priceFromUsdPerMillion } from '../../../src/core/money.ts';
import type { Rate } from '../../../src/core/price.ts';
import { callCap, mostItCanCost, upperBound } from '../../../src/dispatch/reserve.ts';
import {
  sampleDecision,
  sampleOffer,
  samplePlan,
  sampleProfile,
  sampleQuote,
  sampleRung,
} from '../../support/sample.ts';

const AT = Date.UTC(2026, 10, 24, 12);
const quoteOf = (change: Partial<Quote> = {}): Quote => ({ ...sampleQuote(sampleOffer()), ...change });

describe('the cap on one call', () => {
  const decision = sampleDecision([], {
    plan: samplePlan({ limits: { deadlineMs: 1_000, outputTokens: 4_000 } }),
    profile: sampleProfile({ maxOutputTokens: 500 }),
  });

  it('is the lowest of the caller’s, the policy’s and the offer’s', () => {
    expect(callCap(decision, quoteOf(), { guarded: false })).toBe(500);
    expect(callCap(decision, sampleQuote(sampleOffer(undefined, { maxOutput: 100 })), { guarded: false })).toBe(100);
  });

  it('is none where nobody says one, except where what was set aside must be enough', () => {
    const open = sampleDecision([], { plan: samplePlan() });
    expect(callCap(open, quoteOf(), { guarded: false })).toBeUndefined();
    expect(callCap(open, quoteOf(), { guarded: true })).toBe(16_384);
  });
});

describe('the most one call can cost', () => {
  it('is the whole prompt with a margin and the whole allowance of output', () => {
    // (1000 × 1.05 + 50) × $1/M + 2000 × $2/M
    expect(upperBound(quoteOf({ inputTokens: 1_000 }), { cap: 2_000, at: AT })).toBe(1_100_000 + 4_000_000);
  });

  it('is a prompt and as many answers as are asked for side by side', () => {
    const at = { cap: 2_000, at: AT };
    // (1000 × 1.05 + 50) × $1/M + 3 × 2000 × $2/M
    expect(upperBound(quoteOf({ inputTokens: 1_000 }), { ...at, profile: sampleProfile({ choices: 3 }) })).toBe(
      1_100_000 + 12_000_000,
    );
  });

  it('counts what an answer may have as part of the prompt, where a broken one is taken up', () => {
    const at = { cap: 2_000, at: AT, continues: true };
    // (1000 × 1.05 + 50 + 2000) × $1/M + 2000 × $2/M
    expect(upperBound(quoteOf({ inputTokens: 1_000 }), at)).toBe(3_100_000 + 4_000_000);
  });

  it('is at the dearest tier of service where the request asks for one', () => {
    const rates: Rate[] = [
      { meter: 'input', price: priceFromUsdPerMillion(1) },
      { meter: 'output', price: priceFromUsdPerMillion(2) },
      { meter: 'output', price: priceFromUsdPerMillion(5), tier: 'priority' },
      { meter: 'output', price: priceFromUsdPerMillion(1), tier: 'flex' },
    ];
    const quote = quoteOf({ inputTokens: 1_000, sheet: { ...quoteOf().sheet, rates } });
    const needs = { ...sampleProfile().needs, features: ['field:service_tier' as const] };
    expect(upperBound(quote, { cap: 2_000, at: AT, profile: sampleProfile({ needs }) })).toBe(1_100_000 + 10_000_000);
    expect(upperBound(quote, { cap: 2_000, at: AT, profile: sampleProfile() })).toBe(1_100_000 + 4_000_000);
  });

  it('assumes 16 384 tokens of output where nobody caps them', () => {
    expect(upperBound(quoteOf({ inputTokens: 0 }), { cap: undefined, at: AT })).toBe(50_000 + 2 * 16_384_000);
  });

  it('is not less for what is expected to come from the cache', () => {
    const at = { cap: 100, at: AT };
    expect(upperBound(quoteOf({ cachedTokens: 90 }), at)).toBe(upperBound(quoteOf({ cachedTokens: 0 }), at));
  });

  it('is never exceeded by a call that keeps within it', () => {
    const price = fc.integer({ min: 0, max: 600 }).map(priceFromUsdPerMillion);
    const call = fc.record({
      input: price,
      output: price,
      request: fc.nat(1_000_000_000).map(picoUsdPerUnit),
      // Some sellers charge for what they write to a cache unasked, some more for thought than for words.
      writing: fc.option(price),
      keeping: fc.option(price),
      thinking: fc.option(price),
      // A cache read never costs more than reading, where a sheet is silent it costs the same.
      cachedShare: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      inputTokens: fc.nat(200_000),
      cap: fc.option(fc.nat(60_000), { nil: undefined }),
      over: fc.double({ min: 0, max: 1.05, noNaN: true }),
      cached: fc.double({ min: 0, max: 0.5, noNaN: true }),
      kept: fc.double({ min: 0, max: 0.5, noNaN: true }),
      long: fc.boolean(),
      written: fc.double({ min: 0, max: 1, noNaN: true }),
      thought: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(call, (drawn) => {
        const { input, output, request, inputTokens, cap } = drawn;
        const rates: Rate[] = [
          { meter: 'input', price: input },
          { meter: 'output', price: output },
          { meter: 'request', price: request },
        ];
        if (drawn.writing !== null) rates.push({ meter: 'cache_write_5m', price: drawn.writing });
        if (drawn.keeping !== null) rates.push({ meter: 'cache_write_1h', price: drawn.keeping });
        if (drawn.thinking !== null) rates.push({ meter: 'reasoning', price: drawn.thinking });
        if (drawn.cachedShare !== null)
          rates.push({ meter: 'cached_input', price: picoUsdPerUnit(Math.floor(input * drawn.cachedShare)) });
        const quote = quoteOf({ inputTokens, sheet: { ...quoteOf().sheet, rates } });
        const prompt = Math.floor(inputTokens * drawn.over);
        const [hit, kept] = [Math.floor(prompt * drawn.cached), Math.floor(prompt * drawn.kept)];
        const answer = Math.floor((cap ?? 16_384) * drawn.written);
        const reasoning = Math.floor(answer * drawn.thought);
        const usage = {
          input: prompt - hit - kept,
          cached_input: hit,
          ...(drawn.long ? { cache_write_1h: kept } : { cache_write_5m: kept }),
          output: answer - reasoning,
          reasoning,
        };
        const cost = nanoFromPico(costOf(usage, quote.sheet, AT).pico);
        expect(cost).toBeLessThanOrEqual(upperBound(quote, { cap, at: AT }));
      }),
    );
  });
});

describe('the most a request can cost', () => {
  const rungs = [1, 5, 3].map((output, index) =>
    sampleRung(sampleQuote(sampleOffer(`p${index}:lumen/spark`), { input: 0, output })),
  );
  const most = (attempts: number, cap?: number) =>
    mostItCanCost(
      sampleDecision(rungs, {
        plan: samplePlan({ fallback: { ...samplePlan().fallback, attempts } }),
        profile: sampleProfile(cap === undefined ? {} : { maxOutputTokens: cap }),
      }),
    );

  it('is its dearest calls, each offer at most twice, as many as there may be attempts', () => {
    expect(most(1, 1_000)).toBe(5_000_000);
    expect(most(2, 1_000)).toBe(10_000_000);
    expect(most(3, 1_000)).toBe(13_000_000);
    expect(most(9, 1_000)).toBe(18_000_000);
  });

  it('is at the dearer price where rates change with the hour before the last call can begin', () => {
    const peak = { utcMinutes: { start: 12 * 60 + 5, end: 18 * 60 } };
    const rates: Rate[] = [
      { meter: 'input', price: picoUsdPerUnit(0) },
      { meter: 'output', price: priceFromUsdPerMillion(1) },
      { meter: 'output', price: priceFromUsdPerMillion(4), when: peak },
    ];
    const quote = { ...sampleQuote(sampleOffer()), sheet: { ...quoteOf().sheet, rates } };
    const mostWithin = (deadlineMs: number): number =>
      mostItCanCost(
        sampleDecision([sampleRung(quote)], {
          at: AT,
          profile: sampleProfile({ maxOutputTokens: 1_000 }),
          plan: samplePlan({ limits: { deadlineMs }, fallback: { ...samplePlan().fallback, attempts: 1 } }),
        }),
      );
    expect(mostWithin(60_000)).toBe(1_000_000);
    expect(mostWithin(300_000)).toBe(4_000_000);
  });

  it('goes by the lowest of the caps of caller, policy and offer', () => {
    const offer = sampleOffer('p:lumen/spark', { maxOutput: 300 });
    const decision = sampleDecision([sampleRung(sampleQuote(offer, { input: 0, output: 1 }))], {
      profile: sampleProfile({ maxOutputTokens: 1_000 }),
      plan: samplePlan({ limits: { deadlineMs: 1, outputTokens: 500 } }),
    });
    expect(mostItCanCost(decision)).toBe(600_000);
    expect(most(1)).toBe(5 * 16_384_000);
  });
});

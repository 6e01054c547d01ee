import { describe, expect, it } from 'vitest';
import type { FailureCause, FailureKind } from '../../../src/core/failure.ts';
import { nanoUsd } from '../../../src/core/money.ts';
import type { Attempt } from '../../../src/core/outcome.ts';
import { baselineCostOf, errorOf, outcomeOf } from '../../../src/dispatch/outcome.ts';
import { attemptOf, keyOf, START_MS } from '../../support/ledger.ts';
import { sampleDecision, sampleOffer, sampleQuote, sampleRung } from '../../support/sample.ts';

const served = sampleQuote(sampleOffer('lumen:lumen/spark'));
const baseline = sampleQuote(sampleOffer('orion:orion/titan'), { input: 10, output: 30 });
const expecting = (outputTokens: number) => ({ ...baseline, outputTokens });
const attempt = attemptOf('r1', { usage: { input: 1_000, output: 200, reasoning: 100 } });
const end = { at: START_MS + 5, totalMs: 900, caller: 'key-1' };

const ended = (attempts: readonly Attempt[], change: object = {}) =>
  outcomeOf({ decision: sampleDecision([sampleRung(served)], { baseline }), attempts, ...end, ...change });

describe('what the baseline would have cost', () => {
  it('is the same prompt and the answer scaled by the expected lengths of the two models', () => {
    // 1000 × $10/M + 300 × (400 / 200) × $30/M
    expect(baselineCostOf(expecting(400), served, attempt)).toBe(10_000_000 + 18_000_000);
    expect(baselineCostOf(expecting(200), served, attempt)).toBe(10_000_000 + 9_000_000);
  });

  it('believes no more than a factor of five, either way', () => {
    expect(baselineCostOf(expecting(1_000_000), served, attempt)).toBe(10_000_000 + 45_000_000);
    expect(baselineCostOf(expecting(1), served, attempt)).toBe(10_000_000 + 1_800_000);
    expect(baselineCostOf(expecting(500), { ...served, outputTokens: 0 }, attempt)).toBe(10_000_000 + 45_000_000);
  });

  it('keeps the cache hits, so that savings are not flattered', () => {
    const cheap = { ...baseline, sheet: { ...baseline.sheet, rates: [...baseline.sheet.rates] } };
    cheap.sheet.rates.push({ meter: 'cached_input', price: 1_000_000 as never });
    const cached = attemptOf('r1', { usage: { input: 100, cached_input: 900, output: 0 } });
    expect(baselineCostOf(cheap, served, cached)).toBe(1_000_000 + 900_000);
  });
});

describe('an outcome', () => {
  it('that went well has a baseline, a finish and no error', () => {
    expect(ended([attempt], { finish: 'stop' })).toEqual({
      requestId: 'r1',
      at: end.at,
      status: 'ok',
      finish: 'stop',
      offer: 'lumen:lumen/spark',
      attempts: [attempt],
      cost: 1_000,
      costStatus: 'exact',
      baselineCost: 19_000_000,
      totalMs: 900,
      caller: 'key-1',
    });
  });

  it('adds up what was spent and leaves out what may never have been billed', () => {
    const silent = attemptOf('r1', { result: 'timeout', cost: nanoUsd(50_000), costStatus: 'ambiguous' });
    const guessed = attemptOf('r1', { attempt: 2, result: 'transient', cost: nanoUsd(300), costStatus: 'estimated' });
    const good = attemptOf('r1', { attempt: 3, cost: nanoUsd(1_000), firstTokenMs: 40 });
    expect(ended([silent, guessed, good])).toMatchObject({ cost: 1_300, costStatus: 'ambiguous', firstTokenMs: 40 });
    expect(ended([guessed, good])).toMatchObject({ cost: 1_300, costStatus: 'estimated' });
  });

  it('that failed names its error and compares with nothing', () => {
    const failed = ended([attemptOf('r1', { result: 'interrupted' })]);
    expect(failed).toMatchObject({ status: 'failed', error: 'stream_interrupted' });
    expect(failed).not.toHaveProperty('baselineCost');
    expect(ended([attemptOf('r1', { result: 'overloaded' })], { error: 'upstream_exhausted' })).toMatchObject({
      status: 'failed',
      error: 'upstream_exhausted',
    });
  });

  it('is cancelled where the client left, whatever the last attempt was', () => {
    expect(ended([attemptOf('r1', { result: 'cancelled' })])).toMatchObject({
      status: 'cancelled',
      error: 'client_closed',
    });
    expect(ended([], { error: 'client_closed' })).toMatchObject({ status: 'cancelled', offer: 'lumen:lumen/spark' });
  });

  it('without an attempt has failed and cost nothing', () => {
    expect(ended([], { error: 'upstream_timeout' })).toMatchObject({ status: 'failed', cost: 0, costStatus: 'exact' });
  });

  it('has no baseline where the policy names none or the offer is not on the ladder', () => {
    const decision = sampleDecision([sampleRung(served)]);
    expect(outcomeOf({ decision, attempts: [attempt], ...end })).not.toHaveProperty('baselineCost');
    const elsewhere = attemptOf('r1', { offer: keyOf('quarry:quarry/slate') });
    expect(ended([elsewhere])).not.toHaveProperty('baselineCost');
  });
});

describe('the error a caller gets', () => {
  const cause = (change: Partial<FailureCause>): FailureCause => ({
    sort: 'http',
    phase: 'headers',
    message: 'tools[0] has no name',
    ...change,
  });
  const after = (kind: FailureKind, seen?: FailureCause, count = 1) => {
    const attempts = Array.from({ length: count }, (_, index) =>
      attemptOf('r1', { attempt: index + 1, result: kind, ...(seen ? { cause: seen } : {}) }),
    );
    return errorOf(kind, attempts);
  };

  it('is his own fault in the words, with the status and the parameter of the provider', () => {
    expect(after('caller', cause({ status: 422, param: 'tools' }))).toMatchObject({
      code: 'invalid_request',
      message: 'tools[0] has no name',
      detail: { status: 422, param: 'tools', headers: { 'x-bourse-attempts': '1' } },
    });
  });

  it('has the status of the table where it is a refusal or a prompt too long', () => {
    for (const kind of ['refused', 'context'] as const)
      expect(after(kind, cause({ status: 418 })).detail).not.toHaveProperty('status');
    expect(after('refused').message).toBe('the provider refused the request');
  });

  it('never repeats what a provider said about our key', () => {
    const error = after('credential', cause({ status: 401, message: 'bad key sk-1234' }));
    expect(error.code).toBe('upstream_credential');
    expect(error.message).not.toContain('sk-1234');
    expect(error.message).toContain('the only attempt failed: lumen:lumen/spark credential (401)');
  });

  it('tells of every attempt and passes the Retry-After on', () => {
    const error = after('rate_limited', cause({ status: 429, retryAfterMs: 7_000 }), 3);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', detail: { retryAfterMs: 7_000 } });
    expect(error.message).toContain('all 3 attempts failed');
    expect(error.message.match(/rate_limited \(429\)/g)).toHaveLength(3);
  });
});

import { describe, expect, it } from 'vitest';
import { geminiDialect } from '../../../src/dialects/gemini.ts';

const rpc = (kind: string, more: object) => ({ '@type': `type.googleapis.com/google.rpc.${kind}`, ...more });
const quota = (...violations: object[]) => rpc('QuotaFailure', { violations });
const MINUTE = { quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier', quotaValue: '10' };
const DAY = { quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier', quotaValue: '250' };

const read = (status: number, error: object, headers: Record<string, string> = {}) =>
  geminiDialect.readError({ status, headers, body: JSON.stringify({ error }) });
const exhausted = (...details: object[]) => ({ code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota.', details });

describe('a Gemini error', () => {
  it('is its status, its status word and the reason in its details', () => {
    const error = {
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: 'API key not valid.',
      details: [rpc('ErrorInfo', { reason: 'API_KEY_INVALID', domain: 'googleapis.com' })],
    };
    expect(read(400, error)).toEqual({
      sort: 'http',
      phase: 'headers',
      status: 400,
      type: 'INVALID_ARGUMENT',
      code: 'API_KEY_INVALID',
      message: 'API key not valid.',
    });
  });

  it('names the field at fault', () => {
    const details = [rpc('BadRequest', { fieldViolations: [{ field: 'contents[0].parts', description: 'x' }] })];
    expect(read(400, { status: 'INVALID_ARGUMENT', details })).toMatchObject({ param: 'contents[0].parts' });
  });

  it('reads how long to wait from its body, as only there it is said', () => {
    expect(read(429, exhausted(rpc('RetryInfo', { retryDelay: '3.5s' })))).toMatchObject({ retryAfterMs: 3500 });
    expect(read(429, exhausted(rpc('RetryInfo', { retryDelay: '86400s' })))).toMatchObject({ retryAfterMs: 900_000 });
    expect(read(429, exhausted(rpc('RetryInfo', { retryDelay: 'later' })))).not.toHaveProperty('retryAfterMs');
  });

  it('lets a header, where some proxy sends one, go first', () => {
    const error = exhausted(rpc('RetryInfo', { retryDelay: '30s' }));
    expect(read(429, error, { 'retry-after': '2' })).toMatchObject({ retryAfterMs: 2000 });
  });

  it('tells a minute’s quota from a day’s and from none at all, the hardest first', () => {
    expect(read(429, exhausted(quota(MINUTE)))).toMatchObject({ type: 'RESOURCE_EXHAUSTED', code: 'quota_per_minute' });
    expect(read(429, exhausted(quota(MINUTE, DAY)))).toMatchObject({ code: 'quota_per_day' });
    expect(read(429, exhausted(quota(DAY, { ...MINUTE, quotaValue: '0' })))).toMatchObject({
      code: 'insufficient_quota',
    });
    const byMetric = quota({ quotaMetric: 'generativelanguage.googleapis.com/generate_requests_per_model_per_day' });
    expect(read(429, exhausted(byMetric))).toMatchObject({ code: 'quota_per_day' });
    expect(read(429, exhausted())).not.toHaveProperty('code');
  });

  it('does not take prose for a quota', () => {
    expect(read(429, { ...exhausted(), message: 'quota per day exceeded, limit: 0' })).not.toHaveProperty('code');
  });

  it('without a body we know is its status, and its words are scrubbed', () => {
    for (const body of ['<html>502</html>', '', '{"error":7}', '[]'])
      expect(geminiDialect.readError({ status: 502, headers: {}, body })).toMatchObject({ sort: 'http', status: 502 });
    expect(read(403, { message: 'key AIzaSyA1234567890abcdefghij is bad' }).message).not.toContain('AIza');
  });

  it('in a list, as streams without SSE send it, is the same', () => {
    const body = JSON.stringify([{ error: { code: 404, status: 'NOT_FOUND', message: 'No such model.' } }]);
    expect(geminiDialect.readError({ status: 404, headers: {}, body })).toMatchObject({ type: 'NOT_FOUND' });
  });
});

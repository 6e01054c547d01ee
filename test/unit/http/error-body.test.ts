import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode, RouterError } from '../../../src/core/errors.ts';
import { errorAnswer } from '../../../src/http/error-body.ts';
import { faultOf, traceOf } from '../../../src/http/fault.ts';

const answer = (code: ErrorCode, detail = {}) => errorAnswer(new RouterError(code, 'what and what to do', detail));

describe('an error as bytes', () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])('gives %s its status, type and a retry word', (code) => {
    const { status, body, headers } = answer(code);
    expect(status).toBe(ERRORS[code].status);
    expect(body).toEqual({ error: { message: 'what and what to do', type: ERRORS[code].type, param: null, code } });
    expect(headers['x-should-retry']).toBe(
      ERRORS[code].retry === 'later' && ERRORS[code].blame === 'router' ? 'true' : 'false',
    );
  });

  it('keeps a provider’s own 4xx for a fault of the caller', () => {
    expect(answer('invalid_request', { status: 422 }).status).toBe(422);
  });

  it('never lets a provider’s status change whose fault it was', () => {
    expect(answer('invalid_request', { status: 200 }).status).toBe(400);
    expect(answer('upstream_exhausted', { status: 400 }).status).toBe(502);
    expect(answer('upstream_credential', { status: 401 }).status).toBe(502);
  });

  it('says how long to wait in all three spellings', () => {
    const { headers } = answer('rate_limit_exceeded', { retryAfterMs: 1500 });
    expect(headers).toMatchObject({ 'x-should-retry': 'true', 'retry-after-ms': '1500', 'retry-after': '2' });
  });

  it('does not let clients sit out a wait longer than they would honour', () => {
    expect(answer('budget_exhausted', { retryAfterMs: 3_600_000 }).headers).toMatchObject({
      'x-should-retry': 'false',
      'retry-after': '3600',
    });
  });

  it('stops retries on top of ours when every offer has been tried', () => {
    expect(answer('upstream_exhausted').headers['x-should-retry']).toBe('false');
  });

  it('keeps header values on one line', () => {
    const { headers } = answer('internal', { headers: { 'X-Bourse-Model': 'a/b\r\nset-cookie: x=1' } });
    expect(headers['x-bourse-model']).toBe('a/b??set-cookie: x=1');
  });
});

describe('what was thrown', () => {
  it('shows nothing of an unforeseen error', () => {
    const fault = faultOf(new Error('password=hunter2'));
    expect(JSON.stringify(errorAnswer(fault))).not.toContain('hunter2');
    expect(fault.code).toBe('internal');
  });

  it('leaves where it was thrown for the log, and not what it said', () => {
    const trace = traceOf(new TypeError('the prompt was "hello"'));
    expect(trace.name).toBe('TypeError');
    expect(trace.frames.some((frame) => frame.includes('error-body.test'))).toBe(true);
    expect(JSON.stringify(trace)).not.toContain('hello');
  });

  it('does not take a line of a message for a frame', () => {
    expect(traceOf(new Error('x\n    at secret prompt:1:1\nat y')).frames.join()).not.toContain('secret');
  });

  it('survives anything that can be thrown', () => {
    for (const thrown of [undefined, null, 0, 'text', {}, { code: 7 }, { statusCode: 'x' }])
      expect(faultOf(thrown).code).toBe('internal');
  });
});

import { describe, expect, it } from 'vitest';
import { messagesDialect } from '../../../src/dialects/messages.ts';

const read = (status: number, body: string, headers: Record<string, string> = {}) =>
  messagesDialect.readError({ status, headers, body });
const error = (type: string, details?: object) =>
  JSON.stringify({
    type: 'error',
    error: { type, message: 'Because.', ...(details ? { details } : {}) },
    request_id: 'r',
  });

describe('an Anthropic error', () => {
  it('is its status, its type and its stable code', () => {
    expect(read(429, error('rate_limit_error', { error_code: 'enforced_spend_limit_reached' }))).toEqual({
      sort: 'http',
      phase: 'headers',
      status: 429,
      type: 'rate_limit_error',
      code: 'enforced_spend_limit_reached',
      message: 'Because.',
    });
  });

  it('carries how long to wait', () => {
    expect(read(429, error('rate_limit_error'), { 'retry-after': '7' })).toMatchObject({ retryAfterMs: 7000 });
    expect(read(529, error('overloaded_error'), { 'retry-after': 'soon' })).not.toHaveProperty('retryAfterMs');
  });

  it('of a proxy in front, without a body we know, is its status', () => {
    for (const body of ['<html>413 Request Entity Too Large</html>', '', '{"detail":"x"}', '[]', '{"error":"no"}'])
      expect(read(413, body)).toMatchObject({ sort: 'http', status: 413 });
    expect(read(502, '<html>sk-ant-api03-secretsecret</html>').message).not.toContain('html');
  });

  it('keeps no key and no long prose', () => {
    const leak = JSON.stringify({
      error: {
        type: 'authentication_error',
        message: `invalid x-api-key: sk-ant-api03-abcdefgh12345 ${'é'.repeat(900)}`,
      },
    });
    const { message } = read(401, leak);
    expect(message).not.toContain('abcdefgh');
    expect(message.length).toBeLessThanOrEqual(512);
  });

  it('ignores a type and a code that are no text', () => {
    const odd = JSON.stringify({ error: { type: 7, message: { a: 1 }, details: { error_code: [] } } });
    expect(read(500, odd)).toEqual({
      sort: 'http',
      phase: 'headers',
      status: 500,
      message: 'the provider gave no reason',
    });
  });

  it('inside a stream has no status where its type is none we know', () => {
    const reader = messagesDialect.createStreamReader();
    const frame = reader.read({ event: 'error', data: '{"type":"error","error":{"type":"constructor"}}' });
    expect(frame?.events).toEqual([
      { type: 'failure', cause: { sort: 'inband', phase: 'stream', type: 'constructor', message: 'constructor' } },
    ]);
  });
});

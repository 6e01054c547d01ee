import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai';
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode, RouterError } from '../../../src/core/errors.ts';
import { buildServer, startServer } from '../../support/http-server.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];
const messages = [{ role: 'user' as const, content: 'hi' }];

const classOf = (status: number): unknown => {
  switch (status) {
    case 400:
      return BadRequestError;
    case 401:
      return AuthenticationError;
    case 403:
      return PermissionDeniedError;
    case 404:
      return NotFoundError;
    case 429:
      return RateLimitError;
    default:
      return status >= 500 ? InternalServerError : APIError;
  }
};

const refusing =
  (code: ErrorCode, detail = {}) =>
  () =>
    Promise.reject(new RouterError(code, `what ${code} means`, detail));

const failure = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the real client', () => {
  it.each(codes)('reads %s as the right class of error', async (code) => {
    await using server = await startServer({ route: refusing(code) });
    for (const stream of [false, true]) {
      const error = await failure(server.openai.chat.completions.create({ model: 'auto', messages, stream }));
      expect(error).toBeInstanceOf(classOf(ERRORS[code].status));
      expect(error).toMatchObject({
        status: ERRORS[code].status,
        code,
        type: ERRORS[code].type,
        message: expect.stringContaining(`what ${code} means`),
      });
    }
  });

  it('does not repeat what we have already tried everywhere', async () => {
    await using server = await startServer({ route: refusing('upstream_exhausted') }, { maxRetries: 2 });
    await failure(server.openai.chat.completions.create({ model: 'auto', messages }));
    expect(server.asks).toHaveLength(1);
  });

  it('comes back after the wait it was told', async () => {
    await using server = await startServer(
      { route: refusing('rate_limit_exceeded', { retryAfterMs: 5 }) },
      { maxRetries: 2 },
    );
    await failure(server.openai.chat.completions.create({ model: 'auto', messages }));
    expect(server.asks).toHaveLength(3);
  });
});

describe('an unforeseen error', () => {
  it('is a 500 that shows and logs nothing of its message', async () => {
    const { app, lines } = buildServer({ route: () => Promise.reject(new Error('key sk-live-123 in prompt')) });
    const payload = { model: 'auto', messages };
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/v1/chat/completions', payload });
    expect(statusCode).toBe(500);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'internal', type: 'server_error', param: null } });
    expect(body + lines.join('')).not.toContain('sk-live-123');
    expect(lines.some((line) => line.includes('errors.test'))).toBe(true);
  });
});

describe('docs/errors.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/errors.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (\w+) \| (\w+) \| (\w+) \| (.+) \|$/gm)];

  it.each(codes)('says what %s is', (code) => {
    const row = rows.find(([, name]) => name === code);
    const { status, type, blame, retry } = ERRORS[code];
    expect(row?.slice(2, 6)).toEqual([String(status), type, blame, retry]);
  });

  it('names nothing that does not exist', () => {
    expect(rows.map(([, name]) => name).filter((name) => !codes.some((code) => code === name))).toEqual([]);
    expect(rows).toHaveLength(codes.length);
  });
});

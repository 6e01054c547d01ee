import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { createAddressList } from '../../../src/auth/addresses.ts';
import { createKey, createKeyring } from '../../../src/auth/keys.ts';
import type { Ask } from '../../../src/core/ask.ts';
import type { Run } from '../../../src/core/outcome.ts';
import { buildServer, runOf, type Scene } from '../../support/http-server.ts';
import { finishFrame, textFrame } from '../../support/provider.ts';

const chat = { method: 'POST', url: '/v1/chat/completions' } as const;
const json = { 'content-type': 'application/json' };
const body = { model: 'auto', messages: [{ role: 'user', content: 'hi' }] };

const ask = async (options: InjectOptions, scene: Scene = {}) => {
  const { app, lines } = buildServer(scene);
  const answer = await app.inject(options);
  return { status: answer.statusCode, headers: answer.headers, error: JSON.parse(answer.body || '{}').error, lines };
};

const ERROR_BODY = {
  message: expect.any(String),
  type: expect.any(String),
  code: expect.any(String),
  param: null,
};

describe('the door answers in OpenAI’s body', () => {
  it.each<[string, InjectOptions, number, string]>([
    ['a URL that is not there', { method: 'GET', url: '/v1/nothing' }, 404, 'unknown_url'],
    [
      'a POST of anything to nowhere',
      { method: 'POST', url: '/x', payload: '<xml>', headers: { 'content-type': 'text/xml' } },
      404,
      'unknown_url',
    ],
    ['the wrong method', { method: 'GET', url: '/v1/chat/completions' }, 405, 'method_not_allowed'],
    [
      'the wrong method on a path with an id',
      { method: 'DELETE', url: '/v1/decisions/abc' },
      405,
      'method_not_allowed',
    ],
    ['OPTIONS, for CORS is closed', { method: 'OPTIONS', url: '/v1/models' }, 405, 'method_not_allowed'],
    ['a badly encoded URL', { method: 'GET', url: '/v1/decisions/%zz' }, 400, 'invalid_request'],
    ['an id that is too long', { method: 'GET', url: `/v1/decisions/${'a'.repeat(200)}` }, 414, 'invalid_request'],
    ['a body that is not JSON', { ...chat, headers: json, payload: '{"a":' }, 400, 'invalid_request'],
    ['an empty body', { ...chat, headers: json, payload: '' }, 400, 'invalid_request'],
    ['no body', chat, 400, 'invalid_request'],
    ['text', { ...chat, headers: { 'content-type': 'text/plain' }, payload: 'hi' }, 415, 'unsupported_media_type'],
    ['a body of no type', { ...chat, headers: { 'content-type': '' }, payload: 'hi' }, 415, 'unsupported_media_type'],
    [
      'a type with rubbish behind it',
      { ...chat, headers: { 'content-type': 'application/json rubbish' }, payload: '{}' },
      415,
      'unsupported_media_type',
    ],
    [
      'a compressed body',
      { ...chat, headers: { ...json, 'content-encoding': 'gzip' }, payload: '{}' },
      415,
      'unsupported_media_type',
    ],
    [
      'bytes that are not UTF-8',
      { ...chat, headers: json, payload: Buffer.from([0x22, 0xff, 0x22]) },
      400,
      'invalid_request',
    ],
    ['65 levels', { ...chat, headers: json, payload: '['.repeat(65) }, 400, 'invalid_request'],
    ['too many tokens', { ...chat, headers: json, payload: `[${'1,'.repeat(100_000)}1]` }, 413, 'request_too_large'],
    ['__proto__ as a key', { ...chat, headers: json, payload: '{"__proto__":{"x":1}}' }, 400, 'invalid_request'],
    [
      '__proto__, escaped',
      { ...chat, headers: json, payload: String.raw`{"a":{"\u005f_proto__":1}}` },
      400,
      'invalid_request',
    ],
    [
      'constructor.prototype',
      { ...chat, headers: json, payload: '{"constructor":{"prototype":{}}}' },
      400,
      'invalid_request',
    ],
  ])('%s', async (_what, options, status, code) => {
    const answer = await ask(options);
    expect(answer.error).toMatchObject({ ...ERROR_BODY, code });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['x-should-retry']).toBe('false');
  });

  it('and says which method would do', async () => {
    expect((await ask({ method: 'PUT', url: '/v1/chat/completions' })).headers['allow']).toBe('POST');
  });

  it('a body over the limit', async () => {
    const payload = JSON.stringify({ ...body, pad: 'x'.repeat(2_000) });
    expect(await ask({ ...chat, headers: json, payload }, { sizes: { bodyBytes: 1_000 } })).toMatchObject({
      status: 413,
      error: { code: 'request_too_large' },
    });
  });

  it('takes the word prototype as text', async () => {
    const route = (one: Ask): Promise<Run> => Promise.resolve(runOf(one, { frames: [textFrame('x'), finishFrame] }));
    const payload = { ...body, messages: [{ role: 'user', content: '"__proto__": constructor.prototype' }] };
    expect((await ask({ ...chat, payload }, { route })).status).toBe(200);
  });
});

describe('keys', () => {
  const { key, id, hash } = createKey();
  const scene: Scene = { keys: [{ id, hash }] };
  const bearer = { authorization: `Bearer ${key}` };

  it.each([
    ['GET', '/v1/models'],
    ['GET', '/v1/prices'],
    ['GET', '/v1/prices/history'],
    ['GET', '/v1/decisions/x'],
    ['GET', '/v1/reports/spend'],
    ['GET', '/v1/reports/savings'],
    ['GET', '/metrics'],
    ['POST', '/v1/chat/completions'],
    ['POST', '/v1/route'],
    ['POST', '/v1/feedback'],
  ] as const)('are asked for at %s %s', async (method, url) => {
    const payload = method === 'POST' ? { request_id: 'r', score: 1 } : undefined;
    const answer = await ask({ method, url, ...(payload ? { payload } : {}) }, scene);
    expect(answer).toMatchObject({ status: 401, error: { code: 'invalid_api_key' } });
  });

  it('are asked for before the body is looked at', async () => {
    expect((await ask({ ...chat, headers: json, payload: '{"a":' }, scene)).status).toBe(401);
  });

  it.each(['/health/live', '/health/ready', '/openapi.json'])('are not asked for at %s', async (url) => {
    expect((await ask({ method: 'GET', url }, scene)).status).toBe(200);
  });

  it('open the door, and name the caller', async () => {
    const { app, asks } = buildServer(scene);
    await app.inject({ method: 'POST', url: '/v1/route', headers: bearer, payload: body });
    expect(asks[0]?.caller.id).toBe(id);
  });

  it('never reach a log, nor does the prompt, the path or a header', async () => {
    const { app, lines } = buildServer({ ...scene, route: () => Promise.reject(new Error('marker-cause')) });
    const headers = { ...bearer, 'x-secret': 'marker-header', 'x-request-id': 'mine-1' };
    const payload = { ...body, messages: [{ role: 'user', content: 'marker-prompt' }] };
    await app.inject({ ...chat, headers, payload });
    await app.inject({ method: 'GET', url: '/marker-path?q=marker-query', headers });
    await app.inject({ ...chat, headers: { ...headers, ...json }, payload: '{"marker-prompt' });
    const log = lines.join('');
    expect(lines.length).toBeGreaterThanOrEqual(4);
    expect(log).not.toMatch(/marker/);
    expect(log).not.toContain(key);
    expect(log).toContain('"clientId":"mine-1"');
    expect(log).toContain(`"caller":"${id}"`);
  });
});

describe('ids', () => {
  it('of ours are on every answer, whatever the client sends', async () => {
    const { headers } = await ask({ method: 'GET', url: '/nowhere', headers: { 'x-request-id': 'theirs' } });
    expect(headers).toMatchObject({ 'x-bourse-request-id': 'req-1', 'x-request-id': 'req-1' });
  });

  it.each(['a b', 'x'.repeat(65), 'é', '"}{"', ''])('of a client are not logged when they are %j', async (id) => {
    const { lines } = await ask({ method: 'GET', url: '/health/live', headers: { 'x-request-id': id } });
    expect(lines.join('')).not.toContain('clientId');
  });
});

describe('addresses', () => {
  it('that are not listed are refused everywhere, health included', async () => {
    const { app } = buildServer();
    const entry = {
      keyring: createKeyring([]),
      addresses: createAddressList(['10.0.0.0/8']),
      requestId: () => 'r',
    };
    const guarded = buildServer({ deps: { entry } }).app;
    expect((await guarded.inject({ url: '/health/live', remoteAddress: '192.0.2.1' })).statusCode).toBe(403);
    expect((await guarded.inject({ url: '/health/live', remoteAddress: '10.1.2.3' })).statusCode).toBe(200);
    expect((await app.inject({ url: '/health/live', remoteAddress: '192.0.2.1' })).statusCode).toBe(200);
  });

  it('are never believed from a header', async () => {
    const entry = {
      keyring: createKeyring([]),
      addresses: createAddressList(['10.0.0.0/8']),
      requestId: () => 'r',
    };
    const { app } = buildServer({ deps: { entry } });
    const headers = { 'x-forwarded-for': '10.1.2.3', 'x-real-ip': '10.1.2.3', forwarded: 'for=10.1.2.3' };
    expect((await app.inject({ url: '/health/live', remoteAddress: '192.0.2.1', headers })).statusCode).toBe(403);
  });
});

describe('room', () => {
  it('that is taken is 503 with a time to come back, and is given back', async () => {
    const release = Promise.withResolvers<void>();
    const route = async (one: Ask): Promise<Run> => {
      await release.promise;
      return runOf(one, { frames: [textFrame('x'), finishFrame] });
    };
    const { app } = buildServer({ route, sizes: { requestsInFlight: 1 } });
    const first = app.inject({ ...chat, payload: body });
    await app.inject({ url: '/health/live' });
    const second = await app.inject({ ...chat, payload: body });
    expect(second.statusCode).toBe(503);
    expect(second.headers).toMatchObject({ 'x-should-retry': 'true', 'retry-after-ms': '1000', 'retry-after': '1' });
    expect((await app.inject({ url: '/health/live' })).statusCode).toBe(200);
    release.resolve();
    expect((await first).statusCode).toBe(200);
    expect((await app.inject({ ...chat, payload: body })).statusCode).toBe(200);
  });

  it('is counted in bytes, too', async () => {
    const answer = await ask({ ...chat, payload: body }, { sizes: { bodyBytesInFlight: 10 } });
    expect(answer).toMatchObject({ status: 503, error: { code: 'overloaded' } });
  });
});

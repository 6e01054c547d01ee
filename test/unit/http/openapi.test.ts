import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../../src/core/errors.ts';
import { fastifyPath } from '../../../src/http/endpoint.ts';
import { ENDPOINTS } from '../../../src/http/endpoints.ts';
import { openapiDocument } from '../../../src/http/openapi.ts';
import { emptyRow } from '../../../src/reports/spend-rows.ts';
import { buildServer } from '../../support/http-server.ts';
import { fullDecision, outcomeOf } from '../../support/ledger.ts';
import { sampleOffer, sampleSheet } from '../../support/sample.ts';

/** Every route Fastify serves, read off its own router. HEAD comes with GET and is not written down. */
const servedBy = (app: FastifyInstance): string[] => {
  const path: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods = ''] = /^([│ ]*)[├└]── (\S+) \((.+)\)/.exec(line) ?? [];
      if (part === '') return [];
      path.length = indent.length / 4;
      path.push(part);
      return methods
        .split(', ')
        .filter((method) => method !== 'HEAD')
        .map((method) => `${method} ${path.join('')}`);
    });
};

const spark = sampleOffer();
const sheet = sampleSheet(spark, { input: 1, output: 2 });
const view = { decision: fullDecision('r1'), caller: 'x', dispatches: [], outcome: outcomeOf('r1'), feedback: [] };
const scene = {
  spend: () => [{ ...emptyRow('support'), requests: 40, costSquares: 1 }],
  requests: new Map([['r1', view]]),
  deps: {
    market: {
      offers: () => [{ offer: spark, sheet }, { offer: spark }],
      sellers: () => [{ offer: spark, sheet }],
      nearest: () => [],
      history: () => [sheet],
    },
  },
};

describe('openapi.json', () => {
  it('has every route Fastify serves and no other', async () => {
    const { app } = buildServer();
    await app.ready();
    const written = ENDPOINTS.map(({ method, path }) => `${method} ${fastifyPath(path)}`);
    expect(servedBy(app).sort()).toEqual([...written].sort());
    const document = (await app.inject('/openapi.json')).json();
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations as object).map((method) => `${method.toUpperCase()} ${fastifyPath(path)}`),
    );
    expect(described.sort()).toEqual([...written].sort());
  });

  it('catches a route nobody wrote down', async () => {
    const { app } = buildServer();
    app.get('/v1/hidden/:id', () => 'x');
    await app.ready();
    expect(servedBy(app)).toContain('GET /v1/hidden/:id');
  });

  it('names for every route who may call it and what can go wrong', () => {
    const document = openapiDocument(ENDPOINTS, '1');
    for (const operations of Object.values(document.paths))
      for (const operation of Object.values(operations)) {
        expect(operation).toMatchObject({ security: expect.any(Array), responses: { 500: expect.anything() } });
      }
    expect(document.components.schemas.Error).toMatchObject({
      properties: { error: { properties: { code: { enum: Object.keys(ERRORS) } } } },
    });
  });

  it.each([
    ['GET', '/v1/models', undefined],
    ['GET', '/v1/prices', undefined],
    ['GET', '/v1/prices?model=lumen/spark', undefined],
    ['GET', '/v1/prices/history?offer=lumen:lumen/spark', undefined],
    ['GET', '/v1/decisions/r1', undefined],
    ['GET', '/v1/reports/spend', undefined],
    ['GET', '/v1/reports/savings', undefined],
    ['GET', '/v1/reports/prices', undefined],
    ['GET', '/health/ready', undefined],
    ['POST', '/v1/route', { model: 'auto', messages: [{ role: 'user', content: 'hi' }] }],
    ['POST', '/v1/feedback', { request_id: 'r1', score: 1 }],
  ] as const)('describes the answer of %s %s to the last field', async (method, url, payload) => {
    const { app } = buildServer(scene);
    const answer = await app.inject({ method, url, ...(payload ? { payload } : {}) });
    expect(answer.statusCode).toBe(200);
    const path = url.split('?', 1)[0]?.replace('/r1', '/{id}');
    const schema = ENDPOINTS.find((endpoint) => endpoint.path === path)?.answers['application/json'];
    // The schema drops what it does not know: what is left is equal only if nothing is undocumented.
    expect(schema?.parse(answer.json())).toEqual(answer.json());
  });
});

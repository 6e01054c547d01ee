// GET /health/live and /health/ready: whether the process runs, and whether it should be sent requests. Neither calls a provider.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Endpoint, serve } from '../endpoint.ts';

export type Readiness = { readonly ready: boolean; readonly reasons: readonly string[] };

export const liveEndpoint: Endpoint = {
  method: 'GET',
  path: '/health/live',
  summary: 'The process answers',
  access: 'open',
  answers: { 'application/json': z.object({ live: z.literal(true) }) },
  errors: [],
};

const readiness = z.object({ ready: z.boolean(), reasons: z.array(z.string()) });

export const readyEndpoint: Endpoint = {
  method: 'GET',
  path: '/health/ready',
  summary: 'Whether to send requests here; 503 with the reasons when not',
  access: 'open',
  answers: { 'application/json': readiness },
  others: { 503: readiness },
  errors: [],
};

export const mountHealth = (app: FastifyInstance, ready: () => Readiness): void => {
  serve(app, liveEndpoint, () => ({ live: true }));
  serve(app, readyEndpoint, (_request, reply) => {
    const answer = ready();
    if (!answer.ready) reply.code(503);
    return answer;
  });
};

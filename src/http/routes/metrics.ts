// GET /metrics: the registry, in the text Prometheus reads.
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { type Endpoint, serve } from '../endpoint.ts';

export const metricsEndpoint: Endpoint = {
  method: 'GET',
  path: '/metrics',
  summary: 'Metrics for Prometheus',
  access: 'key',
  answers: { 'text/plain': z.string() },
  errors: [],
};

export const mountMetrics = (app: FastifyInstance, registry: Registry): void =>
  serve(app, metricsEndpoint, async (_request, reply) => {
    const text = await registry.metrics();
    return reply.header('content-type', registry.contentType).send(text);
  });

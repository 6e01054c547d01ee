// GET /openapi.json: every route of this server, written from the same values they are registered with.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Endpoint, serve } from '../endpoint.ts';

export const openapiEndpoint: Endpoint = {
  method: 'GET',
  path: '/openapi.json',
  summary: 'This description',
  access: 'open',
  answers: { 'application/json': z.looseObject({ openapi: z.string() }) },
  errors: [],
};

export const mountOpenapi = (app: FastifyInstance, document: () => object): void =>
  serve(app, openapiEndpoint, () => document());

// What a route is, said once: registered with Fastify and written into openapi.json from the same value.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ErrorCode } from '../core/errors.ts';

/** key: a key, where any is configured · proof: a key or a signed token, the route checks · open: anyone. */
export type Access = 'key' | 'proof' | 'open';

export type Endpoint = {
  readonly method: 'GET' | 'POST';
  /** As OpenAPI spells it: /v1/decisions/{id}. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly input?: {
    readonly body?: z.ZodType;
    readonly query?: z.ZodObject;
    readonly headers?: z.ZodObject;
    readonly path?: z.ZodObject;
  };
  /** Media type → what it holds. */
  readonly answers: Readonly<Record<string, z.ZodType>>;
  /** Answers under a status other than 200 that are no errors. */
  readonly others?: Readonly<Record<number, z.ZodType>>;
  /** Besides those every route can give. */
  readonly errors: readonly ErrorCode[];
};

declare module 'fastify' {
  interface FastifyContextConfig {
    endpoint?: Endpoint;
  }
}

export const fastifyPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

type Answer = (request: FastifyRequest, reply: FastifyReply) => unknown;

export const serve = (app: FastifyInstance, endpoint: Endpoint, answer: Answer): void => {
  app.route({
    method: endpoint.method,
    url: fastifyPath(endpoint.path),
    config: { endpoint },
    handler: async (request, reply) => answer(request, reply),
  });
};

// What is known of one request from the door to its last byte, and the one log line it leaves: ids, route, status, time. Nothing it said.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../core/ask.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Ticket } from './admission.ts';

export type Visit = {
  /** Monotonic ms. */
  readonly startedAt: number;
  /** The client's own id for it: for the log, where it is well formed. */
  readonly clientId?: string;
  caller?: Caller;
  ticket?: Ticket;
  code?: ErrorCode;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Absent only where Fastify refused before any hook ran. */
    visit?: Visit;
  }
}

const CLIENT_ID = /^[A-Za-z0-9._-]{1,64}$/;

export const clientIdOf = (request: FastifyRequest): string | undefined => {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && CLIENT_ID.test(given) ? given : undefined;
};

/** Only patterns, never paths: a path can hold anything. */
export const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unmatched';

export const logVisit = (
  request: FastifyRequest,
  reply: FastifyReply,
  visit: Visit & { readonly ms: number },
): void => {
  const { raw } = reply;
  const status = raw.headersSent ? raw.statusCode : 499;
  const line = {
    clientId: visit.clientId,
    caller: visit.caller?.id,
    method: request.method,
    route: routeOf(request),
    status,
    code: visit.code,
    complete: raw.writableFinished,
    ms: Math.round(visit.ms),
  };
  if (status >= 500) request.log.warn(line, 'answered');
  else request.log.info(line, 'answered');
};

// Answers whatever was thrown: one reply for handlers, hooks, parsers and Fastify itself. What is unforeseen is logged, never shown.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorAnswer } from './error-body.ts';
import { faultOf, traceOf } from './fault.ts';

export type ErrorReplyDeps = { readonly refused: (code: string) => void };

export const createErrorReply =
  ({ refused }: ErrorReplyDeps) =>
  (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const fault = faultOf(thrown);
    refused(fault.code);
    if (request.visit) request.visit.code = fault.code;
    if (fault.code === 'internal') request.log.error({ trace: traceOf(fault.detail.cause) }, 'unforeseen');
    const { status, headers, body } = errorAnswer(fault);
    void reply.code(status).headers(headers).type('application/json; charset=utf-8').send(body);
  };

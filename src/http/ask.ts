// A chat body and its x-bourse headers as an Ask.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Ask } from '../core/ask.ts';
import { parseChatRequest } from '../dialects/chat-request.ts';
import { bodyOf, callerOf, check } from './input.ts';

const LONGEST_DEADLINE_MS = 24 * 3_600_000;

const WHOLE = /^[0-9]{1,9}$/;

export const askHeaders = z.object({
  'x-bourse-explore': z
    .enum(['allowed', 'never'])
    .default('allowed')
    .describe('never keeps this request out of exploration and the holdout'),
  'x-request-timeout-ms': z
    .string()
    .regex(WHOLE, 'must be a whole number of milliseconds')
    .transform(Number)
    .pipe(z.number().min(1).max(LONGEST_DEADLINE_MS))
    .optional()
    .describe('A shorter deadline than the policy’s, in milliseconds'),
});

/** What the router reads of the body, for the description; fields beyond these are kept and passed on. */
export const chatBody = z.looseObject({
  model: z.string().describe('auto, auto/<policy>, author/name or provider:author/name'),
  messages: z.array(z.looseObject({ role: z.string() })),
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).optional(),
  tools: z.array(z.looseObject({ type: z.string() })).optional(),
  response_format: z.looseObject({ type: z.string() }).optional(),
  max_completion_tokens: z.number().optional(),
});

export const askOf = (request: FastifyRequest, signal: AbortSignal): Ask => {
  const { json, bytes } = bodyOf(request);
  const headers = check(askHeaders, request.headers);
  const deadlineMs = headers['x-request-timeout-ms'];
  return {
    requestId: request.id,
    request: parseChatRequest(json, bytes),
    caller: callerOf(request),
    explore: headers['x-bourse-explore'],
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    signal,
  };
};

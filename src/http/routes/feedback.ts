// POST /v1/feedback: what someone says of an answer, from whoever holds its token or made the request.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { RouterError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { type Endpoint, serve } from '../endpoint.ts';
import { bodyOf, callerOf, check, headerOf } from '../input.ts';
import { ledgerFault, ownedRequest, type Records, unknownRequest } from '../records.ts';

export type FeedbackDeps = { readonly records: Records; readonly clock: Clock };

/** Words for people who would rather not give a number. */
export const LABEL_SCORES: ReadonlyMap<string, number> = new Map([
  ['good', 1],
  ['up', 1],
  ['mixed', 0.5],
  ['bad', 0],
  ['down', 0],
]);

const labels = [...LABEL_SCORES.keys()];

const feedbackBody = z.strictObject({
  request_id: z.string().min(1).max(64),
  score: z.number().min(0).max(1).optional().describe('0 useless … 1 perfect'),
  label: z.enum(labels).optional().describe('Instead of a score, or beside one'),
  source: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_.-]{0,31}$/, 'must be a short lower-case word: user, eval, judge …')
    .default('user')
    .describe('Who says so; one value per request and source counts, the last'),
  comment: z.string().max(2000).optional(),
  token: z.string().max(512).optional().describe('The x-bourse-feedback-token of the answer'),
});

const tokenHeaders = z.object({
  'x-bourse-feedback-token': z.string().optional().describe('The token, instead of in the body'),
});

export const feedbackEndpoint: Endpoint = {
  method: 'POST',
  path: '/v1/feedback',
  summary: 'Says how good an answer was; needs its feedback token or the key that made the request',
  access: 'proof',
  input: { body: feedbackBody, headers: tokenHeaders },
  answers: {
    'application/json': z.object({
      request_id: z.string(),
      source: z.string(),
      score: z.number(),
      recorded: z.literal(true),
    }),
  },
  errors: ['invalid_request', 'unknown_request_id', 'ledger_unavailable'],
};

const scoreOf = ({ score, label }: z.infer<typeof feedbackBody>): number => {
  const given = score ?? LABEL_SCORES.get(label ?? '');
  if (given === undefined)
    throw new RouterError('invalid_request', `Give a score from 0 to 1 or a label: ${labels.join(', ')}.`, {
      param: 'score',
    });
  return given;
};

export const mountFeedback = (app: FastifyInstance, { records, clock }: FeedbackDeps): void => {
  /** A token speaks for its own request only; without one the caller must have made the request. */
  const prove = async (request: FastifyRequest, requestId: string, token: string | undefined): Promise<void> => {
    if (token !== undefined && records.tokens.verify(token, { requestId, at: clock.now() })) return;
    if (token !== undefined && !request.visit?.caller) throw unknownRequest();
    await ownedRequest(records, requestId, callerOf(request));
  };

  serve(app, feedbackEndpoint, async (request) => {
    const body = check(feedbackBody, bodyOf(request).json);
    const score = scoreOf(body);
    await prove(request, body.request_id, body.token ?? headerOf(request, 'x-bourse-feedback-token'));
    const feedback = {
      requestId: body.request_id,
      source: body.source,
      score,
      ...(body.label === undefined ? {} : { label: body.label }),
      ...(body.comment === undefined ? {} : { comment: body.comment }),
      at: clock.now(),
    };
    await records.feedback(feedback).catch(ledgerFault);
    return { request_id: body.request_id, source: body.source, score, recorded: true };
  });
};

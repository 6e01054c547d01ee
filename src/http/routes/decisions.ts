// GET /v1/decisions/{id}: why a request went where it went, what came of it, and what would have changed the choice.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { explain } from '../../reports/explain.ts';
import { decisionSchema, decisionView } from '../decision-view.ts';
import { type Endpoint, serve } from '../endpoint.ts';
import { callerOf, check } from '../input.ts';
import { ownedRequest, type Records } from '../records.ts';
import { feedbackOf, feedbackSchema, outcomeOf, outcomeSchema } from '../request-view.ts';

export type DecisionsDeps = { readonly records: Records };

const path = z.object({ id: z.string().min(1).max(64) });

export const decisionsEndpoint: Endpoint = {
  method: 'GET',
  path: '/v1/decisions/{id}',
  summary: 'Why that request went where it went; only for the caller who made it',
  access: 'key',
  input: { path },
  answers: {
    'application/json': z.object({
      decision: decisionSchema,
      outcome: outcomeSchema.nullable().describe('null while it is under way'),
      feedback: z.array(feedbackSchema),
      text: z.string().describe('The same for people, as a table'),
    }),
  },
  errors: ['unknown_request_id'],
};

export const mountDecisions = (app: FastifyInstance, { records }: DecisionsDeps): void =>
  serve(app, decisionsEndpoint, async (request) => {
    const { id } = check(path, request.params);
    const view = await ownedRequest(records, id, callerOf(request));
    return {
      decision: decisionView(view.decision),
      outcome: outcomeOf(view),
      feedback: feedbackOf(view),
      text: explain(view).text,
    };
  });

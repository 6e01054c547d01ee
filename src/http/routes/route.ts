// POST /v1/route: what would be chosen for this body, with every quote, and nobody called.
import type { FastifyInstance } from 'fastify';
import type { DryRun } from '../../route.ts';
import { askHeaders, askOf, chatBody } from '../ask.ts';
import { decisionSchema, decisionView } from '../decision-view.ts';
import { type Endpoint, serve } from '../endpoint.ts';

export const routeEndpoint: Endpoint = {
  method: 'POST',
  path: '/v1/route',
  summary: 'A dry run: the decision for this chat body with every quote; nothing is called or recorded',
  access: 'key',
  input: { body: chatBody, headers: askHeaders },
  answers: { 'application/json': decisionSchema },
  errors: ['model_not_allowed', 'model_not_found', 'no_candidate'],
};

/** A dry run is over before anyone could leave. */
const NEVER = new AbortController().signal;

export const mountRoute = (app: FastifyInstance, dryRun: DryRun): void =>
  serve(app, routeEndpoint, (request) => decisionView(dryRun(askOf(request, NEVER))));

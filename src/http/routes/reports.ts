// GET /v1/reports/spend and /v1/reports/savings: money over a period, as JSON or CSV.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { SpendKey } from '../../core/ledger.ts';
import type { Clock } from '../../core/ports.ts';
import { savingsReport } from '../../reports/savings.ts';
import { type SpendDeps, type SpendQuestion, spendReport } from '../../reports/spend.ts';
import { type Endpoint, serve } from '../endpoint.ts';
import { check } from '../input.ts';
import { periodQuery, rangeOf } from '../period.ts';
import { ledgerFault } from '../records.ts';
import { savingsSchema, spendSchema } from '../report-schemas.ts';

export type ReportsDeps = SpendDeps & { readonly clock: Clock };

type Report = { readonly json: object; readonly csv: () => string };

const SPEND_KEYS = [
  'policy',
  'model',
  'provider',
  'offer',
  'caller',
  'task',
  'day',
] as const satisfies readonly SpendKey[];

const reportQuery = periodQuery.extend({
  by: z.enum(SPEND_KEYS).default('policy').describe('What the rows are'),
  format: z.enum(['json', 'csv']).optional().describe('Instead of an Accept header'),
});

export const spendEndpoint: Endpoint = {
  method: 'GET',
  path: '/v1/reports/spend',
  summary: 'What was spent, by policy, model, provider, offer, caller, task or day',
  access: 'key',
  input: { query: reportQuery },
  answers: { 'application/json': spendSchema, 'text/csv': z.string() },
  errors: ['invalid_request', 'ledger_unavailable'],
};

export const savingsEndpoint: Endpoint = {
  ...spendEndpoint,
  path: '/v1/reports/savings',
  summary: 'What was saved against the baseline, and what the control group measures',
  answers: { 'application/json': savingsSchema, 'text/csv': z.string() },
};

const wantsCsv = (format: 'json' | 'csv' | undefined, request: FastifyRequest): boolean =>
  format === undefined ? (request.headers.accept ?? '').includes('text/csv') : format === 'csv';

export const mountReports = (app: FastifyInstance, { ledger, clock }: ReportsDeps): void => {
  const answer =
    (report: (deps: SpendDeps, question: SpendQuestion) => Promise<Report>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const { by, format, ...period } = check(reportQuery, request.query);
      const range = rangeOf(period, clock.now());
      const { json, csv } = await report({ ledger }, { range, by }).catch(ledgerFault);
      if (!wantsCsv(format, request)) return json;
      return reply.type('text/csv; charset=utf-8').send(csv());
    };

  serve(app, spendEndpoint, answer(spendReport));
  serve(app, savingsEndpoint, answer(savingsReport));
};

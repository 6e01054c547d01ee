// GET /v1/reports/prices: what changed, what of the traffic each change would move, and whether sellers bill what they state.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Clock, PriceHistory, Traffic } from '../../core/ports.ts';
import { type BillCheck, PRICE_VERDICTS } from '../../core/price-history.ts';
import { priceReport } from '../../reports/prices.ts';
import { type Endpoint, serve } from '../endpoint.ts';
import { check } from '../input.ts';
import { periodQuery, rangeOf } from '../period.ts';
import { ledgerFault } from '../records.ts';

export type PriceReportDeps = {
  readonly prices: Pick<PriceHistory, 'within'>;
  readonly traffic: Traffic;
  readonly billChecks: () => readonly BillCheck[];
  readonly clock: Clock;
};

const pair = z.object({
  input_usd_per_million: z.number().nullable(),
  output_usd_per_million: z.number().nullable(),
});

const line = z.object({
  offer: z.string(),
  verdict: z.enum(PRICE_VERDICTS),
  reason: z.string(),
  status: z.string(),
  source: z.string().nullable(),
  revision: z.string(),
  effective_from: z.iso.datetime(),
  observed_at: z.iso.datetime(),
  before: pair.nullable(),
  after: pair.describe('As stated; of a held or rejected change not what is charged'),
  change: z.number().nullable().describe('Of three parts input to one part output: -0.5 is half the price'),
  shift: z.object({
    moved_share: z.number().describe('Of the requests of the last 24 hours, those that would choose otherwise'),
    moved_usd_share: z.number(),
    toward_requests: z.number(),
    toward_usd: z.number().describe('Expected dollars at the price before'),
    away_requests: z.number(),
    away_usd: z.number(),
    concerned_requests: z.number().describe('Had the offer among their quotes'),
    effect_usd: z.number().describe('Expected spend at the new price, less that at the old, over 24 hours'),
    not_decided_again: z.number().describe('A price limit had removed the offer, so no quote was kept'),
  }),
});

const bill = z.object({
  offer: z.string(),
  standing: z.enum(['few', 'agrees', 'steady', 'unsteady']),
  billed_ratio: z.number().describe('Dollars billed per dollar of the price sheet'),
  spread: z.number(),
  calls: z.number(),
});

const reportSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  traffic: z.object({ requests: z.number(), usd: z.number(), complete: z.boolean() }),
  estimate: z.string().describe('How the shares are estimated'),
  status_only: z.number().describe('Changes of status alone, left out'),
  complete: z.boolean().describe('Every change of the period is in it'),
  changes: z.array(line).describe('What matters most in money first'),
  bills: z.array(bill),
});

const query = periodQuery.extend({
  format: z.enum(['json', 'csv']).optional().describe('Instead of an Accept header'),
});

export const priceReportEndpoint: Endpoint = {
  method: 'GET',
  path: '/v1/reports/prices',
  summary:
    'What prices changed, what of the traffic each change would move, and what sellers bill beside what they state',
  access: 'key',
  input: { query },
  answers: { 'application/json': reportSchema, 'text/csv': z.string() },
  errors: ['invalid_request', 'ledger_unavailable'],
};

export const mountPriceReport = (app: FastifyInstance, deps: PriceReportDeps): void =>
  serve(app, priceReportEndpoint, async (request, reply) => {
    const { format, ...period } = check(query, request.query);
    const now = deps.clock.now();
    const { prices, traffic } = deps;
    const question = { range: rangeOf(period, now), now };
    const { json, csv } = await priceReport({ prices, traffic, billChecks: deps.billChecks() }, question).catch(
      ledgerFault,
    );
    const wantsCsv = format === undefined ? (request.headers.accept ?? '').includes('text/csv') : format === 'csv';
    return wantsCsv ? reply.type('text/csv; charset=utf-8').send(csv()) : json;
  });

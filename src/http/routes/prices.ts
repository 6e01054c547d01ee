// GET /v1/prices and /v1/prices/history: what everything costs now and what it cost before, with where each number came from.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isOfferKey } from '../../core/offer.ts';
import type { Clock } from '../../core/ports.ts';
import { type Endpoint, serve } from '../endpoint.ts';
import { check } from '../input.ts';
import { type MarketBoard, priceSchema, priceView, sheetSchema, sheetView } from '../listing.ts';

export type PricesDeps = { readonly market: MarketBoard; readonly clock: Clock };

const pricesQuery = z.strictObject({
  model: z.string().max(200).optional().describe('author/name'),
  provider: z.string().max(100).optional(),
});

const historyQuery = z.strictObject({
  offer: z.string().max(300).refine(isOfferKey, 'must be provider:author/name').describe('provider:author/name'),
});

export const pricesEndpoint: Endpoint = {
  method: 'GET',
  path: '/v1/prices',
  summary: 'The live price table with source, age and status',
  access: 'key',
  input: { query: pricesQuery },
  answers: { 'application/json': z.object({ object: z.literal('list'), data: z.array(priceSchema) }) },
  errors: ['invalid_request'],
};

export const historyEndpoint: Endpoint = {
  method: 'GET',
  path: '/v1/prices/history',
  summary: 'Every version of one offer’s prices, oldest first',
  access: 'key',
  input: { query: historyQuery },
  answers: { 'application/json': z.object({ object: z.literal('list'), data: z.array(sheetSchema) }) },
  errors: ['invalid_request'],
};

export const mountPrices = (app: FastifyInstance, { market, clock }: PricesDeps): void => {
  serve(app, pricesEndpoint, (request) => {
    const { model, provider } = check(pricesQuery, request.query);
    const rows = market
      .offers()
      .filter(({ offer }) => (model ?? offer.model) === offer.model && (provider ?? offer.provider) === offer.provider);
    const now = clock.now();
    return { object: 'list', data: rows.map((row) => priceView(row, now)) };
  });

  serve(app, historyEndpoint, (request) => {
    const { offer } = check(historyQuery, request.query);
    // The refinement says it is a key; asked again so that the compiler knows.
    return { object: 'list', data: isOfferKey(offer) ? market.history(offer).map(sheetView) : [] };
  });
};

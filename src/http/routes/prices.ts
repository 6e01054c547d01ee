// GET /v1/prices: what everything costs now, with where each number came from.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { RouterError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { type Endpoint, serve } from '../endpoint.ts';
import { check } from '../input.ts';
import type { MarketBoard } from '../listing.ts';
import { offersView, sellersSchema, sellersView } from '../sellers-view.ts';

export type PricesDeps = { readonly market: MarketBoard; readonly clock: Clock };

const pricesQuery = z.strictObject({
  model: z.string().max(200).optional().describe('author/name'),
  provider: z.string().max(100).optional(),
});

export const pricesEndpoint: Endpoint = {
  method: 'GET',
  path: '/v1/prices',
  summary: 'The live price table with source, age and status; with a model, all its sellers beside each other',
  access: 'key',
  input: { query: pricesQuery },
  answers: { 'application/json': sellersSchema },
  errors: ['invalid_request', 'model_not_found'],
};

const unknownModel = (model: string, near: readonly string[]): RouterError => {
  const meant = near.length > 0 ? `; did you mean ${near.join(', ')}?` : '';
  return new RouterError('model_not_found', `nobody is known to sell "${model}"${meant}`, { param: 'model' });
};

export const mountPrices = (app: FastifyInstance, { market, clock }: PricesDeps): void => {
  serve(app, pricesEndpoint, (request) => {
    const { model, provider } = check(pricesQuery, request.query);
    const now = clock.now();
    if (model === undefined) {
      const rows = offersView(market.offers(), now);
      return { object: 'list', data: rows.filter((row) => row.provider === (provider ?? row.provider)) };
    }
    const sellers = market.sellers(model);
    if (sellers.length === 0) throw unknownModel(model, market.nearest(model));
    // The spread and who is dominated are of all sellers, whichever of them are shown.
    const view = sellersView(model, sellers, now);
    return { ...view, data: view.data.filter((row) => row.provider === (provider ?? row.provider)) };
  });
};

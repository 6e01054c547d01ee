// GET /v1/models: every model on sale and every policy, in the shape OpenAI clients list.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Caller } from '../../core/ask.ts';
import { type Endpoint, serve } from '../endpoint.ts';
import { callerOf } from '../input.ts';
import { plainRate } from '../../reports/sellers.ts';
import { isRoutable, type ListedOffer, type MarketBoard } from '../listing.ts';

export type ListedPolicy = { readonly name: string; readonly about: string };

export type ModelsDeps = {
  readonly market: MarketBoard;
  readonly policies: () => readonly ListedPolicy[];
};

const modelSchema = z.object({
  id: z.string().describe('author/name, auto or auto/<policy>'),
  object: z.literal('model'),
  created: z.number(),
  owned_by: z.string(),
  description: z.string().optional(),
  context_length: z.number().optional(),
  pricing: z
    .object({ prompt: z.string(), completion: z.string() })
    .optional()
    .describe('Dollars per token at the cheapest offer, as decimal text'),
  offers: z.array(z.string()).optional(),
});
type ModelView = z.infer<typeof modelSchema>;

export const modelsEndpoint: Endpoint = {
  method: 'GET',
  path: '/v1/models',
  summary: 'Models on sale, and each policy as auto/<policy>',
  access: 'key',
  answers: { 'application/json': z.object({ object: z.literal('list'), data: z.array(modelSchema) }) },
  errors: [],
};

/** Dollars per token as decimal text, exact to the pico-dollar: 0.15 per million is "0.00000015". */
const perToken = (usdPerMillion: number): string => (usdPerMillion / 1e6).toFixed(12).replace(/\.?0+$/, '');

const dearness = ({ sheet }: ListedOffer): number =>
  (plainRate(sheet, 'input') ?? Infinity) + (plainRate(sheet, 'output') ?? Infinity);

const modelView = (model: string, offers: readonly ListedOffer[]): ModelView => {
  const cheapest = offers.reduce((best, offer) => (dearness(offer) < dearness(best) ? offer : best));
  const prompt = plainRate(cheapest.sheet, 'input');
  const completion = plainRate(cheapest.sheet, 'output');
  return {
    id: model,
    object: 'model',
    created: Math.floor((cheapest.sheet?.effectiveFrom ?? 0) / 1000),
    owned_by: model.split('/', 1)[0] ?? model,
    context_length: Math.max(...offers.map(({ offer }) => offer.context)),
    ...(prompt === null || completion === null
      ? {}
      : { pricing: { prompt: perToken(prompt), completion: perToken(completion) } }),
    offers: offers.map(({ offer }) => offer.key),
  };
};

const policyView = (policy: ListedPolicy): ModelView => ({
  id: `auto/${policy.name}`,
  object: 'model',
  created: 0,
  owned_by: 'bourse',
  description: policy.about,
});

const AUTO: ModelView = {
  id: 'auto',
  object: 'model',
  created: 0,
  owned_by: 'bourse',
  description: 'The default policy chooses.',
};

const mayName = (caller: Caller, policy: ListedPolicy): boolean =>
  caller.policies.length === 0 || caller.policies.includes(policy.name);

export const mountModels = (app: FastifyInstance, deps: ModelsDeps): void =>
  serve(app, modelsEndpoint, (request) => {
    const caller = callerOf(request);
    const policies = deps.policies().filter((policy) => mayName(caller, policy));
    const priced = deps.market.offers().filter(isRoutable);
    const byModel = Map.groupBy(priced, ({ offer }) => offer.model);
    const models = [...byModel].map(([model, offers]) => modelView(model, offers));
    return { object: 'list', data: [AUTO, ...policies.map(policyView), ...models] };
  });

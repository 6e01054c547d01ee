// What the simulated sellers and the aggregator publish: prices as decimal strings per token, in OpenRouter's words.
import type { JsonObject } from '../core/chat.ts';
import { simModel } from './cast.ts';
import type { Price, SimOffer } from './stalls.ts';

/** USD per million tokens → the decimal text of USD per token, without an exponent. */
export const perToken = (usdPerMillion: number): string => (usdPerMillion / 1e6).toFixed(12).replace(/\.?0+$/, '');

export type Priced = { readonly offer: SimOffer; readonly price: Price };

const ROW_CREATED = 1_767_225_600;

const rowOf = ({ offer, price }: Priced, id: string): JsonObject => {
  const { capabilities, context } = simModel(offer.model);
  return {
    id,
    name: `${offer.provider}: ${offer.wireId}`,
    created: ROW_CREATED,
    context_length: context,
    architecture: { modality: 'text->text', input_modalities: ['text'], output_modalities: ['text'] },
    pricing: {
      prompt: perToken(price.input),
      completion: perToken(price.output),
      input_cache_read: perToken(price.cached),
    },
    top_provider: { context_length: context, max_completion_tokens: null },
    supported_parameters: [
      'max_tokens',
      'temperature',
      'stop',
      ...(capabilities.tools ? ['tools', 'tool_choice'] : []),
      ...(capabilities.json ? ['response_format', 'structured_outputs'] : []),
      ...(capabilities.reasoning ? ['reasoning'] : []),
    ],
  };
};

/** A seller's own list: its wire ids. */
export const ownList = (priced: readonly Priced[]): JsonObject => ({
  object: 'list',
  data: priced.map((row) => ({ ...rowOf(row, row.offer.wireId), object: 'model', owned_by: row.offer.provider })),
});

/** The aggregator's list: every offer, as provider/wire-id. */
export const catalogue = (priced: readonly Priced[]): JsonObject => ({
  data: priced.map((row) => ({
    ...rowOf(row, `${row.offer.provider}/${row.offer.wireId}`),
    provider_name: row.offer.provider,
  })),
});

/** The aggregator's list once more as a price map: provider/wire-id → numbers per token. A second lineage beside the sellers' own. */
export const priceMap = (priced: readonly Priced[]): JsonObject =>
  Object.fromEntries(
    priced.map(({ offer, price }) => {
      const { capabilities, context } = simModel(offer.model);
      const entry = {
        litellm_provider: offer.provider,
        mode: 'chat',
        max_input_tokens: context,
        input_cost_per_token: price.input / 1e6,
        output_cost_per_token: price.output / 1e6,
        cache_read_input_token_cost: price.cached / 1e6,
        supports_function_calling: capabilities.tools,
        supports_response_schema: capabilities.json,
      };
      return [`${offer.provider}/${offer.wireId}`, entry];
    }),
  );

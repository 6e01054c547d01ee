// A provider's own OpenAI-style `/models` that carries prices in OpenRouter's words: the seller speaking of itself.
import { z } from 'zod';
import type { Currencies } from '../currency.ts';
import { createCollector, type FeedSpec, isRecord, jsonOf, known, type Parsed, tokenCount } from './parsed.ts';
import { openrouterLines } from './openrouter.ts';

/** The spec of one provider's feed; it belongs to no other lineage. */
export const providerModelsSpec = (provider: string, url: string): FeedSpec => ({
  name: `${provider}/models`,
  url,
  lineage: provider,
  precedence: 0,
  unit: 'USD per token, decimal strings; another currency where the list or the operator names one',
  silence: 'no pricing object is silence; 0/0 is skipped unless the id says free or the operator says zero is free',
  licence: "the provider's terms; facts only",
});

const ModelSchema = z.object({
  id: z.string().min(1).max(200),
  pricing: z.record(z.string(), z.unknown()).nullish(),
  currency: z.unknown().optional(),
  context_length: z.unknown().optional(),
  max_output_length: z.unknown().optional(),
  max_completion_tokens: z.unknown().optional(),
  supported_features: z.array(z.string()).optional().catch(undefined),
  supported_parameters: z.array(z.string()).optional().catch(undefined),
  input_modalities: z.array(z.string()).optional().catch(undefined),
});

export type Seller = {
  /** Our name of the seller. */
  readonly provider: string;
  /** Some gateways send "0" for "no data", so zero is believed only where the operator says so. */
  readonly zeroMeansFree?: boolean;
  /** What its prices are in where the list does not say; absent: dollars. */
  readonly currency?: string;
  /** What other currencies are worth. */
  readonly currencies?: Currencies;
};

const DOLLARS: ReadonlySet<string> = new Set(['USD', '$']);

/** @param input text or JSON: `{ data: [{ id, pricing: { prompt, completion, input_cache_read, … } }] }` */
export const parseProviderModels = (input: unknown, seller: Seller): Parsed => {
  const { provider, zeroMeansFree = false } = seller;
  const file = jsonOf(input);
  const models = isRecord(file) ? file['data'] : file;
  if (!Array.isArray(models)) throw new TypeError(`${provider}: no list of models`);
  const collect = createCollector();
  for (const entry of models) {
    const parsed = ModelSchema.safeParse(entry);
    const id = isRecord(entry) && typeof entry['id'] === 'string' ? entry['id'] : '?';
    if (!parsed.success || !parsed.data.pricing) {
      collect.skip(id, parsed.success ? 'no price' : 'not the shape of a model');
      continue;
    }
    const model = parsed.data;
    const stated = model.pricing?.['currency'] ?? model.currency ?? seller.currency ?? 'USD';
    const code = typeof stated === 'string' ? stated.trim().toUpperCase() : '?';
    const currency = seller.currencies?.get(code);
    if (!currency && !DOLLARS.has(code)) {
      collect.skip(id, `prices in ${code.slice(0, 20)}, which has no dollar rate here`);
      continue;
    }
    const features = model.supported_features ?? model.supported_parameters;
    const row = {
      provider,
      wireId: model.id,
      ...known({
        context: tokenCount(model.context_length),
        maxOutput: tokenCount(model.max_output_length) ?? tokenCount(model.max_completion_tokens),
        tools: features?.includes('tools'),
        vision: model.input_modalities?.includes('image'),
        json: features?.some((feature) => /^(structured_outputs|json_schema)$/.test(feature)),
        reasoning: features?.includes('reasoning'),
      }),
    };
    const priced = openrouterLines(model.pricing ?? {}, DOLLARS.has(code) ? undefined : currency);
    collect.row(row, priced, zeroMeansFree || /[:-]free$/i.test(model.id));
  }
  return collect.result();
};

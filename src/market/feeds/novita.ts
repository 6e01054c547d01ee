// Novita's own list: whole ten-thousandths of a dollar per million, the unit that others have taken for dollars.
import type { Meter } from '../../core/price.ts';
import { TEN_THOUSANDTH_USD_PER_MILLION } from './decimal.ts';
import { createCollector, type FeedSpec, isRecord, jsonOf, known, type Parsed, tokenCount } from './parsed.ts';
import { joinLines, type Lines, linesOf, type Stated } from './rates.ts';

export const NOVITA: FeedSpec = {
  name: 'novita',
  url: 'https://api.novita.ai/openai/v1/models',
  lineage: 'novita',
  precedence: 0,
  unit: '1/10 000 USD per million tokens, whole numbers',
  silence:
    'a missing key is silence; a flat 0 beside brackets is no price; 0/0 is skipped; another currency than USD is skipped',
  licence: "the provider's terms; facts only",
};

type Entry = Readonly<Record<string, unknown>>;

const perMillion = (pricing: unknown, name: string): unknown => {
  const entry = isRecord(pricing) ? pricing[name] : undefined;
  return isRecord(entry) ? entry['price_per_m'] : undefined;
};

const METERS: readonly (readonly [Meter, string])[] = [
  ['input', 'prompt'],
  ['output', 'completion'],
  ['cached_input', 'input_cache_read'],
  ['cache_write_5m', 'input_cache_write'],
];

const statedIn = (pricing: unknown): Stated =>
  Object.fromEntries(METERS.map(([meter, name]) => [meter, perMillion(pricing, name)]));

/** A bracket starts at `min_tokens`, that number included; the first one is the base. */
const bracketLines = (brackets: readonly unknown[]): Lines =>
  joinLines(
    brackets
      .filter(isRecord)
      .map((bracket) => ({ tokens: tokenCount(bracket['min_tokens']) ?? 0, pricing: bracket['pricing'] }))
      .toSorted((a, b) => a.tokens - b.tokens)
      .map(({ tokens, pricing }) =>
        linesOf({
          stated: statedIn(pricing),
          scale: TEN_THOUSANDTH_USD_PER_MILLION,
          ...(tokens > 1 ? { when: { promptTokens: { op: 'gte', tokens } } } : {}),
        }),
      ),
  );

const linesOfModel = (model: Entry): Lines => {
  const brackets = Array.isArray(model['tiered_billing_configs']) ? model['tiered_billing_configs'] : [];
  const tiered = bracketLines(brackets);
  // Beside brackets the flat price is 0 or the first of them.
  if (tiered.rates.some(({ meter, when }) => meter === 'input' && !when)) return tiered;
  const stated = {
    ...statedIn(model['pricing']),
    input: model['input_token_price_per_m'] ?? perMillion(model['pricing'], 'prompt'),
    output: model['output_token_price_per_m'] ?? perMillion(model['pricing'], 'completion'),
  };
  return joinLines([linesOf({ stated, scale: TEN_THOUSANDTH_USD_PER_MILLION }), tiered]);
};

const skipReason = (model: Entry): string | undefined => {
  if (model['status'] !== undefined && model['status'] !== 1) return 'not served';
  if (typeof model['model_type'] === 'string' && model['model_type'] !== 'chat') return 'not a chat model';
  const { currency } = model;
  return currency === undefined || currency === 'USD' ? undefined : 'prices in another currency, whose unit is unknown';
};

/** @param input text or JSON: `{ data: [{ id, input_token_price_per_m, output_token_price_per_m, pricing, … }] }` */
export const parseNovita = (input: unknown): Parsed => {
  const file = jsonOf(input);
  const models = isRecord(file) ? file['data'] : undefined;
  if (!Array.isArray(models)) throw new TypeError('novita: no data array');
  const collect = createCollector();
  for (const model of models) {
    const id = isRecord(model) && typeof model['id'] === 'string' ? model['id'].slice(0, 200) : '';
    const reason = isRecord(model) && id !== '' ? skipReason(model) : 'not the shape of a model';
    if (!isRecord(model) || reason) {
      collect.skip(id || '?', reason ?? '');
      continue;
    }
    const features = Array.isArray(model['features']) ? model['features'] : undefined;
    const inputs = Array.isArray(model['input_modalities']) ? model['input_modalities'] : undefined;
    const row = {
      provider: 'novita',
      wireId: id,
      ...known({
        context: tokenCount(model['context_size']),
        maxOutput: tokenCount(model['max_output_tokens']),
        tools: features?.includes('function-calling'),
        vision: inputs?.includes('image'),
        json: features?.includes('structured-outputs'),
        reasoning: features?.includes('reasoning'),
      }),
    };
    collect.row(row, linesOfModel(model), false);
  }
  return collect.result();
};

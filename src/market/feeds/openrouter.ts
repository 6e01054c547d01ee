// OpenRouter's own price list: decimal strings per token, with overrides for long prompts and for hours of the day.
import { z } from 'zod';
import type { Rate } from '../../core/price.ts';
import type { Currency } from '../currency.ts';
import { USD_PER_TOKEN } from './decimal.ts';
import { createCollector, type FeedSpec, isRecord, jsonOf, known, type Parsed, tokenCount } from './parsed.ts';
import { joinLines, type Lines, linesOf, type Stated } from './rates.ts';

export const OPENROUTER: FeedSpec = {
  name: 'openrouter',
  url: 'https://openrouter.ai/api/v1/models',
  lineage: 'openrouter',
  precedence: 0,
  unit: 'USD per token, decimal strings',
  silence: 'a missing key is silence; 0/0 is free only under a `:free` id; "-1" marks a router and is skipped',
  licence: 'terms of service of the API; facts only',
};

const ModelSchema = z.object({
  id: z.string().min(1).max(200),
  alias_target: z.unknown().optional(),
  context_length: z.unknown(),
  pricing: z.record(z.string(), z.unknown()),
  architecture: z.object({ input_modalities: z.array(z.string()), output_modalities: z.array(z.string()) }).partial(),
  top_provider: z.object({ max_completion_tokens: z.unknown() }).partial().nullish(),
  supported_parameters: z.array(z.string()).optional(),
});
type Model = z.infer<typeof ModelSchema>;

/** The one vocabulary of OpenRouter-style price objects. */
export const openrouterStated = (pricing: Readonly<Record<string, unknown>>): Stated => ({
  input: pricing['prompt'],
  output: pricing['completion'],
  reasoning: pricing['internal_reasoning'],
  cached_input: pricing['input_cache_read'],
  cache_write_5m: pricing['input_cache_write'],
  cache_write_1h: pricing['input_cache_write_1h'],
  audio_input: pricing['audio'],
  audio_output: pricing['audio_output'],
  request: pricing['request'],
  search: pricing['web_search'],
});

/** Hours come as HHMM numbers: 1000 is ten o'clock. */
const minutesOf = (hhmm: unknown): number | undefined => {
  if (typeof hhmm !== 'number' || !Number.isInteger(hhmm) || hhmm < 0 || hhmm > 2400) return undefined;
  return hhmm % 100 < 60 ? (Math.floor(hhmm / 100) * 60 + (hhmm % 100)) % 1440 : undefined;
};

const conditionsOf = (override: Readonly<Record<string, unknown>>): NonNullable<Rate['when']> => {
  const tokens = tokenCount(override['min_prompt_tokens']);
  const start = minutesOf(override['utc_start']);
  const end = minutesOf(override['utc_end']);
  return {
    // Observed: a prompt of exactly min_prompt_tokens still pays the lower rate.
    ...(tokens ? { promptTokens: { op: 'gt', tokens } as const } : {}),
    ...(start !== undefined && end !== undefined ? { utcMinutes: { start, end } } : {}),
  };
};

/** Base lines, then the overrides in the feed's order. An override whose condition cannot be read is a fault, not a base price. */
export const openrouterLines = (pricing: Readonly<Record<string, unknown>>, currency?: Currency): Lines => {
  const overrides = Array.isArray(pricing['overrides']) ? pricing['overrides'].filter(isRecord) : [];
  const common = { scale: USD_PER_TOKEN, ...(currency ? { currency } : {}) };
  const base = linesOf({ ...common, stated: openrouterStated(pricing) });
  const conditional = overrides.map((override) => {
    const when = conditionsOf(override);
    if (Object.keys(when).length === 0) return { rates: [], faults: ['override without a readable condition'] };
    return linesOf({ ...common, stated: openrouterStated(override), when });
  });
  return joinLines([base, ...conditional]);
};

const skipReason = (model: Model): string | undefined => {
  const outputs = model.architecture.output_modalities ?? ['text'];
  if (model.id.startsWith('~') || model.alias_target) return 'floating alias';
  if (model.id.startsWith('openrouter/')) return 'router, not a model';
  if (model.id.endsWith(':batch')) return 'batch twin, not answered at once';
  return outputs.includes('text') && !outputs.includes('image') ? undefined : 'does not answer in text';
};

/** @param input the response's text, or its parsed JSON: `{ data: [...] }` */
export const parseOpenrouter = (input: unknown): Parsed => {
  const file = jsonOf(input);
  const models = isRecord(file) ? file['data'] : undefined;
  if (!Array.isArray(models)) throw new TypeError('openrouter: no data array');
  const collect = createCollector();
  for (const entry of models) {
    const parsed = ModelSchema.safeParse(entry);
    const id = isRecord(entry) && typeof entry['id'] === 'string' ? entry['id'] : '?';
    const reason = parsed.success ? skipReason(parsed.data) : 'not the shape of a model';
    if (!parsed.success || reason) collect.skip(id, reason ?? '');
    else {
      const model = parsed.data;
      const parameters = model.supported_parameters;
      const row = {
        provider: 'openrouter',
        wireId: model.id,
        ...known({
          context: tokenCount(model.context_length),
          maxOutput: tokenCount(model.top_provider?.max_completion_tokens),
          tools: parameters?.includes('tools'),
          vision: model.architecture.input_modalities?.includes('image'),
          json: parameters?.includes('structured_outputs'),
          reasoning: parameters?.includes('reasoning'),
        }),
      };
      collect.row(row, openrouterLines(model.pricing), model.id.endsWith(':free'));
    }
  }
  return collect.result();
};

// Vercel AI Gateway's own list: decimal strings per token, cliffs as one list of brackets per meter, peak hours as a multiplier.
import type { Meter } from '../../core/price.ts';
import { USD_PER_TOKEN } from './decimal.ts';
import { createCollector, type FeedSpec, isRecord, jsonOf, known, type Parsed, tokenCount } from './parsed.ts';
import { joinLines, type Lines, linesOf, scaledLines, type Stated } from './rates.ts';

export const VERCEL: FeedSpec = {
  name: 'vercel',
  url: 'https://ai-gateway.vercel.sh/v1/models',
  lineage: 'vercel',
  precedence: 0,
  unit: 'USD per token, decimal strings',
  silence:
    'a missing key or an empty pricing object is silence; 0/0 is free only under an id that says so; peak prices stand all day',
  licence: 'not stated; facts only',
};

type Entry = Readonly<Record<string, unknown>>;

/** The list says input and output, the endpoints say prompt and completion. */
const TIERS: readonly (readonly [string, Meter])[] = [
  ['input_tiers', 'input'],
  ['prompt_tiers', 'input'],
  ['output_tiers', 'output'],
  ['completion_tiers', 'output'],
  ['input_cache_read_tiers', 'cached_input'],
  ['input_cache_write_tiers', 'cache_write_5m'],
];

/** Brackets start at `min`; two ways of counting are seen, and at the boundary the dearer reading stands. */
const tierLines = (pricing: Entry): Lines => {
  const cliffs = new Map<number, { [M in Meter]?: unknown }>();
  const faults: string[] = [];
  for (const [key, meter] of TIERS) {
    const brackets = Array.isArray(pricing[key]) ? pricing[key] : [];
    for (const bracket of brackets) {
      const min = isRecord(bracket) ? (bracket['min'] ?? 0) : undefined;
      const tokens = min === 0 ? 0 : tokenCount(min);
      if (!isRecord(bracket) || tokens === undefined) faults.push(`${meter} bracket without a start`);
      else if (tokens > 1) cliffs.set(tokens, { ...cliffs.get(tokens), [meter]: bracket['cost'] });
    }
  }
  const lines = [...cliffs]
    .toSorted(([a], [b]) => a - b)
    .map(([tokens, stated]) =>
      linesOf({ stated, scale: USD_PER_TOKEN, when: { promptTokens: { op: 'gte', tokens } } }),
    );
  return joinLines([...lines, { rates: [], faults }]);
};

/**
 * Base and bracket lines. Which hours are peak is not said in a form that could be read, so the peak price stands all day: too high loses
 * savings, too low loses money.
 */
export const vercelLines = (stated: Stated, pricing: Entry): Lines => {
  const lines = joinLines([linesOf({ stated, scale: USD_PER_TOKEN }), tierLines(pricing)]);
  const peak = pricing['peak_pricing'];
  if (peak === undefined || peak === null) return lines;
  const multiplier = isRecord(peak) ? Number(peak['multiplier']) : Number.NaN;
  const dearer = multiplier >= 1 && multiplier <= 10 ? scaledLines(lines, String(multiplier)) : undefined;
  return dearer ?? { rates: [], faults: ['input at peak hours cannot be read'] };
};

const statedOf = (pricing: Entry): Stated => ({
  input: pricing['input'],
  output: pricing['output'],
  cached_input: pricing['input_cache_read'],
  cache_write_5m: pricing['input_cache_write'],
});

const FREE = /[:-]free$/i;

/** @param input text or JSON: `{ data: [{ id, type, pricing: { input, output, input_tiers, … } }] }` */
export const parseVercel = (input: unknown): Parsed => {
  const file = jsonOf(input);
  const models = isRecord(file) ? file['data'] : undefined;
  if (!Array.isArray(models)) throw new TypeError('vercel: no data array');
  const collect = createCollector();
  for (const model of models) {
    const id = isRecord(model) && typeof model['id'] === 'string' ? model['id'].slice(0, 200) : '';
    if (!isRecord(model) || id === '') collect.skip('?', 'not the shape of a model');
    else if (model['type'] !== 'language') collect.skip(id, 'does not answer in text');
    else if (!isRecord(model['pricing'])) collect.skip(id, 'no price');
    else {
      const tags = Array.isArray(model['tags']) ? model['tags'] : undefined;
      const row = {
        provider: 'vercel',
        wireId: id,
        ...known({
          context: tokenCount(model['context_window']),
          maxOutput: tokenCount(model['max_tokens']),
          tools: tags?.includes('tool-use'),
          vision: tags?.includes('vision'),
          reasoning: tags?.includes('reasoning'),
        }),
      };
      collect.row(row, vercelLines(statedOf(model['pricing']), model['pricing']), FREE.test(id));
    }
  }
  return collect.result();
};

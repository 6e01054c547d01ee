// DeepInfra's own list: dollars per million as the list price, and beside it the discount that is really billed.
import { picoOf, decimalText, USD_PER_MILLION } from './decimal.ts';
import { createCollector, type FeedSpec, isRecord, jsonOf, known, type Parsed, tokenCount } from './parsed.ts';
import { type Lines, linesOf, scaledLines } from './rates.ts';

export const DEEPINFRA: FeedSpec = {
  name: 'deepinfra',
  url: 'https://api.deepinfra.com/v1/openai/models?filter=with_meta',
  lineage: 'deepinfra',
  precedence: 0,
  unit: 'USD per million tokens, JSON numbers, times one minus `metadata.discount`',
  silence: 'no metadata or pricing is silence; a discount that cannot be read leaves the row out; 0/0 is skipped',
  licence: "the provider's terms; facts only",
};

/** Fractions are read to the millionth. */
const PLACES = 6;
const ONE = 1_000_000;

/** What is left to pay, as decimal text; undefined for a discount that is none, such as percent or all of it. */
const remaining = (discount: unknown): string | undefined => {
  if (discount === undefined || discount === null) return '1';
  const millionths = picoOf(discount, PLACES);
  return millionths !== undefined && millionths >= 0 && millionths < ONE
    ? decimalText(ONE - millionths, PLACES)
    : undefined;
};

const linesOfModel = (metadata: Readonly<Record<string, unknown>>): Lines => {
  const pricing = isRecord(metadata['pricing']) ? metadata['pricing'] : {};
  const list = linesOf({
    stated: {
      input: pricing['input_tokens'],
      output: pricing['output_tokens'],
      cached_input: pricing['cache_read_tokens'],
    },
    scale: USD_PER_MILLION,
  });
  const left = remaining(metadata['discount']);
  const billed = left === undefined ? undefined : scaledLines(list, left);
  return billed ?? { rates: [], faults: ['input has a discount that cannot be read'] };
};

/** @param input text or JSON: `{ data: [{ id, metadata: { pricing, discount, context_length, tags } }] }` */
export const parseDeepinfra = (input: unknown): Parsed => {
  const file = jsonOf(input);
  const models = isRecord(file) ? file['data'] : undefined;
  if (!Array.isArray(models)) throw new TypeError('deepinfra: no data array');
  const collect = createCollector();
  for (const model of models) {
    const id = isRecord(model) && typeof model['id'] === 'string' ? model['id'].slice(0, 200) : '';
    const metadata = isRecord(model) && isRecord(model['metadata']) ? model['metadata'] : undefined;
    if (id === '' || !metadata) {
      collect.skip(id || '?', 'no metadata');
      continue;
    }
    const tags = Array.isArray(metadata['tags']) ? metadata['tags'] : undefined;
    const row = {
      provider: 'deepinfra',
      wireId: id,
      ...known({
        context: tokenCount(metadata['context_length']),
        maxOutput: tokenCount(metadata['max_tokens']),
        vision: tags?.some((tag) => tag === 'vlm' || tag === 'vision'),
        reasoning: tags?.includes('reasoning'),
      }),
    };
    collect.row(row, linesOfModel(metadata), false);
  }
  return collect.result();
};

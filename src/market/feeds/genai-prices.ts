// genai-prices v2: curated, dollars per million, cliffs as `{ base, tiers }`, dated prices and hours of the day as constraints.
import type { FeedRow } from '../../core/ports.ts';
import type { Meter, Rate } from '../../core/price.ts';
import { USD_PER_MILLION, USD_PER_THOUSAND } from './decimal.ts';
import { createCollector, type FeedSpec, isRecord, jsonOf, known, type Parsed, tokenCount } from './parsed.ts';
import { providerName } from './providers.ts';
import { joinLines, type Lines, linesOf } from './rates.ts';

export const GENAI_PRICES: FeedSpec = {
  name: 'genai-prices',
  url: 'https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/new_data/v2/data.json',
  lineage: 'genai-prices',
  precedence: 1,
  unit: 'USD per million tokens (_mtok) or per thousand (_kcount), JSON numbers',
  silence: 'a missing key is silence; an empty price object is a model without a price and is skipped',
  licence: 'MIT',
};

type Entry = Readonly<Record<string, unknown>>;
type When = NonNullable<Rate['when']>;

const KEYS: readonly (readonly [string, Meter])[] = [
  ['input_mtok', 'input'],
  ['output_mtok', 'output'],
  ['cache_read_mtok', 'cached_input'],
  ['cache_write_mtok', 'cache_write_5m'],
  ['cache_write_1h_mtok', 'cache_write_1h'],
  ['input_audio_mtok', 'audio_input'],
  ['output_audio_mtok', 'audio_output'],
  ['input_image_mtok', 'image_input'],
  ['output_image_mtok', 'image_output'],
  ['output_reasoning_mtok', 'reasoning'],
  ['requests_kcount', 'request'],
  ['web_searches_kcount', 'search'],
];
const SCALES = { request: USD_PER_THOUSAND, search: USD_PER_THOUSAND } as const;
/** One model answers to several exact ids; more than this is a pattern, not a list. */
const MOST_IDS = 40;

/** A price is a number, or `{ base, tiers: [{ start, price }] }` where a tier applies to prompts longer than its start. */
const priceLines = (prices: Entry, window: When | undefined): Lines => {
  const base: { [M in Meter]?: unknown } = {};
  const cliffs = new Map<number, { [M in Meter]?: unknown }>();
  for (const [key, meter] of KEYS) {
    const value = prices[key];
    base[meter] = isRecord(value) ? value['base'] : value;
    const tiers = isRecord(value) && Array.isArray(value['tiers']) ? value['tiers'].filter(isRecord) : [];
    for (const tier of tiers) {
      const tokens = tokenCount(tier['start']);
      if (tokens === undefined) continue;
      const stated = cliffs.get(tokens) ?? {};
      stated[meter] = tier['price'];
      cliffs.set(tokens, stated);
    }
  }
  const common = { scale: USD_PER_MILLION, scales: SCALES };
  const tiered = [...cliffs].toSorted(([a], [b]) => a - b);
  return joinLines([
    linesOf({ ...common, stated: base, ...(window ? { when: window } : {}) }),
    ...tiered.map(([tokens, stated]) =>
      linesOf({ ...common, stated, when: { ...window, promptTokens: { op: 'gt', tokens } } }),
    ),
  ]);
};

const minutesOf = (time: unknown): number | undefined => {
  const parts = typeof time === 'string' ? /^(\d{2}):(\d{2})(?::\d{2})?(?:Z|\+00:00)$/.exec(time) : null;
  return parts ? Number(parts[1]) * 60 + Number(parts[2]) : undefined;
};

type Dated = { readonly from: number | undefined; readonly lines: Lines };

/** The list of priced constraints as one price per starting date. Within a date the last entry that holds wins, so order is kept. */
const datedPrices = (prices: readonly unknown[]): readonly Dated[] => {
  const entries = prices.filter(isRecord).map((entry) => {
    const constraint = isRecord(entry['constraint']) ? entry['constraint'] : {};
    const from = typeof constraint['start_date'] === 'string' ? Date.parse(constraint['start_date']) : undefined;
    const start = minutesOf(constraint['start_time']);
    const end = minutesOf(constraint['end_time']);
    const window = start !== undefined && end !== undefined ? { utcMinutes: { start, end } } : undefined;
    const readable = Object.keys(constraint).length === 0 || from !== undefined || window !== undefined;
    return { from: Number.isNaN(from) ? undefined : from, window, readable, prices: entry['prices'] };
  });
  const dates = [...new Set(entries.map((entry) => entry.from ?? Number.NEGATIVE_INFINITY))].toSorted((a, b) => a - b);
  return dates.map((date) => {
    const active = entries.filter((entry) => (entry.from ?? Number.NEGATIVE_INFINITY) <= date);
    const lastWhole = active.findLastIndex((entry) => !entry.window && entry.readable);
    const parts = active.slice(Math.max(lastWhole, 0)).map((entry) => {
      if (!entry.readable) return { rates: [], faults: ['constraint that cannot be read'] };
      return isRecord(entry.prices) ? priceLines(entry.prices, entry.window) : { rates: [], faults: [] };
    });
    return { from: Number.isFinite(date) ? date : undefined, lines: joinLines(parts) };
  });
};

/** A dated build has a price of its own, and a list of synonyms is not where it is kept: gpt-4o-2024-05-13 costs twice gpt-4o. */
const DATED = /20\d{2}-?[01]\d-?[0-3]\d/;

/** The exact ids of a match rule; what it says with prefixes and patterns would lend a price to unknown models. */
const exactIds = (match: unknown): readonly string[] => {
  if (!isRecord(match)) return [];
  if (typeof match['equals'] === 'string') return [match['equals']];
  return Array.isArray(match['or']) ? match['or'].flatMap(exactIds) : [];
};

/** Hugging Face's router sells other hosts under `model:host`. */
const offerOf = (provider: string, id: string): Pick<FeedRow, 'provider' | 'wireId'> => {
  const host = /^huggingface_(.+)$/.exec(provider)?.[1];
  return host ? { provider: 'huggingface', wireId: `${id}:${host}` } : { provider: providerName(provider), wireId: id };
};

/** @param input text or JSON of `data.json`: a list of providers, each with `models` */
export const parseGenaiPrices = (input: unknown): Parsed => {
  const file = jsonOf(input);
  if (!Array.isArray(file)) throw new TypeError('genai-prices: not a list');
  const collect = createCollector();
  for (const provider of file.filter(isRecord)) {
    const name = typeof provider['id'] === 'string' ? provider['id'] : '?';
    for (const model of Array.isArray(provider['models']) ? provider['models'].filter(isRecord) : []) {
      const id = typeof model['id'] === 'string' ? model['id'] : undefined;
      if (!id || model['deprecated'] === true) {
        collect.skip(`${name}:${id ?? '?'}`, id ? 'deprecated' : 'no id');
        continue;
      }
      const prices = Array.isArray(model['prices']) ? model['prices'] : [{ prices: model['prices'] }];
      const synonyms = exactIds(model['match']).filter((each) => !DATED.test(each));
      const ids = [...new Set([id, ...synonyms])].slice(0, MOST_IDS);
      for (const { from, lines } of datedPrices(prices)) {
        const details = known({ context: tokenCount(model['context_window']), effectiveFrom: from });
        for (const each of ids) collect.row({ ...offerOf(name, each), ...details }, lines, /:free$/i.test(each));
      }
    }
  }
  return collect.result();
};

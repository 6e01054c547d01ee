// Every feed the code knows, as it would write one small price list; and the ways in which such a list arrives broken.
import { gzipSync } from 'node:zlib';
import type { Rng } from '../../src/core/ports.ts';
import { BUILT_IN_FEEDS } from '../../src/market/feeds/built-in.ts';
import type { FeedSpec, Parsed } from '../../src/market/feeds/parsed.ts';
import { parseProviderModels, providerModelsSpec } from '../../src/market/feeds/provider-models.ts';

/** Enough rows for a share of them to mean something. */
const MODELS = 24;
/** Long prompts cost this much more where a feed can say so. */
const LONG = 2;
const LONG_FROM = 200_000;

/** Dollars per million: input, output, cached input. */
type Price = { readonly id: string; readonly input: number; readonly output: number; readonly cached: number };

const round = (value: number): number => Number(value.toPrecision(12));
const PRICES: readonly Price[] = Array.from({ length: MODELS }, (_, at) => {
  const input = round(0.4 + at * 0.13);
  return { id: `m${at}`, input, output: round(input * 4), cached: round(input / 10) };
});

const perToken = (dollars: number): string => (dollars / 1e6).toFixed(14).replace(/0+$/, '');
const number = (dollars: number): number => Number(perToken(dollars));

const openrouterPricing = ({ input, output, cached }: Price) => ({
  prompt: perToken(input),
  completion: perToken(output),
  input_cache_read: perToken(cached),
  overrides: [{ min_prompt_tokens: LONG_FROM, prompt: perToken(input * LONG), completion: perToken(output * LONG) }],
});

const endpointsOf = (latency: object) => ({
  answers: PRICES.map((price) => ({
    data: {
      id: `lab/${price.id}`,
      endpoints: ['one', 'two'].map((host) => ({
        provider_name: host,
        tag: host,
        pricing: { prompt: perToken(price.input), completion: perToken(price.output) },
        ...latency,
      })),
    },
  })),
});

const DOCUMENTS: Readonly<Record<string, () => unknown>> = {
  openrouter: () => ({
    data: PRICES.map((price) => ({
      id: `lab/${price.id}`,
      context_length: 1_000_000,
      architecture: { input_modalities: ['text'], output_modalities: ['text'] },
      pricing: openrouterPricing(price),
    })),
  }),
  'openrouter-endpoints': () =>
    endpointsOf({ latency_last_30m: { p50: 700 }, throughput_last_30m: { p50: 60 }, uptime_last_30m: 99 }),
  'vercel-endpoints': () =>
    endpointsOf({ latency_last_1h: { p50: 700, p95: 2000 }, throughput_last_1h: { p50: 60 }, uptime_last_1h: 99 }),
  vercel: () => ({
    data: PRICES.map(({ id, input, output, cached }) => ({
      id: `lab/${id}`,
      type: 'language',
      pricing: {
        input: perToken(input),
        output: perToken(output),
        input_cache_read: perToken(cached),
        input_tiers: [
          { cost: perToken(input), min: 0 },
          { cost: perToken(input * LONG), min: LONG_FROM },
        ],
      },
    })),
  }),
  huggingface: () => ({
    data: PRICES.map(({ id, input, output }) => ({
      id: `lab/${id}`,
      providers: [
        { provider: 'one', status: 'live', pricing: { input, output }, first_token_latency_ms: 700, throughput: 60 },
      ],
    })),
  }),
  deepinfra: () => ({
    data: PRICES.map(({ id, input, output, cached }) => ({
      id: `lab/${id}`,
      metadata: { pricing: { input_tokens: input, output_tokens: output, cache_read_tokens: cached }, discount: 0.2 },
    })),
  }),
  novita: () => ({
    data: PRICES.map(({ id, input, output, cached }) => ({
      id: `lab/${id}`,
      status: 1,
      model_type: 'chat',
      input_token_price_per_m: round(input * 1e4),
      output_token_price_per_m: round(output * 1e4),
      pricing: { input_cache_read: { price_per_m: round(cached * 1e4) } },
    })),
  }),
  xai: () => ({
    models: PRICES.map(({ id, input, output, cached }) => ({
      id,
      prompt_text_token_price: round(input * 1e4),
      completion_text_token_price: round(output * 1e4),
      cached_prompt_text_token_price: round(cached * 1e4),
      long_context_threshold: LONG_FROM,
      prompt_text_token_price_long_context: round(input * LONG * 1e4),
    })),
  }),
  'models.dev': () => ({
    openai: {
      models: Object.fromEntries(
        PRICES.map(({ id, input, output, cached }) => [
          id,
          { cost: { input, output, cache_read: cached, context_over_200k: { input: round(input * LONG), output } } },
        ]),
      ),
    },
  }),
  'genai-prices': () => [
    {
      id: 'openai',
      models: PRICES.map(({ id, input, output, cached }) => ({
        id,
        prices: { input_mtok: input, output_mtok: output, cache_read_mtok: cached },
      })),
    },
  ],
  litellm: () =>
    Object.fromEntries(
      PRICES.map(({ id, input, output, cached }) => [
        `openai/${id}`,
        {
          litellm_provider: 'openai',
          mode: 'chat',
          input_cost_per_token: number(input),
          output_cost_per_token: number(output),
          cache_read_input_token_cost: number(cached),
        },
      ]),
    ),
  'house/models': () => ({
    data: PRICES.map((price) => ({ id: `lab/${price.id}`, pricing: openrouterPricing(price) })),
  }),
};

export type KnownFeed = { readonly spec: FeedSpec; readonly parse: (input: unknown) => Parsed; readonly clean: string };

const HOUSE = {
  spec: providerModelsSpec('house', 'http://house.test/models'),
  parse: (input: unknown) => parseProviderModels(input, { provider: 'house' }),
};

/** Every feed there is; one without a document here fails. */
export const KNOWN_FEEDS: readonly KnownFeed[] = [...BUILT_IN_FEEDS, HOUSE].map(({ spec, parse }) => {
  const document = DOCUMENTS[spec.name];
  if (!document) throw new Error(`write a clean document for the feed ${spec.name}`);
  return { spec, parse, clean: JSON.stringify(document()) };
});

type Node = { [key: string]: unknown };
type Leaf = { readonly holder: Node; readonly key: string };

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

const leavesOf = (value: unknown, found: Leaf[] = []): Leaf[] => {
  if (isNode(value))
    for (const [key, child] of Object.entries(value))
      if (isNode(child)) leavesOf(child, found);
      else found.push({ holder: value, key });
  return found;
};
const nodesOf = (value: unknown, found: Node[] = []): Node[] => {
  if (!isNode(value)) return found;
  found.push(value);
  for (const child of Object.values(value)) nodesOf(child, found);
  return found;
};

const isPrice = ({ holder, key }: Leaf): boolean =>
  /price|cost|input|output|prompt|completion|cached|cache_read|tokens$|mtok$/.test(key) && Number(holder[key]) > 0;

const times = (value: unknown, factor: number): unknown => {
  const product = Number(value) * factor;
  return typeof value === 'string' ? product.toFixed(20).replace(/0+$/, '') : Number(product.toPrecision(12));
};

export const createDice = (rng: Rng) => {
  const below = (most: number): number => Math.floor(rng.next() * most);
  const pick = <T>(all: readonly T[]): T => {
    const one = all[below(all.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  };
  return { below, pick, chance: (share: number) => rng.next() < share };
};
export type Dice = ReturnType<typeof createDice>;

/** What the network does, instead of the clean list. */
export type Arrival =
  | { readonly kind: 'dead' | 'frozen' | 'endless' }
  | { readonly kind: 'answer'; readonly status: number; readonly body: Uint8Array; readonly encoding?: string };

const answer = (text: string | Uint8Array, status = 200, encoding?: string): Arrival => ({
  kind: 'answer',
  status,
  body: typeof text === 'string' ? new TextEncoder().encode(text) : text,
  ...(encoding ? { encoding } : {}),
});

const FACTORS = [
  1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.2, 0.02, 0.3, 0.5, 2, 2.5, 3, 5, 9, 10, 20, 50, 99, 100, 250, 1e3, 1e4, 1e6,
];
const JUNK = [null, -1, 0, '0', '', 'free', '1e309', 'NaN', true, [], {}, [1], '$0.5', 1e300, -0.000001, '٣', '0x10'];
const BOMB = gzipSync(Buffer.alloc(4 * 1024 * 1024, 0x20));

const edited = (clean: string, edit: (document: unknown, leaves: readonly Leaf[]) => void): Arrival => {
  const document: unknown = JSON.parse(clean);
  edit(document, leavesOf(document));
  return answer(JSON.stringify(document));
};

const bytesChanged = (clean: string, { below, chance }: Dice): Arrival => {
  const bytes = new TextEncoder().encode(clean);
  for (let left = 1 + below(4); left > 0; left -= 1) {
    const at = below(bytes.length);
    bytes[at] = chance(0.5) ? (bytes[at] ?? 0) ^ (1 << below(8)) : below(256);
  }
  return answer(bytes);
};

const digitsChanged = (clean: string, { below }: Dice): Arrival => {
  const places = [...clean.matchAll(/\d/g)].map(({ index }) => index);
  const at = places[below(places.length)] ?? 0;
  return answer(`${clean.slice(0, at)}${['', '.', '9', '0', '00', 'e3', '-'][below(7)] ?? ''}${clean.slice(at + 1)}`);
};

export const CORRUPTIONS: Readonly<Record<string, (clean: string, dice: Dice) => Arrival>> = {
  killed: () => ({ kind: 'dead' }),
  frozen: () => ({ kind: 'frozen' }),
  'a huge body': () => ({ kind: 'endless' }),
  truncated: (clean, { below }) => answer(clean.slice(0, below(clean.length))),
  empty: (_clean, { pick }) => answer(pick(['', '{}', '[]', 'null', '{"data":[]}', '{"models":[]}', '{"answers":[]}'])),
  'a page for people': (_clean, { pick }) => answer('<!doctype html><h1>502</h1>', pick([200, 200, 502])),
  'an error': (_clean, { pick }) => answer('{"error":{"message":"no"}}', pick([200, 401, 404, 429, 500, 304])),
  'a gzip bomb': (_clean, { chance }) => answer(BOMB, 200, chance(0.5) ? 'gzip' : undefined),
  'changed bytes': bytesChanged,
  'changed digits': digitsChanged,
  'one number in another unit': (clean, { pick }) =>
    edited(clean, (_document, leaves) => {
      const { holder, key } = pick(leaves.filter(isPrice));
      holder[key] = times(holder[key], pick(FACTORS));
    }),
  'a few numbers in another unit': (clean, { pick, chance }) =>
    edited(clean, (_document, leaves) => {
      const factor = pick(FACTORS);
      for (const { holder, key } of leaves.filter(isPrice)) if (chance(0.04)) holder[key] = times(holder[key], factor);
    }),
  'every number in another unit': (clean, { pick }) =>
    edited(clean, (_document, leaves) => {
      const factor = pick(FACTORS);
      for (const { holder, key } of leaves.filter(isPrice)) holder[key] = times(holder[key], factor);
    }),
  'one field in another unit': (clean, { pick }) =>
    edited(clean, (_document, leaves) => {
      const factor = pick(FACTORS);
      const name = pick(leaves.filter(isPrice)).key;
      for (const { holder, key } of leaves) if (key === name) holder[key] = times(holder[key], factor);
    }),
  'wrong values': (clean, { pick, chance }) =>
    edited(clean, (_document, leaves) => {
      const junk = pick(JUNK);
      const share = pick([0.002, 0.05, 1]);
      for (const { holder, key } of leaves) if (chance(share)) holder[key] = junk;
    }),
  'a field of nulls': (clean, { pick }) =>
    edited(clean, (_document, leaves) => {
      const { key } = pick(leaves);
      const junk = pick([null, null, 0, '0', -1]);
      for (const leaf of leaves) if (leaf.key === key) leaf.holder[key] = junk;
    }),
  'swapped fields': (clean, { pick, chance }) =>
    edited(clean, (document, leaves) => {
      const [one, other] = [pick(leaves.filter(isPrice)).key, pick(leaves.filter(isPrice)).key];
      const share = pick([0.03, 1]);
      for (const node of nodesOf(document))
        if (one in node && other in node && chance(share)) [node[one], node[other]] = [node[other], node[one]];
    }),
  'swapped rows': (clean, { pick }) =>
    edited(clean, (document, leaves) => {
      const [a, b] = [pick(leaves.filter(isPrice)), pick(leaves.filter(isPrice))];
      [a.holder[a.key], b.holder[b.key]] = [b.holder[b.key], a.holder[a.key]];
      if (nodesOf(document).length === 0) throw new Error('the list is empty');
    }),
  'lost fields': (clean, { pick, chance }) =>
    edited(clean, (_document, leaves) => {
      const share = pick([0.01, 0.3]);
      for (const { holder, key } of leaves) if (chance(share)) delete holder[key];
    }),
};

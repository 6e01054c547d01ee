// LiteLLM's price map: one flat object of dollars per token, with conditions and tiers written into the key names.
import type { Meter, ServiceTier } from '../../core/price.ts';
import { USD_PER_TOKEN } from './decimal.ts';
import { createCollector, type FeedSpec, isRecord, jsonOf, known, type Parsed, tokenCount } from './parsed.ts';
import { providerName } from './providers.ts';
import { joinLines, type Lines, linesOf, type Stated } from './rates.ts';

export const LITELLM: FeedSpec = {
  name: 'litellm',
  url: 'https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json',
  lineage: 'litellm',
  precedence: 2,
  unit: 'USD per token, JSON numbers',
  silence: 'a missing key is silence; 0 may also mean unknown, so 0/0 is skipped unless the id says free',
  licence: 'MIT repository',
};

const BASES: readonly (readonly [string, Meter])[] = [
  ['input_cost_per_token', 'input'],
  ['output_cost_per_token', 'output'],
  ['output_cost_per_reasoning_token', 'reasoning'],
  ['cache_read_input_token_cost', 'cached_input'],
  ['cache_creation_input_token_cost_above_1hr', 'cache_write_1h'],
  ['cache_creation_input_token_cost', 'cache_write_5m'],
  ['input_cost_per_audio_token', 'audio_input'],
  ['output_cost_per_audio_token', 'audio_output'],
  ['input_cost_per_image_token', 'image_input'],
  ['output_cost_per_image_token', 'image_output'],
  ['input_cost_per_request', 'request'],
];
const TIERS: Readonly<Record<string, ServiceTier>> = { batches: 'batch', flex: 'flex', priority: 'priority' };
const CONDITION = /^(?:_above_(\d{1,5})k_tokens)?(?:_(batches|flex|priority))?$/;
const MODES: ReadonlySet<unknown> = new Set(['chat', 'responses']);
/** Size classes and fine-tune tariffs: prices of nothing one can ask for by that name. */
const NOT_A_MODEL = /^(ft:|together-ai-|fireworks-ai-|sample_spec$|fallback_generalizations$)|[/-]commitment\//;

type Group = { readonly tokens: number; readonly tier: ServiceTier; readonly stated: { [M in Meter]?: unknown } };

/** Price keys by cliff and tier, lowest cliff first, because the last matching line wins. */
const groupsOf = (entry: Readonly<Record<string, unknown>>): readonly Group[] => {
  const groups = new Map<string, Group>();
  for (const [key, value] of Object.entries(entry)) {
    const base = BASES.find(([name]) => key.startsWith(name));
    const condition = base && CONDITION.exec(key.slice(base[0].length));
    if (!base || !condition) continue;
    const tokens = Number(condition[1] ?? 0) * 1000;
    const tier = TIERS[condition[2] ?? ''] ?? 'standard';
    const group = groups.get(`${tokens} ${tier}`) ?? { tokens, tier, stated: {} };
    group.stated[base[1]] = value;
    groups.set(`${tokens} ${tier}`, group);
  }
  return [...groups.values()].toSorted((a, b) => a.tokens - b.tokens);
};

const cliff = (tokens: number) => (tokens > 0 ? { when: { promptTokens: { op: 'gt', tokens } as const } } : {});

const searchOf = (entry: Readonly<Record<string, unknown>>): Stated => {
  const search = entry['search_context_cost_per_query'];
  return isRecord(search) ? { search: search['search_context_size_medium'] } : {};
};

/** `tiered_pricing`: a list of ranges, each with its own prices. A range starts after its lower bound. */
const tieredLines = (tiers: readonly unknown[]): readonly Lines[] =>
  tiers.filter(isRecord).map((tier) => {
    const range = Array.isArray(tier['range']) ? tier['range'] : [];
    const stated: Stated = Object.fromEntries(BASES.map(([name, meter]) => [meter, tier[name]]));
    return linesOf({ stated, scale: USD_PER_TOKEN, ...cliff(tokenCount(range[0]) ?? 0) });
  });

const linesOfEntry = (entry: Readonly<Record<string, unknown>>): Lines => {
  const tiers = entry['tiered_pricing'];
  const flat = groupsOf(entry).map(({ stated, tier, tokens }) =>
    linesOf({ stated, scale: USD_PER_TOKEN, tier, ...cliff(tokens) }),
  );
  const search = linesOf({ stated: searchOf(entry), scale: USD_PER_TOKEN });
  return joinLines([...flat, ...(Array.isArray(tiers) ? tieredLines(tiers) : []), search]);
};

/** `groq/llama-3.3-70b-versatile` → `llama-3.3-70b-versatile`: the key without the name of its router prefix. */
const wireIdOf = (key: string, provider: string): string => {
  const [first = '', ...rest] = key.split('/');
  const prefix = rest.length > 0 && (first === provider || providerName(first) === providerName(provider));
  return prefix ? rest.join('/') : key;
};

const flag = (entry: Readonly<Record<string, unknown>>, name: string): boolean | undefined =>
  typeof entry[name] === 'boolean' ? entry[name] : undefined;

/** @param input the file's text, or its parsed JSON */
export const parseLitellm = (input: unknown): Parsed => {
  const file = jsonOf(input);
  if (!isRecord(file)) throw new TypeError('litellm: not an object');
  const collect = createCollector();
  for (const [key, entry] of Object.entries(file)) {
    if (!isRecord(entry) || NOT_A_MODEL.test(key)) collect.skip(key, 'not a model');
    else if (typeof entry['litellm_provider'] !== 'string') collect.skip(key, 'no provider');
    else if (!MODES.has(entry['mode'])) collect.skip(key, `mode ${String(entry['mode']).slice(0, 40)}`);
    else {
      const provider = entry['litellm_provider'];
      const row = {
        provider: providerName(provider),
        wireId: wireIdOf(key, provider),
        ...known({
          context: tokenCount(entry['max_input_tokens']) ?? tokenCount(entry['max_tokens']),
          maxOutput: tokenCount(entry['max_output_tokens']),
          tools: flag(entry, 'supports_function_calling'),
          vision: flag(entry, 'supports_vision'),
          json: flag(entry, 'supports_response_schema'),
          reasoning: flag(entry, 'supports_reasoning'),
        }),
      };
      collect.row(row, linesOfEntry(entry), /:free$|-free$/i.test(key));
    }
  }
  return collect.result();
};

// models.dev: curated, dollars per million tokens, tiers by context length, one object per provider.
import type { Rate, ServiceTier } from '../../core/price.ts';
import { USD_PER_MILLION } from './decimal.ts';
import { createCollector, type FeedSpec, isRecord, jsonOf, known, type Parsed, tokenCount } from './parsed.ts';
import { providerName } from './providers.ts';
import { joinLines, type Lines, linesOf, type Stated } from './rates.ts';

export const MODELS_DEV: FeedSpec = {
  name: 'models.dev',
  url: 'https://models.dev/api.json',
  lineage: 'models.dev',
  precedence: 1,
  unit: 'USD per million tokens, JSON numbers',
  silence: 'a missing key is silence; 0/0 is a subscription or unknown and is skipped unless the id says free',
  licence: 'MIT',
};

type Entry = Readonly<Record<string, unknown>>;

const statedOf = (cost: Entry): Stated => ({
  input: cost['input'],
  output: cost['output'],
  reasoning: cost['reasoning'],
  // Three mis-spelt keys are in the data; the price they carry is real.
  cached_input: cost['cache_read'] ?? cost['cached_input'] ?? cost['cache_input'],
  cache_write_5m: cost['cache_write'] ?? cost['cached_write'],
  audio_input: cost['input_audio'],
  audio_output: cost['output_audio'],
});

const costLines = (cost: Entry, extra: { tier?: ServiceTier; when?: NonNullable<Rate['when']> } = {}): Lines =>
  linesOf({ stated: statedOf(cost), scale: USD_PER_MILLION, ...extra });

const tierLines = (cost: Entry): readonly Lines[] => {
  const over = cost['context_over_200k'];
  const tiers = Array.isArray(cost['tiers']) ? cost['tiers'].filter(isRecord) : [];
  const sized = tiers.map((tier) => ({
    tokens: isRecord(tier['tier']) ? tokenCount(tier['tier']['size']) : undefined,
    tier,
  }));
  const all = isRecord(over) ? [...sized, { tokens: 200_000, tier: over }] : sized;
  return all
    .toSorted((a, b) => (a.tokens ?? 0) - (b.tokens ?? 0))
    .map(({ tokens, tier }) =>
      tokens === undefined
        ? { rates: [], faults: ['tier without a size'] }
        : costLines(tier, { when: { promptTokens: { op: 'gt', tokens } } }),
    );
};

const TIERS: Readonly<Record<string, ServiceTier>> = { priority: 'priority', flex: 'flex', batch: 'batch' };

/** `experimental.modes` carries the prices of other service tiers of the same model. */
const modeLines = (model: Entry): readonly Lines[] => {
  const experimental = model['experimental'];
  const modes = isRecord(experimental) && isRecord(experimental['modes']) ? Object.values(experimental['modes']) : [];
  return modes.filter(isRecord).flatMap((mode) => {
    const provider = isRecord(mode['provider']) ? mode['provider'] : {};
    const body = isRecord(provider['body']) ? provider['body'] : {};
    const tier = TIERS[String(body['service_tier'])];
    return tier && isRecord(mode['cost']) ? [costLines(mode['cost'], { tier })] : [];
  });
};

const skipReason = (model: Entry): string | undefined => {
  const modalities = isRecord(model['modalities']) ? model['modalities'] : {};
  const outputs = Array.isArray(modalities['output']) ? modalities['output'] : ['text'];
  if (!isRecord(model['cost'])) return 'no cost';
  if (model['status'] === 'deprecated') return 'deprecated';
  return outputs.includes('text') && !outputs.includes('image') ? undefined : 'does not answer in text';
};

const flag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

const detailsOf = (model: Entry) => {
  const limit = isRecord(model['limit']) ? model['limit'] : {};
  const modalities = isRecord(model['modalities']) ? model['modalities'] : {};
  const inputs = modalities['input'];
  return known({
    context: tokenCount(limit['context']),
    maxOutput: tokenCount(limit['output']),
    tools: flag(model['tool_call']),
    vision: Array.isArray(inputs) ? inputs.includes('image') : undefined,
    json: flag(model['structured_output']),
    reasoning: flag(model['reasoning']),
  });
};

/** @param input text or JSON of `api.json` (providers at the top) or `catalog.json` (`{ models, providers }`) */
export const parseModelsDev = (input: unknown): Parsed => {
  const file = jsonOf(input);
  if (!isRecord(file)) throw new TypeError('models.dev: not an object');
  const providers = isRecord(file['providers']) ? file['providers'] : file;
  const collect = createCollector();
  for (const [name, provider] of Object.entries(providers)) {
    const models = isRecord(provider) && isRecord(provider['models']) ? provider['models'] : undefined;
    if (!models) {
      collect.skip(name, 'no models');
      continue;
    }
    for (const [id, model] of Object.entries(models)) {
      const reason = isRecord(model) ? skipReason(model) : 'not an object';
      if (!isRecord(model) || reason) collect.skip(`${name}:${id}`, reason ?? '');
      else {
        const cost = isRecord(model['cost']) ? model['cost'] : {};
        const lines = joinLines([costLines(cost), ...tierLines(cost), ...modeLines(model)]);
        collect.row({ provider: providerName(name), wireId: id, ...detailsOf(model) }, lines, /[:-]free$/i.test(id));
      }
    }
  }
  return collect.result();
};

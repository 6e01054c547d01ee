// xAI's own list: whole US cents per hundred million tokens, with a second set of prices for long prompts.
import { TEN_THOUSANDTH_USD_PER_MILLION } from './decimal.ts';
import { createCollector, type FeedSpec, isRecord, jsonOf, known, type Parsed, tokenCount } from './parsed.ts';
import { joinLines, type Lines, linesOf } from './rates.ts';

export const XAI: FeedSpec = {
  name: 'xai',
  url: 'https://api.x.ai/v1/language-models',
  lineage: 'xai',
  precedence: 0,
  unit: 'US cents per 100 million tokens or searches, whole numbers',
  silence: 'a missing key is silence; 0 in a long-context price means the standard one; 0/0 is skipped',
  licence: "the provider's terms; facts only",
};

type Entry = Readonly<Record<string, unknown>>;

const scale = TEN_THOUSANDTH_USD_PER_MILLION;
/** A model answers to a few names; more is not a list of names. */
const MOST_ALIASES = 20;
/** What a floating name points at changes without notice. */
const FLOATING = /latest|beta/i;

const orStandard = (value: unknown): unknown => (value === 0 || value === null ? undefined : value);

const linesOfModel = (model: Entry): Lines => {
  const base = linesOf({
    stated: {
      input: model['prompt_text_token_price'],
      output: model['completion_text_token_price'],
      cached_input: model['cached_prompt_text_token_price'],
      image_input: model['prompt_image_token_price'],
      search: model['search_price'],
    },
    scale,
  });
  const tokens = tokenCount(model['long_context_threshold']);
  if (tokens === undefined) return base;
  const long = linesOf({
    stated: {
      input: orStandard(model['prompt_text_token_price_long_context']),
      output: orStandard(model['completion_text_token_price_long_context']),
      cached_input: orStandard(model['cached_prompt_text_token_price_long_context']),
    },
    scale,
    // At the boundary itself the dearer reading stands.
    when: { promptTokens: { op: 'gte', tokens } },
  });
  return joinLines([base, long]);
};

/** @param input text or JSON: `{ models: [{ id, aliases, prompt_text_token_price, … }] }` */
export const parseXai = (input: unknown): Parsed => {
  const file = jsonOf(input);
  const models = isRecord(file) ? (file['models'] ?? file['data']) : undefined;
  if (!Array.isArray(models)) throw new TypeError('xai: no list of models');
  const collect = createCollector();
  for (const model of models) {
    const id = isRecord(model) && typeof model['id'] === 'string' ? model['id'].slice(0, 200) : '';
    if (!isRecord(model) || id === '') {
      collect.skip('?', 'not the shape of a model');
      continue;
    }
    const aliases = Array.isArray(model['aliases']) ? model['aliases'].slice(0, MOST_ALIASES) : [];
    const names = aliases.filter((alias) => typeof alias === 'string').filter((alias) => !FLOATING.test(alias));
    const inputs = Array.isArray(model['input_modalities']) ? model['input_modalities'] : undefined;
    const details = known({
      context: tokenCount(model['context_length']),
      maxOutput: tokenCount(model['max_output_tokens']),
      vision: inputs?.includes('image'),
    });
    const lines = linesOfModel(model);
    for (const wireId of new Set([id, ...names])) collect.row({ provider: 'xai', wireId, ...details }, lines, false);
  }
  return collect.result();
};

import { describe, expect, it } from 'vitest';
import type { FeedRow } from '../../../src/core/ports.ts';
import type { Meter } from '../../../src/core/price.ts';
import { parseDeepinfra } from '../../../src/market/feeds/deepinfra.ts';
import { parseHuggingface } from '../../../src/market/feeds/huggingface.ts';
import { parseNovita } from '../../../src/market/feeds/novita.ts';
import type { Parsed } from '../../../src/market/feeds/parsed.ts';
import { parseVercel } from '../../../src/market/feeds/vercel.ts';
import { parseXai } from '../../../src/market/feeds/xai.ts';
import { basePrice } from '../../../src/market/rates.ts';

/** Base prices in dollars per million, as a person would check them against a price page. */
const dollars = (row: FeedRow | undefined, meter: Meter): number | undefined => {
  const price = basePrice(row?.sheet.rates ?? [], meter);
  return typeof price === 'number' ? price / 1e6 : undefined;
};
const row = ({ rows }: Parsed, wireId: string): FeedRow | undefined => rows.find((each) => each.wireId === wireId);

describe('xAI', () => {
  const grok = {
    id: 'grok-9-0309',
    aliases: ['grok-9', 'grok-9-latest'],
    input_modalities: ['text', 'image'],
    prompt_text_token_price: 20_000,
    cached_prompt_text_token_price: 5_000,
    completion_text_token_price: 60_000,
    search_price: 250_000_000,
    context_length: 2_000_000,
  };
  const long = {
    long_context_threshold: 200_000,
    prompt_text_token_price_long_context: 40_000,
    completion_text_token_price_long_context: 120_000,
    cached_prompt_text_token_price_long_context: 0,
  };

  it('counts in cents per hundred million tokens: 20 000 is two dollars per million', () => {
    const parsed = parseXai({ models: [grok] });
    const found = row(parsed, 'grok-9-0309');
    expect([dollars(found, 'input'), dollars(found, 'cached_input'), dollars(found, 'output')]).toEqual([2, 0.5, 6]);
    // $25 000 per million searches.
    expect(dollars(found, 'search')).toBe(25_000);
    expect(found).toMatchObject({ provider: 'xai', context: 2_000_000, vision: true });
  });

  it('prices a model under its fixed names and never under a floating one', () => {
    expect(parseXai({ models: [grok] }).rows.map(({ wireId }) => wireId)).toEqual(['grok-9-0309', 'grok-9']);
  });

  it('charges the dearer price from the threshold on, and takes 0 there for "as before"', () => {
    const rates = parseXai({ models: [{ ...grok, ...long }] }).rows[0]?.sheet.rates.filter(({ when }) => when);
    const when = { promptTokens: { op: 'gte', tokens: 200_000 } };
    expect(rates).toEqual([
      { meter: 'input', price: 4_000_000, when },
      { meter: 'output', price: 12_000_000, when },
    ]);
  });

  it.each([
    ['no output price', { completion_text_token_price: undefined }],
    ['a free direction', { prompt_text_token_price: 0 }],
    ['a negative price', { prompt_text_token_price: -1 }],
    ['text for a number', { completion_text_token_price: 'six' }],
  ])('leaves a model with %s out and keeps the others', (_what, change) => {
    const { rows, skipped } = parseXai({
      models: [
        { ...grok, ...change },
        { ...grok, id: 'other', aliases: [] },
      ],
    });
    expect(rows.map(({ wireId }) => wireId)).toEqual(['other']);
    expect(skipped[0]).toMatch(/^xai:grok-9-0309: /);
  });
});

describe('Novita', () => {
  const flat = {
    id: 'deepseek/deepseek-v3.2',
    input_token_price_per_m: 2690,
    output_token_price_per_m: 4000,
    pricing: {
      prompt: { price_per_m: 2690 },
      completion: { price_per_m: 4000 },
      input_cache_read: { price_per_m: 1345 },
    },
    context_size: 163_840,
    max_output_tokens: 65_536,
    model_type: 'chat',
    status: 1,
    features: ['function-calling', 'structured-outputs'],
    input_modalities: ['text'],
  };

  it('counts in ten-thousandths of a dollar per million', () => {
    const found = row(parseNovita({ data: [flat] }), 'deepseek/deepseek-v3.2');
    expect([dollars(found, 'input'), dollars(found, 'cached_input'), dollars(found, 'output')]).toEqual([
      0.269, 0.1345, 0.4,
    ]);
    expect(found).toMatchObject({ provider: 'novita', tools: true, json: true, vision: false, reasoning: false });
  });

  it('takes the first bracket for the base, because the flat price beside brackets is 0', () => {
    const bracket = (min: number, input: number, output: number) => ({
      min_tokens: min,
      pricing: { prompt: { price_per_m: input }, completion: { price_per_m: output } },
    });
    const tiered = {
      ...flat,
      input_token_price_per_m: 0,
      output_token_price_per_m: 0,
      tiered_billing_configs: [bracket(524_288, 30_000, 40_000), bracket(1, 10_000, 20_000)],
    };
    const found = parseNovita({ data: [tiered] }).rows[0];
    expect([dollars(found, 'input'), dollars(found, 'output')]).toEqual([1, 2]);
    expect(found?.sheet.rates.at(-1)).toEqual({
      meter: 'output',
      price: 4_000_000,
      when: { promptTokens: { op: 'gte', tokens: 524_288 } },
    });
  });

  it.each([
    ['a model that is not served', { status: 0 }, /not served/],
    ['an embedding', { model_type: 'embedding' }, /not a chat model/],
    ['another currency', { currency: 'IDR' }, /another currency/],
    ['0/0', { input_token_price_per_m: 0, output_token_price_per_m: 0 }, /zero/],
  ])('leaves out %s', (_what, change, reason) => {
    const { rows, skipped } = parseNovita({ data: [{ ...flat, ...change }] });
    expect(rows).toEqual([]);
    expect(skipped[0]).toMatch(reason);
  });
});

describe('DeepInfra', () => {
  const glm = (extra: object) => ({
    id: 'zai-org/GLM-5.2',
    metadata: {
      context_length: 202_752,
      max_tokens: 131_072,
      pricing: { input_tokens: 0.75, output_tokens: 2.4, cache_read_tokens: 0.15 },
      tags: ['reasoning'],
      ...extra,
    },
  });

  it('bills the list price less the discount: 0.75 less 35 % is 0.4875', () => {
    const found = parseDeepinfra({ data: [glm({ discount: 0.35 })] }).rows[0];
    expect([dollars(found, 'input'), dollars(found, 'cached_input'), dollars(found, 'output')]).toEqual([
      0.4875, 0.0975, 1.56,
    ]);
    expect(found).toMatchObject({ provider: 'deepinfra', context: 202_752, reasoning: true });
  });

  it.each([[undefined], [null], [0]])('bills the list price where the discount is %s', (discount) => {
    const found = parseDeepinfra({ data: [glm({ discount })] }).rows[0];
    expect(dollars(found, 'input')).toBe(0.75);
  });

  it.each([[1], [35], [-0.1], ['much']])('leaves the row out where the discount is %s', (discount) => {
    const { rows, skipped } = parseDeepinfra({ data: [glm({ discount })] });
    expect(rows).toEqual([]);
    expect(skipped[0]).toContain('discount that cannot be read');
  });

  it('leaves out what has no metadata', () => {
    expect(parseDeepinfra({ data: [{ id: 'a/b', metadata: null }] }).skipped).toEqual(['a/b: no metadata']);
  });
});

describe('the Hugging Face router', () => {
  const live = (provider: string, extra: object = {}) => ({
    provider,
    status: 'live',
    context_length: 131_072,
    pricing: { input: 0.42, output: 3 },
    is_free: false,
    supports_tools: true,
    supports_structured_output: false,
    first_token_latency_ms: 588,
    throughput: 45.4,
    ...extra,
  });
  const parse = (...providers: unknown[]) =>
    parseHuggingface({
      data: [{ id: 'Qwen/Qwen9-27B', architecture: { input_modalities: ['text', 'image'] }, providers }],
    });

  it('prices each host under the id the router takes, in dollars per million', () => {
    const parsed = parse(live('novita'), live('fireworks-ai', { pricing: { input: 0.5, output: 2 } }));
    const found = row(parsed, 'Qwen/Qwen9-27B:novita');
    expect([dollars(found, 'input'), dollars(found, 'output')]).toEqual([0.42, 3]);
    expect(found).toMatchObject({ provider: 'huggingface', tools: true, json: false, vision: true, context: 131_072 });
    expect(dollars(row(parsed, 'Qwen/Qwen9-27B:fireworks-ai'), 'input')).toBe(0.5);
  });

  it('tells the speed of the host itself, of its endpoint, and of the router', () => {
    const { speeds } = parse(live('novita'), live('fireworks-ai', { first_token_latency_ms: 1000, throughput: 100 }));
    const of = (provider: string, wireId: string) =>
      speeds?.find((speed) => speed.provider === provider && speed.wireId === wireId);
    expect(of('fireworks', 'Qwen/Qwen9-27B')).toMatchObject({ firstTokenMs: 1000, tokensPerSecond: 100 });
    expect(of('huggingface', 'Qwen/Qwen9-27B:novita')).toMatchObject({ firstTokenMs: 588, tokensPerSecond: 45.4 });
    expect(of('huggingface', 'Qwen/Qwen9-27B')).toMatchObject({ firstTokenMs: 794, tokensPerSecond: 72.7 });
  });

  it('believes in free where the router says so and nowhere else', () => {
    const zero = { pricing: { input: 0, output: 0 } };
    expect(parse(live('a', { ...zero, is_free: true })).rows).toHaveLength(1);
    expect(parse(live('a', zero)).rows).toEqual([]);
  });

  it('leaves out a host that is not live or has no price', () => {
    const { rows, skipped } = parse(live('a', { status: 'offline' }), live('b', { pricing: undefined }), live('c'));
    expect(rows.map(({ wireId }) => wireId)).toEqual(['Qwen/Qwen9-27B:c']);
    expect(skipped).toHaveLength(2);
  });
});

describe('the Vercel gateway', () => {
  const model = (pricing: unknown, extra: object = {}) => ({
    id: 'alibaba/qwen-9',
    type: 'language',
    tags: ['tool-use', 'vision'],
    context_window: 262_144,
    max_tokens: 65_536,
    pricing,
    ...extra,
  });
  const base = { input: '0.0000013', output: '0.0000039', input_cache_read: '0.00000013' };

  it('reads decimal strings per token', () => {
    const found = parseVercel({ data: [model(base)] }).rows[0];
    expect([dollars(found, 'input'), dollars(found, 'cached_input'), dollars(found, 'output')]).toEqual([
      1.3, 0.13, 3.9,
    ]);
    expect(found).toMatchObject({ provider: 'vercel', context: 262_144, maxOutput: 65_536, tools: true, vision: true });
  });

  it('reads brackets, the first of which is the base', () => {
    const tiers = {
      input_tiers: [
        { cost: '0.0000013', min: 0, max: 128_000 },
        { cost: '0.000002', min: 128_000 },
      ],
      output_tiers: [
        { cost: '0.0000039', min: 0 },
        { cost: '0.000006', min: 128_000 },
      ],
    };
    const when = { promptTokens: { op: 'gte', tokens: 128_000 } };
    expect(parseVercel({ data: [model({ ...base, ...tiers })] }).rows[0]?.sheet.rates.slice(-2)).toEqual([
      { meter: 'input', price: 2_000_000, when },
      { meter: 'output', price: 6_000_000, when },
    ]);
  });

  it('charges the peak price all day, since the hours are not known', () => {
    const found = parseVercel({ data: [model({ ...base, peak_pricing: { multiplier: 2 } })] }).rows[0];
    expect([dollars(found, 'input'), dollars(found, 'output')]).toEqual([2.6, 7.8]);
  });

  it.each([
    ['peak hours that cannot be read', model({ ...base, peak_pricing: {} }), /peak/],
    ['a bracket without a start', model({ ...base, input_tiers: [{ cost: '1', min: 'x' }] }), /bracket/],
    ['an empty price', model({}), /no price/],
    ['a picture model', model(base, { type: 'image' }), /text/],
  ])('leaves out %s', (_what, entry, reason) => {
    const { rows, skipped } = parseVercel({ data: [entry] });
    expect(rows).toEqual([]);
    expect(skipped[0]).toMatch(reason);
  });
});

it.each([
  ['xai', parseXai],
  ['novita', parseNovita],
  ['deepinfra', parseDeepinfra],
  ['huggingface', parseHuggingface],
  ['vercel', parseVercel],
])('%s rejects what is not its list', (_name, parse) => {
  for (const input of ['<html>', '[]', 'null', '{"error":{"message":"no"}}'])
    expect(() => parse(input)).toThrow(/JSON|no data array|no list of models/);
});

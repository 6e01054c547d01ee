import { describe, expect, it } from 'vitest';
import { parseLitellm } from '../../../src/market/feeds/litellm.ts';

const chat = (extra: object) => ({ litellm_provider: 'openai', mode: 'chat', ...extra });
const PLAIN = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 };

const only = (entry: object, key = 'a-model') => {
  const { rows, skipped } = parseLitellm({ [key]: entry });
  return { row: rows[0], rates: rows[0]?.sheet.rates ?? [], skipped };
};

describe('parseLitellm', () => {
  it('reads dollars per token as pico-dollars, and what the model can do', () => {
    const { row } = only(
      chat({
        ...PLAIN,
        max_input_tokens: 128_000,
        max_output_tokens: 16_384,
        supports_vision: true,
        supports_function_calling: false,
      }),
    );
    expect(row).toEqual({
      provider: 'openai',
      wireId: 'a-model',
      context: 128_000,
      maxOutput: 16_384,
      vision: true,
      tools: false,
      sheet: {
        rates: [
          { meter: 'input', price: 1_000_000 },
          { meter: 'output', price: 2_000_000 },
        ],
      },
    });
  });

  it('reads cliffs and tiers out of the names of the keys, lowest cliff first', () => {
    const { rates } = only(
      chat({
        ...PLAIN,
        input_cost_per_token_above_272k_tokens: 4e-6,
        input_cost_per_token_above_200k_tokens: 3e-6,
        input_cost_per_token_priority: 5e-6,
        input_cost_per_token_above_200k_tokens_priority: 6e-6,
        output_cost_per_token_batches: 7e-7,
      }),
    );
    expect(rates.filter((rate) => rate.meter === 'input')).toEqual([
      { meter: 'input', price: 1_000_000 },
      { meter: 'input', price: 5_000_000, tier: 'priority' },
      { meter: 'input', price: 3_000_000, when: { promptTokens: { op: 'gt', tokens: 200_000 } } },
      { meter: 'input', price: 6_000_000, tier: 'priority', when: { promptTokens: { op: 'gt', tokens: 200_000 } } },
      { meter: 'input', price: 4_000_000, when: { promptTokens: { op: 'gt', tokens: 272_000 } } },
    ]);
    expect(rates).toContainEqual({ meter: 'output', price: 700_000, tier: 'batch' });
  });

  it('tells one-hour from five-minute cache writes, and a price per search', () => {
    const { rates } = only(
      chat({
        ...PLAIN,
        cache_creation_input_token_cost: 3.75e-6,
        cache_creation_input_token_cost_above_1hr: 6e-6,
        cache_read_input_token_cost: 3e-7,
        search_context_cost_per_query: { search_context_size_medium: 0.01 },
      }),
    );
    expect(rates).toContainEqual({ meter: 'cache_write_5m', price: 3_750_000 });
    expect(rates).toContainEqual({ meter: 'cache_write_1h', price: 6_000_000 });
    expect(rates).toContainEqual({ meter: 'cached_input', price: 300_000 });
    expect(rates).toContainEqual({ meter: 'search', price: 10_000_000_000 });
  });

  it('reads ranges of prices as cliffs', () => {
    const { rates } = only(
      chat({
        tiered_pricing: [
          { range: [0, 32_000], input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 },
          { range: [32_000, 128_000], input_cost_per_token: 2e-6, output_cost_per_token: 4e-6 },
        ],
      }),
    );
    expect(rates).toEqual([
      { meter: 'input', price: 1_000_000 },
      { meter: 'output', price: 2_000_000 },
      { meter: 'input', price: 2_000_000, when: { promptTokens: { op: 'gt', tokens: 32_000 } } },
      { meter: 'output', price: 4_000_000, when: { promptTokens: { op: 'gt', tokens: 32_000 } } },
    ]);
  });

  it('keeps absent, null and zero apart', () => {
    expect(only(chat({ ...PLAIN })).rates.some((rate) => rate.meter === 'cached_input')).toBe(false);
    expect(only(chat({ ...PLAIN, input_cost_per_audio_token: null })).rates).toContainEqual({
      meter: 'audio_input',
      price: null,
    });
    // Of a cache read nobody knows the price of, one thing is known: it costs no more than the input, which then stands in.
    expect(only(chat({ ...PLAIN, cache_read_input_token_cost: null })).rates).toHaveLength(2);
    // Zero beside a paid input is this feed's way of saying nothing.
    expect(only(chat({ ...PLAIN, cache_read_input_token_cost: 0 })).rates).toHaveLength(2);
    expect(only(chat({ input_cost_per_token: null, output_cost_per_token: 1e-6 })).rates[0]?.price).toBeNull();
  });

  it('believes zero only under an id that says free', () => {
    const free = chat({ input_cost_per_token: 0, output_cost_per_token: 0 });
    expect(only(free).skipped).toEqual(['openai:a-model: zero that may mean unknown or subscription']);
    expect(only(free, 'a-model:free').rates.map((rate) => rate.price)).toEqual([0, 0]);
  });

  it.each([
    ['an embedding', chat({ ...PLAIN, mode: 'embedding' }), 'mode embedding'],
    ['a size class', chat(PLAIN), 'not a model', 'together-ai-4.1b-8b'],
    ['a fine-tune tariff', chat(PLAIN), 'not a model', 'ft:gpt-4o'],
    ['a negative price', chat({ ...PLAIN, input_cost_per_token: -1 }), 'input is negative'],
    ['a price in words', chat({ ...PLAIN, output_cost_per_token: 'ask sales' }), 'output is not a number'],
    ['no output price', chat({ input_cost_per_token: 1e-6 }), 'no price for input and output'],
    ['an entry that is no object', 7 as unknown as object, 'not a model'],
  ])('leaves out %s with a reason', (_what, entry, reason, key = 'x') => {
    const { rows, skipped } = parseLitellm({ [key]: entry, good: chat(PLAIN) });
    expect(rows.map((row) => row.wireId)).toEqual(['good']);
    expect(skipped).toHaveLength(1);
    expect(skipped[0]).toContain(reason);
  });

  it('drops a broken secondary price and keeps the row', () => {
    const { rates, skipped } = only(chat({ ...PLAIN, cache_read_input_token_cost: -3 }));
    expect(rates).toHaveLength(2);
    expect(skipped).toEqual(['openai:a-model: cached_input is negative; the line is left out']);
  });

  it.each([
    ['groq', 'groq/llama-3.3-70b-versatile', 'groq', 'llama-3.3-70b-versatile'],
    ['together_ai', 'together_ai/meta-llama/Llama-3', 'together', 'meta-llama/Llama-3'],
    ['vertex_ai-anthropic_models', 'vertex_ai/claude-x', 'vertex', 'claude-x'],
    ['bedrock_converse', 'us.anthropic.claude-x', 'bedrock', 'us.anthropic.claude-x'],
    ['openrouter', 'openrouter/openai/gpt-5', 'openrouter', 'openai/gpt-5'],
  ])('maps %s %s to our names', (litellm_provider, key, provider, wireId) => {
    expect(only({ litellm_provider, mode: 'chat', ...PLAIN }, key).row).toMatchObject({ provider, wireId });
  });

  it('refuses a file that is not its own', () => {
    expect(() => parseLitellm('[]')).toThrow(TypeError);
    expect(() => parseLitellm('{"cut": ')).toThrow(SyntaxError);
  });
});

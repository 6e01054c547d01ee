import { describe, expect, it } from 'vitest';
import { parseGenaiPrices } from '../../../src/market/feeds/genai-prices.ts';
import { parseModelsDev } from '../../../src/market/feeds/models-dev.ts';

const textModel = (cost: unknown, extra: object = {}) => ({
  modalities: { input: ['text'], output: ['text'] },
  cost,
  ...extra,
});
const dev = (models: object, provider = 'groq') => parseModelsDev({ [provider]: { id: provider, models } });

describe('parseModelsDev', () => {
  it('reads dollars per million, limits and abilities', () => {
    const { rows } = dev({
      'm-1': textModel(
        { input: 0.59, output: 0.79, cache_read: 0.1 },
        { limit: { context: 131_072, output: 32_768 }, tool_call: true, reasoning: false, structured_output: true },
      ),
    });
    expect(rows).toEqual([
      {
        provider: 'groq',
        wireId: 'm-1',
        context: 131_072,
        maxOutput: 32_768,
        tools: true,
        vision: false,
        json: true,
        reasoning: false,
        sheet: {
          rates: [
            { meter: 'input', price: 590_000 },
            { meter: 'output', price: 790_000 },
            { meter: 'cached_input', price: 100_000 },
          ],
        },
      },
    ]);
  });

  it.each([
    ['api.json', { groq: { models: { m: textModel({ input: 1, output: 2 }) } } }],
    ['catalog.json', { models: {}, providers: { groq: { models: { m: textModel({ input: 1, output: 2 }) } } } }],
  ])('reads %s', (_file, content) => expect(parseModelsDev(JSON.stringify(content)).rows).toHaveLength(1));

  it('reads tiers by context, old and new spelling', () => {
    const tiers = [{ tier: { size: 272_000 }, input: 10, output: 45 }];
    const both = dev({
      a: textModel({ input: 5, output: 30, tiers }),
      b: textModel({ input: 5, output: 30, context_over_200k: { input: 8, output: 40 } }),
    }).rows.map((row) => row.sheet.rates.at(-1));
    expect(both).toEqual([
      { meter: 'output', price: 45_000_000, when: { promptTokens: { op: 'gt', tokens: 272_000 } } },
      { meter: 'output', price: 40_000_000, when: { promptTokens: { op: 'gt', tokens: 200_000 } } },
    ]);
  });

  it('reads a mis-spelt cache price rather than losing it', () => {
    const rates = dev({ a: textModel({ input: 5, output: 30, cached_input: 0.5 }) }).rows[0]?.sheet.rates;
    expect(rates).toContainEqual({ meter: 'cached_input', price: 500_000 });
  });

  it('reads the prices of a priority tier', () => {
    const fast = { cost: { input: 12, output: 75 }, provider: { body: { service_tier: 'priority' } } };
    const rates = dev({ a: textModel({ input: 5, output: 30 }, { experimental: { modes: { fast } } }) }).rows[0]?.sheet
      .rates;
    expect(rates).toContainEqual({ meter: 'input', price: 12_000_000, tier: 'priority' });
  });

  it('takes 0/0 for a subscription, and skips what is retired or not text', () => {
    const { rows, skipped } = dev({
      plan: textModel({ input: 0, output: 0 }),
      old: textModel({ input: 1, output: 1 }, { status: 'deprecated' }),
      painter: { modalities: { output: ['image'] }, cost: { input: 1, output: 1 } },
      silent: { modalities: { output: ['text'] } },
      'open:free': textModel({ input: 0, output: 0 }),
    });
    expect(rows.map((row) => row.wireId)).toEqual(['open:free']);
    expect(skipped).toEqual([
      'groq:plan: zero that may mean unknown or subscription',
      'groq:old: deprecated',
      'groq:painter: does not answer in text',
      'groq:silent: no cost',
    ]);
  });

  it('survives providers and models of any shape', () => {
    expect(parseModelsDev({ a: null, b: { models: { x: 3, y: [] } }, c: { models: 'no' } }).rows).toEqual([]);
  });
});

const genai = (models: unknown[], id = 'openai') => parseGenaiPrices([{ id, models }]);

describe('parseGenaiPrices', () => {
  it('reads prices per million and per thousand', () => {
    const prices = {
      input_mtok: 3,
      output_mtok: 15,
      cache_write_1h_mtok: 6,
      web_searches_kcount: 10,
      requests_kcount: 5,
    };
    expect(genai([{ id: 'm', context_window: 200_000, prices }]).rows).toEqual([
      {
        provider: 'openai',
        wireId: 'm',
        context: 200_000,
        sheet: {
          rates: [
            { meter: 'input', price: 3_000_000 },
            { meter: 'output', price: 15_000_000 },
            { meter: 'cache_write_1h', price: 6_000_000 },
            { meter: 'request', price: 5_000_000_000 },
            { meter: 'search', price: 10_000_000_000 },
          ],
        },
      },
    ]);
  });

  it('reads tiers as cliffs above their start', () => {
    const tiered = (base: number, price: number) => ({ base, tiers: [{ start: 200_000, price }] });
    const rates = genai([{ id: 'm', prices: { input_mtok: tiered(3, 6), output_mtok: tiered(15, 22.5) } }]).rows[0]
      ?.sheet.rates;
    expect(rates).toEqual([
      { meter: 'input', price: 3_000_000 },
      { meter: 'output', price: 15_000_000 },
      { meter: 'input', price: 6_000_000, when: { promptTokens: { op: 'gt', tokens: 200_000 } } },
      { meter: 'output', price: 22_500_000, when: { promptTokens: { op: 'gt', tokens: 200_000 } } },
    ]);
  });

  it('gives one row per starting date, each with the prices of its day', () => {
    const rows = genai([
      {
        id: 'm',
        prices: [
          { prices: { input_mtok: 10, output_mtok: 40 } },
          { constraint: { start_date: '2025-06-10' }, prices: { input_mtok: 2, output_mtok: 8 } },
        ],
      },
    ]).rows;
    expect(rows.map((row) => [row.effectiveFrom, row.sheet.rates[0]?.price])).toEqual([
      [undefined, 10_000_000],
      [Date.UTC(2025, 5, 10), 2_000_000],
    ]);
  });

  it('reads hours of the day as windows, which a later whole price ends', () => {
    const peak = {
      constraint: { start_time: '00:30:00Z', end_time: '16:30:00Z' },
      prices: { input_mtok: 2, output_mtok: 4 },
    };
    const rows = genai([
      {
        id: 'm',
        prices: [
          { prices: { input_mtok: 1, output_mtok: 2 } },
          peak,
          { constraint: { start_date: '2026-01-01' }, prices: { input_mtok: 3, output_mtok: 6 } },
        ],
      },
    ]).rows;
    expect(rows[0]?.sheet.rates[2]).toEqual({
      meter: 'input',
      price: 2_000_000,
      when: { utcMinutes: { start: 30, end: 990 } },
    });
    expect(rows[1]?.sheet.rates).toHaveLength(2);
  });

  it('takes over exact ids, and neither patterns nor dated builds', () => {
    const match = { or: [{ equals: 'm' }, { equals: 'm-latest' }, { equals: 'm-2024-05-13' }, { starts_with: 'm-' }] };
    const rows = genai([{ id: 'm', match, prices: { input_mtok: 1, output_mtok: 2 } }]).rows;
    expect(rows.map((row) => row.wireId)).toEqual(['m', 'm-latest']);
  });

  it("puts other hosts behind Hugging Face's router", () => {
    const rows = genai([{ id: 'org/m', prices: { input_mtok: 1, output_mtok: 2 } }], 'huggingface_together').rows;
    expect(rows[0]).toMatchObject({ provider: 'huggingface', wireId: 'org/m:together' });
  });

  it('skips what has no price; nothing becomes free', () => {
    const { rows, skipped } = genai([
      { id: 'a:free', prices: {} },
      { id: 'b', prices: { input_mtok: 1 } },
      { prices: {} },
      4,
    ]);
    expect(rows).toEqual([]);
    expect(skipped).toEqual([
      'openai:a:free: no price for input and output',
      'openai:b: no price for input and output',
      'openai:?: no id',
    ]);
  });
});

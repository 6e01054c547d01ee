import { describe, expect, it } from 'vitest';
import { parseOpenrouter } from '../../../src/market/feeds/openrouter.ts';
import { parseProviderModels } from '../../../src/market/feeds/provider-models.ts';

const model = (extra: object) => ({
  id: 'author/name',
  context_length: 200_000,
  architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'] },
  top_provider: { max_completion_tokens: 64_000 },
  supported_parameters: ['tools', 'structured_outputs'],
  pricing: { prompt: '0.000003', completion: '0.000015' },
  ...extra,
});
const parse = (...models: unknown[]) => parseOpenrouter({ data: models });

describe('parseOpenrouter', () => {
  it('reads decimal strings per token, and the abilities', () => {
    expect(parse(model({})).rows).toEqual([
      {
        provider: 'openrouter',
        wireId: 'author/name',
        context: 200_000,
        maxOutput: 64_000,
        tools: true,
        vision: true,
        json: true,
        reasoning: false,
        sheet: {
          rates: [
            { meter: 'input', price: 3_000_000 },
            { meter: 'output', price: 15_000_000 },
          ],
        },
      },
    ]);
  });

  it('reads a cliff as strictly more than its tokens', () => {
    const overrides = [{ min_prompt_tokens: 200_000, prompt: '0.000006', completion: '0.0000225' }];
    const rates = parse(model({ pricing: { prompt: '0.000003', completion: '0.000015', overrides } })).rows[0]?.sheet
      .rates;
    expect(rates?.slice(2)).toEqual([
      { meter: 'input', price: 6_000_000, when: { promptTokens: { op: 'gt', tokens: 200_000 } } },
      { meter: 'output', price: 22_500_000, when: { promptTokens: { op: 'gt', tokens: 200_000 } } },
    ]);
  });

  it('reads hours of the day, which come as HHMM numbers', () => {
    const overrides = [{ utc_start: 130, utc_end: 1000, prompt: '0.00000044' }];
    const rates = parse(model({ pricing: { prompt: '0.00000022', completion: '0.00000066', overrides } })).rows[0]
      ?.sheet.rates;
    expect(rates?.[2]).toEqual({ meter: 'input', price: 440_000, when: { utcMinutes: { start: 90, end: 600 } } });
  });

  it('never takes an override it cannot read for a base price', () => {
    const overrides = [{ utc_start: 170, utc_end: 400, prompt: '0.00000001' }];
    const { rows, skipped } = parse(model({ pricing: { prompt: '0.000001', completion: '0.000002', overrides } }));
    expect(rows[0]?.sheet.rates).toHaveLength(2);
    expect(skipped).toEqual(['openrouter:author/name: override without a readable condition; the line is left out']);
  });

  it.each([
    ['a router', { id: 'openrouter/auto', pricing: { prompt: '-1', completion: '-1' } }, 'router, not a model'],
    ['a price of -1', { pricing: { prompt: '-1', completion: '-1' } }, 'input is negative'],
    ['a floating alias', { id: '~author/latest' }, 'floating alias'],
    ['a batch twin', { id: 'author/name:batch' }, 'batch twin'],
    ['a model that paints', { architecture: { output_modalities: ['image', 'text'] } }, 'does not answer in text'],
    ['a zero that does not say free', { pricing: { prompt: '0', completion: '0' } }, 'zero that may mean unknown'],
    ['no prices', { pricing: {} }, 'no price for input and output'],
    ['another shape', { pricing: 'ask us' }, 'not the shape of a model'],
  ])('leaves out %s', (_what, extra, reason) => {
    const { rows, skipped } = parse(model(extra), model({ id: 'good/one' }));
    expect(rows.map((row) => row.wireId)).toEqual(['good/one']);
    expect(skipped.join()).toContain(reason);
  });

  it('keeps a free offer apart and free', () => {
    const { rows } = parse(model({ id: 'author/name:free', pricing: { prompt: '0', completion: '0' } }));
    expect(rows[0]?.sheet.rates.map((rate) => rate.price)).toEqual([0, 0]);
  });

  it('refuses a response without data', () => expect(() => parseOpenrouter('{}')).toThrow(TypeError));
});

describe('parseProviderModels', () => {
  const seller = { provider: 'house' };
  const listed = {
    id: 'm',
    context_length: 8192,
    pricing: { prompt: '0.000001', completion: '0.000002', input_cache_read: '0.0000001' },
  };

  it("reads a seller's own list under the seller's name", () => {
    const { rows } = parseProviderModels(JSON.stringify({ data: [listed] }), seller);
    expect(rows).toEqual([
      {
        provider: 'house',
        wireId: 'm',
        context: 8192,
        sheet: {
          rates: [
            { meter: 'input', price: 1_000_000 },
            { meter: 'output', price: 2_000_000 },
            { meter: 'cached_input', price: 100_000 },
          ],
        },
      },
    ]);
  });

  it('skips models without a price, and does not make them free', () => {
    const { rows, skipped } = parseProviderModels({ data: [{ id: 'a' }, { id: 'b', pricing: null }, 5] }, seller);
    expect(rows).toEqual([]);
    expect(skipped).toEqual(['a: no price', 'b: no price', '?: not the shape of a model']);
  });

  it('believes a zero only where the operator says zero is free', () => {
    const zero = { data: [{ id: 'z', pricing: { prompt: '0', completion: '0' } }] };
    expect(parseProviderModels(zero, seller).rows).toEqual([]);
    expect(parseProviderModels(zero, { ...seller, zeroMeansFree: true }).rows).toHaveLength(1);
  });
});

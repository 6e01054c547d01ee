import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { priceFromUsdPerMillion } from '../../../src/core/money.ts';
import { createIsNamed, createPriorOf, loadCatalogue, parseCatalogue } from '../../../src/market/catalogue.ts';
import { loadSnapshot } from '../../../src/market/snapshot.ts';
import { sheetOf } from '../core/golden.ts';

const PATH = new URL('../../../pricing/catalogue.yaml', import.meta.url);
const PATH_OF_PRICES = new URL('../../../pricing/prices.json', import.meta.url);
const catalogue = loadCatalogue(PATH);
const priorOf = createPriorOf(catalogue);
const priced = (input: number, output: number) =>
  sheetOf('x', 'x/y', [
    { meter: 'input', price: priceFromUsdPerMillion(input) },
    { meter: 'output', price: priceFromUsdPerMillion(output) },
  ]);

describe('first beliefs', () => {
  it('rank the sizes of one family as everybody would', () => {
    const hard = (model: string) => priorOf(model).hard;
    const falling = [
      'openai/gpt-5.4',
      'openai/gpt-5',
      'openai/gpt-5-mini',
      'openai/gpt-5-nano',
      'openai/gpt-3.5-turbo',
    ].map(hard);
    expect(falling).toEqual(falling.toSorted((a, b) => b - a));
    expect(new Set(falling).size).toBe(5);
    expect(hard('anthropic/claude-opus-4-8')).toBeGreaterThan(hard('anthropic/claude-haiku-4-5'));
    expect(hard('meta/llama-3.3-70b')).toBeGreaterThan(hard('meta/llama-3.1-8b'));
  });

  it('let the pattern with the most letters decide', () => {
    expect(priorOf('google/gemini-2.5-flash-lite')).toEqual({ easy: 0.84, hard: 0.4, weight: 6, outputTokens: 450 });
    expect(priorOf('google/gemini-2.5-flash')).toMatchObject({ easy: 0.89, hard: 0.54 });
  });

  it('go by the list price where no pattern fits, and count for less', () => {
    const hard = [priced(0.02, 0.03), priced(0.1, 0.3), priced(0.5, 1.5), priced(2, 6), priced(15, 75)].map((sheet) =>
      priorOf('new/model', sheet),
    );
    expect(hard.map((prior) => prior.hard)).toEqual([0.25, 0.4, 0.54, 0.68, 0.8]);
    expect(new Set(hard.map((prior) => prior.weight))).toEqual(new Set([3]));
  });

  it('say something of a model that nobody names or prices', () => {
    expect(priorOf('house/own')).toEqual({ easy: 0.84, hard: 0.4, weight: 3, outputTokens: 450 });
  });

  it('expect more output of models that think', () => {
    expect(priorOf('openai/o3').outputTokens).toBeGreaterThan(2 * priorOf('anthropic/claude-sonnet-4-5').outputTokens);
    expect(priorOf('openai/gpt-5-chat-latest').outputTokens).toBe(600);
  });

  it('are weak, ordered and within bounds for every bundled model', () => {
    const priors = [...new Set(loadSnapshot(PATH_OF_PRICES).map((row) => row.model))].map((model) => ({
      model,
      ...priorOf(model),
    }));
    const odd = priors.filter(
      ({ easy, hard, weight, outputTokens }) =>
        !(hard < easy && easy < 1 && hard > 0 && weight <= 6 && outputTokens >= 100),
    );
    expect(odd).toEqual([]);
  });
});

describe('the models it names', () => {
  const isNamed = createIsNamed(catalogue);
  const named = [...new Set(loadSnapshot(PATH_OF_PRICES).map((row) => row.model))].filter(isNamed);

  it('are those of today', () => {
    for (const model of ['openai/gpt-5.5', 'openai/gpt-5-mini', 'anthropic/claude-opus-5', 'google/gemini-3.5-flash'])
      expect(named).toContain(model);
    expect(named.length).toBeGreaterThan(150);
  });

  it.each([
    ['embed', /embed/],
    ['hear, speak or paint', /audio|realtime|transcribe|tts|whisper|voxtral|-asr-|-live-|image/],
    ['search, research or drive a screen', /search|sonar|computer-use|-ocr|guard|moderation/],
    [
      'are retired',
      /gpt-3\.5|\/gpt-4(-|$)|davinci|curie|babbage|\/ada|-ada-|claude-[23v]|gemini-[12]\.[05]-(flash|pro)(-00|$|-lite$)/,
    ],
    ['carry an early date', /-0[0-9]{3}$|preview-\d{2}-\d{2}/],
    ['answer through another API only', /^openai\/.*(-pro$|codex)/],
  ])('do not %s', (_what, shape) => {
    // gemini-2.5 is of today; DeepSeek, Qwen and Kimi date open weights, which do not retire.
    const today = /gemini-2\.5-(flash|pro)|^(deepseek|alibaba|moonshotai)\//;
    expect(named.filter((model) => shape.test(model) && !today.test(model))).toEqual([]);
  });

  it('are known by their price, when only the list price speaks for them, and not named', () => {
    expect(isNamed('new/model')).toBe(false);
    expect(isNamed('openai/davinci')).toBe(false);
    expect(isNamed('openai/gpt-3.5-turbo')).toBe(false);
    expect(priorOf('openai/gpt-3.5-turbo').weight).toBe(6);
  });
});

describe('the catalogue', () => {
  const text = readFileSync(PATH, 'utf8');

  it('has tiers that fall from the strongest to the smallest', () => {
    const tiers = Object.values(catalogue.tiers);
    for (const side of ['easy', 'hard', 'output_tokens'] as const) {
      const values = tiers.map((tier) => tier[side]);
      expect(values).toEqual(values.toSorted((a, b) => b - a));
    }
  });

  it.each([
    ['a tier nobody defines', text.replace('unknown: small', 'unknown: medium'), /no tier medium/],
    ['a quality above one', text.replace('easy: 0.94', 'easy: 94'), /easy/],
    ['an unknown key', text.replace('version: 1', 'version: 1\nmodels: []'), /models/],
  ])('refuses %s', (_what, broken, reason) => {
    expect(broken).not.toBe(text);
    expect(() => parseCatalogue(broken)).toThrow(reason);
  });
});

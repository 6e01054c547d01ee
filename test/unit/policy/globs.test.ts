import { describe, expect, it } from 'vitest';
import { modelKey } from '../../../src/core/offer.ts';
import { matchesModel, placeOfModel } from '../../../src/policy/globs.ts';

const matches = (pattern: string, model: string): boolean => matchesModel([pattern], modelKey(model));

describe('globs', () => {
  it.each([
    ['*/*', 'openai/gpt-5-mini'],
    ['openai/gpt-5*', 'openai/gpt-5'],
    ['openai/gpt-5*', 'openai/gpt-5.2-pro'],
    ['*/llama-3.3-70b', 'meta/llama-3.3-70b'],
    ['openai/*-mini', 'openai/gpt-5-mini'],
    ['openai/g*-*i', 'openai/gpt-5-mini'],
    ['minimax/MiniMax-M3', 'minimax/minimax-m3'],
    ['anthropic/claude-sonnet-4.5', 'anthropic/claude-sonnet-4-5'],
    ['anthropic/claude-sonnet-4-5', 'anthropic/claude-sonnet-4.5'],
    ['openai/gpt-4-*', 'openai/gpt-4-0314'],
  ])('%s names %s', (pattern, model) => expect(matches(pattern, model)).toBe(true));

  it.each([
    ['openai/gpt-5', 'openai/gpt-5-mini'],
    ['openai/gpt-5-*', 'openai/gpt-5.2'],
    ['*/llama-3.3-70b', 'meta/llama-3.3-70b-instruct'],
    ['openai*', 'openai/gpt-5'],
    ['*', 'openai/gpt-5'],
    ['openai/gpt.5', 'openai/gpt-5'],
    ['openai/gpt-4-1', 'openai/gpt-4-1106-preview'],
    ['openai/+', 'openai/gpt-5'],
  ])('%s does not name %s', (pattern, model) => expect(matches(pattern, model)).toBe(false));

  it('says which pattern comes first, or -1', () => {
    const patterns = ['openai/gpt-5', 'anthropic/*', 'openai/*'];
    expect(placeOfModel(patterns, modelKey('openai/gpt-5'))).toBe(0);
    expect(placeOfModel(patterns, modelKey('openai/gpt-5-mini'))).toBe(2);
    expect(placeOfModel(patterns, modelKey('google/gemini-2.5-flash'))).toBe(-1);
    expect(matchesModel([], modelKey('openai/gpt-5'))).toBe(false);
  });

  it('answers on a pattern of ninety-nine stars, which would never end by trying every way', () => {
    expect(matches(`openai/${'*a'.repeat(49)}*`, `openai/${'a'.repeat(90)}b`)).toBe(true);
    expect(matches(`openai/${'*a'.repeat(49)}*c`, `openai/${'a'.repeat(90)}b`)).toBe(false);
  });
});

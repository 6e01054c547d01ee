import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isOfferKey, type OfferKey } from '../../../src/core/offer.ts';
import { createCanonicaliser, modelOfOffer, offerKeyOf } from '../../../src/market/identity.ts';
import { loadAliases } from '../../../src/market/identity-aliases.ts';

const aliases = loadAliases(new URL('../../../pricing/aliases.json', import.meta.url));
const canonicalise = createCanonicaliser(aliases);
const modelOf = (provider: string, wireId: string) => canonicalise(provider, wireId).model;

describe('the canonicaliser', () => {
  it.each([
    ['openai', 'gpt-4o', 'openai/gpt-4o'],
    ['azure', 'eu/gpt-5.1-chat', 'openai/gpt-5.1-chat-latest'],
    ['openrouter', 'anthropic/claude-sonnet-4.5', 'anthropic/claude-sonnet-4-5'],
    ['bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'anthropic/claude-sonnet-4-5'],
    ['vertex', 'claude-sonnet-4-5@20250929', 'anthropic/claude-sonnet-4-5'],
    ['replicate', 'anthropic/claude-4.5-sonnet', 'anthropic/claude-sonnet-4-5'],
    ['databricks', 'databricks-claude-sonnet-4-5', 'anthropic/claude-sonnet-4-5'],
    ['anthropic', 'claude-sonnet-4-0', 'anthropic/claude-sonnet-4'],
    ['bedrock', 'anthropic.claude-3-5-haiku-20241022-v1:0', 'anthropic/claude-3-5-haiku'],
    ['groq', 'llama-3.3-70b-versatile', 'meta/llama-3.3-70b'],
    ['together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', 'meta/llama-3.3-70b'],
    ['bedrock', 'us.meta.llama3-3-70b-instruct-v1:0', 'meta/llama-3.3-70b'],
    ['cloudflare', '@cf/meta/llama-3.3-70b-instruct-fp8-fast', 'meta/llama-3.3-70b'],
    ['ovhcloud', 'Meta-Llama-3_3-70B-Instruct', 'meta/llama-3.3-70b'],
    ['ollama', 'llama3.3:70b', 'meta/llama-3.3-70b'],
    ['fireworks', 'accounts/fireworks/models/deepseek-v3p2', 'deepseek/deepseek-v3.2'],
    ['bedrock', 'deepseek.v3.2', 'deepseek/deepseek-v3.2'],
    ['chutes', 'deepseek-ai/DeepSeek-V3.2-TEE', 'deepseek/deepseek-v3.2'],
    ['openrouter', 'qwen/qwen-2.5-72b-instruct', 'alibaba/qwen2.5-72b'],
    ['gemini', 'gemini-2.5-flash', 'google/gemini-2.5-flash'],
    ['zai', 'glm-5-turbo', 'zhipuai/glm-5-turbo'],
    ['openai', 'gpt-4-turbo', 'openai/gpt-4-turbo'],
    ['xai', 'grok-4-fast', 'xai/grok-4-fast'],
  ])('maps %s %s to %s', (provider, wireId, model) => expect(modelOf(provider, wireId)).toBe(model));

  it('keeps other weights apart, however near their names', () => {
    const same = (a: string, b: string) => modelOf('x', a) === modelOf('x', b);
    expect(same('deepseek-r1', 'deepseek-r1-0528')).toBe(false);
    expect(same('deepseek-r1', 'deepseek-r1-distill-qwen-32b')).toBe(false);
    expect(same('qwen3-235b-a22b', 'Qwen3-235B-A22B-Instruct-2507')).toBe(false);
    expect(same('kimi-k2-thinking', 'kimi-k2')).toBe(false);
    expect(same('claude-opus-4', 'claude-opus-4-7')).toBe(false);
    expect(same('gemini-3-pro', 'gemini-3-pro-preview')).toBe(false);
    expect(same('gpt-4-turbo', 'gpt-4')).toBe(false);
  });

  it('gives one word two meanings where two sellers do', () => {
    expect(modelOf('deepseek', 'deepseek-chat')).toBe('deepseek/deepseek-chat');
    expect(modelOf('openrouter', 'deepseek/deepseek-chat')).toBe('deepseek/deepseek-v3');
  });

  it('gives an unknown id a key of its own, never a relative', () => {
    const unknown = canonicalise('novelai', 'claude-opus-9-9-ultra');
    expect(unknown).toEqual({ model: 'anthropic/claude-opus-9-9-ultra', variants: [], known: false });
    expect(canonicalise('acme', 'Frobnicator 3000!')).toMatchObject({ model: 'acme/frobnicator-3000', known: false });
    expect(canonicalise('openai', 'gpt-4o').known).toBe(true);
  });

  it('sets a dated build and a way of serving aside, so that each can have its price', () => {
    expect(canonicalise('openai', 'gpt-4o-2024-05-13')).toMatchObject({ model: 'openai/gpt-4o', snapshot: '20240513' });
    expect(canonicalise('openrouter', 'z-ai/glm-5.2:free')).toMatchObject({
      model: 'zhipuai/glm-5.2',
      variants: ['free'],
    });
    expect(canonicalise('bedrock', 'eu.anthropic.claude-haiku-4-5-20251001-v1:0')).toMatchObject({
      snapshot: '20251001',
      variants: ['eu'],
    });
  });

  it('makes keys that are keys, from anything', () => {
    for (const wireId of ['', '/', ':', '~', '@', '..', 'a/b/c:d@e', '\u0000', 'x'.repeat(500), '模型']) {
      const identity = canonicalise('p', wireId);
      expect([wireId, isOfferKey(offerKeyOf('p', identity))]).toEqual([wireId, true]);
    }
  });

  it('finds the model of an offer again', () => {
    expect(modelOfOffer('bedrock:anthropic/claude-sonnet-4-5@20250929@us' as OfferKey)).toBe(
      'anthropic/claude-sonnet-4-5',
    );
  });
});

describe('the alias table', () => {
  it('gives every name to one model only', () => {
    const seen = new Map<string, string>();
    const twice: string[] = [];
    for (const [model, names] of Object.entries(aliases.models))
      for (const name of [model.slice(model.indexOf('/') + 1), ...names]) {
        if (seen.has(name)) twice.push(`${name}: ${seen.get(name)} and ${model}`);
        seen.set(name, model);
      }
    expect(twice).toEqual([]);
  });

  it('knows its own models under their own keys', () => {
    const strangers = Object.keys(aliases.models).filter((model) => modelOf('', model) !== model);
    expect(strangers).toEqual([]);
  });

  it('names families and exact models by authors it has', () => {
    const authors = new Set(Object.keys(aliases.authors));
    expect(Object.values(aliases.families).filter((author) => !authors.has(author))).toEqual([]);
  });
});

const PAIRS = '/work/shared/data/feeds/models.dev-2026-07-02.json';
describe('the pairs that models.dev labels', () => {
  it.skipIf(!existsSync(PAIRS))('agree for at least 93 %, with at most six wrong merges', () => {
    const file = JSON.parse(readFileSync(PAIRS, 'utf8')) as {
      providers: Record<string, { models: Record<string, { _base_model?: string }> }>;
    };
    const pairs = Object.entries(file.providers).flatMap(([provider, { models }]) =>
      Object.entries(models).flatMap(([id, { _base_model: base }]) => (base ? [{ provider, id, base }] : [])),
    );
    const labels = new Set(pairs.map(({ base }) => modelOf('', base)));
    const wrong = pairs.filter(({ provider, id, base }) => modelOf(provider, id) !== modelOf('', base));
    const merges = wrong.filter(({ provider, id }) => labels.has(modelOf(provider, id)));
    expect(pairs.length).toBe(1347);
    expect(1 - wrong.length / pairs.length).toBeGreaterThanOrEqual(0.97);
    expect(merges.length).toBeLessThanOrEqual(6);
  });
});

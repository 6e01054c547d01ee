import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isPriced } from '../../../src/core/cost.ts';
import { isModelKey, isOfferKey } from '../../../src/core/offer.ts';
import { createCanonicaliser, modelOfOffer, offerKeyOf } from '../../../src/market/identity.ts';
import { loadAliases } from '../../../src/market/identity-aliases.ts';
import { impossible } from '../../../src/market/plausibility.ts';
import { basePrice } from '../../../src/market/rates.ts';
import { createPriceTable } from '../../../src/market/sheets.ts';
import { loadSnapshot, parseSnapshot, primaryRows, readSnapshot } from '../../../src/market/snapshot.ts';

const PATH = new URL('../../../pricing/prices.json', import.meta.url);
const snapshot = readSnapshot(PATH);
const { rows } = snapshot;
const find = (offer: string) => rows.find((row) => row.offer === offer);
const offending = (test: (row: (typeof rows)[number]) => boolean) => rows.filter(test).map((row) => row.offer);

describe('the bundled price list', () => {
  it('has the models and providers a first start needs', () => {
    expect(new Set(rows.map((row) => row.model)).size).toBeGreaterThanOrEqual(250);
    expect(new Set(rows.map((row) => row.provider)).size).toBeGreaterThanOrEqual(60);
    expect(rows.length).toBeGreaterThan(1500);
    const known = [
      'openai',
      'anthropic',
      'gemini',
      'deepseek',
      'mistral',
      'qwen',
      'groq',
      'together',
      'fireworks',
      'deepinfra',
      'xai',
      'openrouter',
    ];
    expect(known.filter((provider) => !rows.some((row) => row.provider === provider))).toEqual([]);
  });

  it('has at a lab only what the lab itself sells', () => {
    const authors: Readonly<Record<string, string>> = {
      openai: 'openai',
      anthropic: 'anthropic',
      gemini: 'google',
      deepseek: 'deepseek',
      mistral: 'mistral',
      qwen: 'alibaba',
      xai: 'xai',
    };
    expect(
      offending(({ provider, model }) => !model.startsWith(`${authors[provider] ?? ''}/`) && provider in authors),
    ).toEqual([]);
    expect(find('openai:openai/gpt-oss-120b')).toBeUndefined();
    expect(find('groq:openai/gpt-oss-120b')).toBeDefined();
  });

  it('has no price above $1000 a million and none below zero', () => {
    expect(offending((row) => impossible(row.rates) !== undefined)).toEqual([]);
  });

  it('has both prices in every row', () => {
    const sheets = createPriceTable({
      canonicalise: () => {
        throw new Error('not asked');
      },
      seed: snapshot,
    }).all(snapshot.asOf);
    expect(sheets).toHaveLength(rows.length);
    expect(sheets.filter((sheet) => !isPriced(sheet)).map((sheet) => sheet.offer)).toEqual([]);
  });

  it('is free only where the id says so', () => {
    expect(offending((row) => basePrice(row.rates, 'input') === 0 && !/[:-]free$/i.test(row.wireId))).toEqual([]);
    expect(
      offending((row) => (basePrice(row.rates, 'input') === 0) !== (basePrice(row.rates, 'output') === 0)),
    ).toEqual([]);
    // A zero beside a paid input is a feed's silence.
    expect(
      offending((row) => row.rates.some((rate) => rate.price === 0) && basePrice(row.rates, 'input') !== 0),
    ).toEqual([]);
  });

  it('names source, date, status and confidence of every row', () => {
    const feeds = new Set(snapshot.feeds.map((feed) => feed.feed));
    expect(
      offending((row) => row.sources.length === 0 || row.sources.some((source) => !feeds.has(source.feed))),
    ).toEqual([]);
    expect(offending((row) => !(row.observedAt > Date.UTC(2026, 0, 1) && row.observedAt <= snapshot.asOf))).toEqual([]);
    expect(offending((row) => !['verified', 'single', 'disputed'].includes(row.status))).toEqual([]);
    expect(offending((row) => !(row.confidence > 0 && row.confidence < 1))).toEqual([]);
    expect(offending((row) => row.status === 'verified' && row.sources.length < 2)).toEqual([]);
    expect(offending((row) => row.status === 'disputed' && row.reasons.length === 0)).toEqual([]);
  });

  it('has keys that are keys, each once, and a wire id and a context everywhere', () => {
    expect(
      offending((row) => !isOfferKey(row.offer) || !isModelKey(row.model) || modelOfOffer(row.offer) !== row.model),
    ).toEqual([]);
    expect(new Set(rows.map((row) => row.offer)).size).toBe(rows.length);
    expect(offending((row) => row.wireId === '' || !(row.context > 0))).toEqual([]);
  });

  it('has the key that its wire id gives today: rebuild it when the alias table changes', () => {
    const canonicalise = createCanonicaliser(loadAliases(new URL('../../../pricing/aliases.json', import.meta.url)));
    expect(offending((row) => offerKeyOf(row.provider, canonicalise(row.provider, row.wireId)) !== row.offer)).toEqual(
      [],
    );
  });

  it('has none of the unit errors that one feed has carried for a year', () => {
    const dear = rows.filter((row) => row.provider === 'wandb' && (basePrice(row.rates, 'input') ?? 0) > 10e6);
    expect(dear.map((row) => row.offer)).toEqual([]);
  });

  it('carries cliffs, cache writes and tiers as their sellers state them', () => {
    const sonnet = find('anthropic:anthropic/claude-sonnet-4-5');
    expect(sonnet).toMatchObject({ status: 'verified', wireId: 'claude-sonnet-4-5', maxOutput: 64_000 });
    const line = (meter: string, when?: object) =>
      sonnet?.rates.find((rate) => rate.meter === meter && JSON.stringify(rate.when) === JSON.stringify(when))?.price;
    const cliff = { promptTokens: { op: 'gt', tokens: 200_000 } };
    expect([line('input'), line('cached_input'), line('cache_write_5m'), line('cache_write_1h')]).toEqual([
      3_000_000, 300_000, 3_750_000, 6_000_000,
    ]);
    expect([line('input', cliff), line('output', cliff)]).toEqual([6_000_000, 22_500_000]);
    expect(find('openai:openai/gpt-5.5')?.rates.some((rate) => rate.tier === 'batch')).toBe(true);
    expect(find('openrouter:deepseek/deepseek-v4-flash-vision-exp')?.rates.some((rate) => rate.when?.utcMinutes)).toBe(
      true,
    );
  });

  it('gives a dated build its own price', () => {
    const [now, then] = ['openai:openai/gpt-4o', 'openai:openai/gpt-4o@20240513'].map(
      (offer) => find(offer)?.rates ?? [],
    );
    expect([basePrice(now ?? [], 'input'), basePrice(then ?? [], 'input')]).toEqual([2_500_000, 5_000_000]);
  });
});

describe('reading a price list', () => {
  const text = readFileSync(PATH, 'utf8');

  it('gives the rows alone to those who want no more', () => expect(loadSnapshot(PATH)).toHaveLength(rows.length));

  it.each([
    ['cut in the middle', text.slice(0, text.length / 2), /JSON/],
    ['of another version', text.replace('"version":1', '"version":2'), /version/],
    ['with a row too short', text.replace(/\n\[0,0,[^\n]*\n/, '\n[0,0],\n'), /another shape/],
    ['with a row that names nobody', text.replace(/\n\[0,0,/, '\n[9999,0,'), /names nobody/],
  ])('refuses one that is %s', (_what, broken, reason) => {
    expect(broken).not.toBe(text);
    expect(() => parseSnapshot(broken)).toThrow(reason);
  });
});

describe('primary rows', () => {
  it('are one per provider and model: the plain id before builds and variants', () => {
    const primary = primaryRows(rows);
    expect(new Set(primary.map((row) => `${row.provider} ${row.model}`)).size).toBe(primary.length);
    const of = (provider: string, model: string) =>
      primary.find((row) => row.provider === provider && row.model === model)?.offer;
    expect(of('openai', 'openai/gpt-4o')).toBe('openai:openai/gpt-4o');
    expect(of('openrouter', 'zhipuai/glm-5.2')).toBe('openrouter:zhipuai/glm-5.2');
    expect(of('bedrock', 'anthropic/claude-haiku-4-5')).toBe('bedrock:anthropic/claude-haiku-4-5@20251001');
  });
});

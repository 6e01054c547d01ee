import { describe, expect, it } from 'vitest';
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import { createReferenceOffer, type Declared, offersOf, type Seller } from '../../../src/market/offers.ts';
import type { SnapshotRow } from '../../../src/market/snapshot.ts';
import { sampleOffer } from '../../support/sample.ts';

const rowOf = (provider: string, model: string, change: Partial<SnapshotRow> = {}): SnapshotRow => ({
  offer: offerKey(provider, modelKey(model)),
  provider,
  model: modelKey(model),
  wireId: `${provider}-${model}`,
  variants: [],
  rates: [],
  context: 100_000,
  capabilities: { tools: true, vision: false, json: true, reasoning: false },
  status: 'single',
  confidence: 0.9,
  sources: [],
  observedAt: 0,
  effectiveFrom: 0,
  reasons: [],
  ...change,
});

const sellerOf = (name: string, change: Partial<Seller> = {}): Seller => ({
  name,
  dialect: 'messages',
  expresses: new Set(['top_k']),
  schemas: true,
  data: { training: 'never', retention: 'none', regions: ['eu'], selfHosted: true },
  declared: [],
  ...change,
});

const declaredOf = (model: string, change: Partial<Declared> = {}): Declared => ({
  model: modelKey(model),
  wireId: 'our-own-id',
  tools: false,
  vision: true,
  json: true,
  reasoning: false,
  ...change,
});

describe('what is on offer', () => {
  it('is what the configured providers sell and nobody else', () => {
    const offers = offersOf([sellerOf('lumen')], [rowOf('lumen', 'lumen/spark'), rowOf('orion', 'lumen/spark')]);
    expect(offers).toEqual([
      {
        key: 'lumen:lumen/spark',
        provider: 'lumen',
        model: 'lumen/spark',
        wireId: 'lumen-lumen/spark',
        dialect: 'messages',
        expresses: new Set(['top_k']),
        context: 100_000,
        capabilities: { tools: true, vision: false, json: true, reasoning: false },
        data: { training: 'never', retention: 'none', regions: ['eu'], selfHosted: true },
      },
    ]);
    expect(offersOf([], [rowOf('lumen', 'lumen/spark')])).toEqual([]);
  });

  it('is as the operator declares it where the bundled list says otherwise', () => {
    const declared = [declaredOf('lumen/spark', { context: 32_000, maxOutput: 4_000 })];
    const rows = [rowOf('lumen', 'lumen/spark', { maxOutput: 64_000 }), rowOf('lumen', 'lumen/glow')];
    const offers = offersOf([sellerOf('lumen', { declared })], rows);
    expect(offers.map(({ key }) => key)).toEqual(['lumen:lumen/spark', 'lumen:lumen/glow']);
    expect(offers[0]).toMatchObject({
      wireId: 'our-own-id',
      context: 32_000,
      maxOutput: 4_000,
      capabilities: { tools: false, vision: true, json: true, reasoning: false },
    });
  });

  it('has one offer per provider and model, however many ids the list has for it', () => {
    const dated = rowOf('lumen', 'lumen/spark', { wireId: 'spark-2026-01-01', snapshot: '2026-01-01' });
    const offers = offersOf([sellerOf('lumen')], [dated, rowOf('lumen', 'lumen/spark', { wireId: 'spark' })]);
    expect(offers.map(({ wireId }) => wireId)).toEqual(['spark']);
  });

  it('promises no schema where the provider takes none, and little context where nobody states it', () => {
    const declared = [declaredOf('lumen/own')];
    const rows = [rowOf('lumen', 'lumen/spark', { context: 0 })];
    const offers = offersOf([sellerOf('lumen', { schemas: false, declared })], rows);
    expect(offers.map(({ capabilities }) => capabilities.json)).toEqual([false, false]);
    expect(offers.map(({ context }) => context)).toEqual([8_192, 8_192]);
  });
});

describe('the offer a baseline is measured at', () => {
  const matches = (patterns: readonly string[], model: string): boolean => patterns.includes(model);
  const titan = modelKey('google/titan');
  const rows = [rowOf('cloud', 'google/titan'), rowOf('gemini', 'google/titan'), rowOf('lumen', 'lumen/spark')];
  const sold = (key: string) => sampleOffer(key);

  it("is the author's own, under the name its API has, sold here or not", () => {
    const referenceOffer = createReferenceOffer({ offers: [], rows, matches });
    expect(referenceOffer(titan)).toMatchObject({ key: 'gemini:google/titan', wireId: 'gemini-google/titan' });
    expect(referenceOffer(modelKey('lumen/spark'))?.key).toBe('lumen:lumen/spark');
  });

  it('is the one sold here, with its terms, where the author is configured', () => {
    const offers = [sold('cloud:google/titan'), sold('gemini:google/titan')];
    const referenceOffer = createReferenceOffer({ offers, rows, matches });
    expect(referenceOffer(titan)).toBe(offers[1]);
  });

  it("prefers the author's list price to another seller's here", () => {
    const referenceOffer = createReferenceOffer({ offers: [sold('cloud:google/titan')], rows, matches });
    expect(referenceOffer(titan)?.key).toBe('gemini:google/titan');
  });

  it('is the first sold here where the author sells it nowhere we know, else none', () => {
    const offers = [sold('cloud:quarry/slate'), sold('other:quarry/slate')];
    const referenceOffer = createReferenceOffer({ offers, rows, matches });
    expect(referenceOffer(modelKey('quarry/slate'))).toBe(offers[0]);
    expect(referenceOffer(modelKey('quarry/granite'))).toBeUndefined();
  });

  it('is looked for once per model', () => {
    let asked = 0;
    const counting = (patterns: readonly string[], model: string): boolean => {
      asked += 1;
      return matches(patterns, model);
    };
    const referenceOffer = createReferenceOffer({ offers: [], rows, matches: counting });
    const first = referenceOffer(titan);
    const before = asked;
    expect(referenceOffer(titan)).toBe(first);
    expect(asked).toBe(before);
    referenceOffer(modelKey('quarry/granite'));
    referenceOffer(modelKey('quarry/granite'));
    expect(asked).toBe(2 * before + 1);
  });
});

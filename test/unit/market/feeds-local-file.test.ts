import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { offerKey, modelKey, type OfferKey } from '../../../src/core/offer.ts';
import { parseOverrides } from '../../../src/market/feeds/local-file.ts';
import { activeOverrides, applyOverrides } from '../../../src/market/overlay.ts';
import { sheetOf } from '../core/golden.ts';
import { picoUsdPerUnit } from '../../../src/core/money.ts';

const file = (entries: string) => parseOverrides(`version: 1\noverrides:\n${entries}`);
const AT = Date.UTC(2026, 10, 24);
const OFFER = offerKey('deepinfra', modelKey('meta/llama-3.3-70b'));
const MARKET = sheetOf('deepinfra', 'meta/llama-3.3-70b', [
  { meter: 'input', price: picoUsdPerUnit(100_000) },
  { meter: 'output', price: picoUsdPerUnit(320_001) },
  { meter: 'input', price: picoUsdPerUnit(200_000), when: { promptTokens: { op: 'gt', tokens: 1000 } } },
]);

describe('parseOverrides', () => {
  it('reads prices with their units', () => {
    const { overrides, skipped } = file(`
  - offer: deepinfra:meta/llama-3.3-70b
    price: { input: $0.08/M, output: free, request: $0.005 }
    from: 2026-11-01
    until: 2027-11-01
    reason: contract`);
    expect(skipped).toEqual([]);
    expect(overrides[0]).toMatchObject({
      offers: 'deepinfra:meta/llama-3.3-70b',
      rates: [
        { meter: 'input', price: 80_000 },
        { meter: 'output', price: 0 },
        { meter: 'request', price: 5_000_000_000 },
      ],
      from: Date.UTC(2026, 10, 1),
      until: Date.UTC(2027, 10, 1),
    });
  });

  it('ends an entry that names no end after ninety days', () => {
    const { overrides } = file('  - { offer: "x:*", multiplier: 0.5, from: 2026-11-01, reason: trial }');
    expect((overrides[0]?.until ?? 0) - (overrides[0]?.from ?? 0)).toBe(90 * 24 * 3600 * 1000);
  });

  it.each([
    ['a bare number', '{ offer: "x:a/b", price: { input: 0.1 }, from: 2026-11-01, reason: r }'],
    ['a price without its unit', '{ offer: "x:a/b", price: { input: $0.1 }, from: 2026-11-01, reason: r }'],
    ['an unknown meter', '{ offer: "x:a/b", price: { inptu: $0.1/M }, from: 2026-11-01, reason: r }'],
    ['an unknown key', '{ offer: "x:a/b", multiplier: 1, from: 2026-11-01, reason: r, until_when: never }'],
    ['no reason', '{ offer: "x:a/b", multiplier: 1, from: 2026-11-01 }'],
    ['neither price nor multiplier', '{ offer: "x:a/b", from: 2026-11-01, reason: r }'],
    ['an offer without a provider', '{ offer: "a/b", multiplier: 1, from: 2026-11-01, reason: r }'],
  ])('leaves out %s and keeps the rest', (_what, entry) => {
    const { overrides, skipped } = file(
      `  - ${entry}\n  - { offer: "y:*", multiplier: 0.9, from: 2026-11-01, reason: ok }`,
    );
    expect(overrides.map((each) => each.offers)).toEqual(['y:*']);
    expect(skipped).toHaveLength(1);
    expect(skipped[0]).toMatch(/^overrides\.0: /);
  });

  it('refuses a file of another shape', () => {
    expect(() => parseOverrides('version: 2\noverrides: []')).toThrow(/version/);
    expect(() => parseOverrides('overrides: [')).toThrow(SyntaxError);
  });

  it('reads the shipped file, which overrides nothing, and the examples in its comments', () => {
    const shipped = readFileSync(new URL('../../../pricing/overrides.yaml', import.meta.url), 'utf8');
    expect(parseOverrides(shipped)).toEqual({ overrides: [], skipped: [] });
    const examples = shipped
      .split('\n')
      .filter((line) => /^# {3}/.test(line))
      .map((line) => line.slice(2));
    const { overrides, skipped } = parseOverrides(`version: 1\noverrides:\n${examples.join('\n')}`);
    expect([overrides.length, skipped]).toEqual([3, []]);
  });
});

describe('an override', () => {
  const apply = (entries: string, offer: OfferKey = OFFER, at = AT) =>
    applyOverrides(MARKET, offer, activeOverrides(file(entries).overrides, offer, at));

  it('replaces every line of the meters it names and leaves the others', () => {
    const sheet = apply('  - { offer: "deepinfra:*", price: { input: $0.05/M }, from: 2026-11-01, reason: contract }');
    expect(sheet?.rates).toEqual([
      { meter: 'output', price: 320_001 },
      { meter: 'input', price: 50_000 },
    ]);
    expect(sheet).toMatchObject({ status: 'override', confidence: 1, reasons: ['override: contract'] });
  });

  it('scales what it does not name, rounded once', () => {
    const sheet = apply('  - { offer: "deepinfra:*", multiplier: 0.5, from: 2026-11-01, reason: half }');
    expect(sheet?.rates.map((rate) => rate.price)).toEqual([50_000, 160_001, 100_000]);
  });

  it('holds between its dates and for its offers only', () => {
    const entry =
      '  - { offer: "deepinfra:meta/*", multiplier: 0.5, from: 2026-11-24, until: 2026-11-25, reason: day }';
    expect(apply(entry)?.status).toBe('override');
    expect(apply(entry, OFFER, AT - 1)).toBe(MARKET);
    expect(apply(entry, OFFER, AT + 24 * 3600 * 1000)).toBe(MARKET);
    expect(apply(entry, offerKey('deepinfra', modelKey('qwen/meta')))).toBe(MARKET);
    expect(apply(entry, offerKey('xdeepinfra', modelKey('meta/x')))).toBe(MARKET);
  });

  it('prices an offer the market does not know', () => {
    const active = file(
      '  - { offer: "vllm:*", price: { input: free, output: free }, from: 2026-11-01, reason: ours }',
    ).overrides;
    const offer = offerKey('vllm', modelKey('meta/llama-3.3-70b'));
    expect(applyOverrides(undefined, offer, activeOverrides(active, offer, AT))).toMatchObject({
      offer,
      status: 'override',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { priceFromUsdPerMillion } from '../../../src/core/money.ts';
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import type { Rate } from '../../../src/core/price.ts';
import { consensusOf, type Quotation } from '../../../src/market/consensus.ts';

const AT = Date.UTC(2026, 7, 22);
const DAY = 24 * 3600 * 1000;
const rates = (input: number, output: number, extra: readonly Rate[] = []): readonly Rate[] => [
  { meter: 'input', price: priceFromUsdPerMillion(input) },
  { meter: 'output', price: priceFromUsdPerMillion(output) },
  ...extra,
];
const FEEDS = { seller: 0, curated: 1, other: 1, aggregator: 2 } as const;
const says = (feed: keyof typeof FEEDS, list: readonly Rate[], extra: Partial<Quotation> = {}): Quotation => ({
  feed,
  lineage: feed,
  precedence: FEEDS[feed],
  revision: 'r',
  observedAt: AT - DAY,
  rates: list,
  ...extra,
});
const OFFER = offerKey('groq', modelKey('meta/llama-3.3-70b'));
const merge = (quotations: readonly Quotation[], peers?: { input: number; output: number }) =>
  consensusOf({ offer: OFFER, provider: 'groq', quotations, ...(peers ? { peers } : {}) }, AT);
const prices = (list: readonly Rate[] | undefined) => list?.filter((rate) => !rate.when).map((rate) => rate.price);

describe('consensus', () => {
  it('verifies what two independent lineages agree on, within a fifth of a percent', () => {
    const { sheet, lineages } = merge([says('curated', rates(0.59, 0.79)), says('aggregator', rates(0.5905, 0.79))]);
    expect(sheet).toMatchObject({ status: 'verified', confidence: 0.99, reasons: [] });
    expect(prices(sheet?.rates)).toEqual([590_000, 790_000]);
    expect(lineages).toEqual(['curated', 'aggregator']);
    expect(sheet?.sources.map((source) => source.feed)).toEqual(['curated', 'aggregator']);
  });

  it('counts feeds of one lineage once', () => {
    const copy = says('other', rates(0.59, 0.79), { lineage: 'curated' });
    expect(merge([says('curated', rates(0.59, 0.79)), copy]).sheet?.status).toBe('single');
  });

  it('trusts a single source as far as its provider was right before', () => {
    expect(merge([says('aggregator', rates(0.59, 0.79))]).sheet).toMatchObject({ status: 'single', confidence: 0.95 });
    expect(merge([says('seller', rates(0.59, 0.79))]).sheet).toMatchObject({ status: 'single', confidence: 0.97 });
  });

  it('never takes a vote: the seller stands alone against two who agree', () => {
    const { sheet } = merge([
      says('seller', rates(1, 2)),
      says('curated', rates(3, 4)),
      says('aggregator', rates(3, 4)),
    ]);
    expect(prices(sheet?.rates)).toEqual([1_000_000, 2_000_000]);
    expect(sheet?.status).toBe('disputed');
    expect(sheet?.reasons).toEqual(['curated of 2026-08-21 says 3/4', 'aggregator of 2026-08-21 says 3/4']);
  });

  it('among equals takes the fresher word, and names the dissent', () => {
    const { sheet, dissenting } = merge([
      says('curated', rates(3, 4), { observedAt: AT - 50 * DAY }),
      says('other', rates(1, 2)),
    ]);
    expect(prices(sheet?.rates)).toEqual([1_000_000, 2_000_000]);
    expect(sheet).toMatchObject({ status: 'disputed', confidence: 0.6 });
    expect(dissenting.map((other) => other.feed)).toEqual(['curated']);
  });

  it('does not take a source that is older than the change for a dissenter', () => {
    const { sheet } = merge([
      says('curated', rates(2, 8), { effectiveFrom: AT - 5 * DAY }),
      says('aggregator', rates(10, 40), { observedAt: AT - 6 * DAY }),
      says('other', rates(2, 8)),
    ]);
    expect(sheet?.status).toBe('verified');
    expect(sheet?.reasons).toEqual(['aggregator of 2026-08-16 is older than the change']);
  });

  it('lets a dated price begin on its day and not before', () => {
    const quotations = [says('curated', rates(0.75, 3)), says('curated', rates(1.5, 6), { effectiveFrom: AT + DAY })];
    const at = (instant: number) => consensusOf({ offer: OFFER, provider: 'groq', quotations }, instant).sheet?.rates;
    expect(prices(at(AT))).toEqual([750_000, 3_000_000]);
    expect(prices(at(AT + DAY))).toEqual([1_500_000, 6_000_000]);
  });

  it('adds meters of those who agree, never of those who dissent', () => {
    const cached: Rate = { meter: 'cached_input', price: priceFromUsdPerMillion(0.1) };
    const write: Rate = { meter: 'cache_write_5m', price: priceFromUsdPerMillion(9) };
    const agreed = merge([says('curated', rates(1, 2)), says('aggregator', rates(1, 2, [cached]))]).sheet;
    expect(agreed?.rates).toContainEqual(cached);
    const disputed = merge([says('curated', rates(1, 2)), says('aggregator', rates(3, 4, [write]))]).sheet;
    expect(disputed?.rates).toHaveLength(2);
  });

  it('takes cliffs from one source, since cliffs of two do not add up', () => {
    const cliff = (tokens: number): Rate => ({
      meter: 'input',
      price: priceFromUsdPerMillion(2),
      when: { promptTokens: { op: 'gt', tokens } },
    });
    const { sheet } = merge([
      says('curated', rates(1, 2)),
      says('other', rates(1, 2, [cliff(200_000)]), { observedAt: AT - 2 * DAY }),
      says('aggregator', rates(1, 2, [cliff(128_000)])),
    ]);
    expect(sheet?.rates.filter((rate) => rate.when)).toEqual([cliff(200_000)]);
  });

  it.each([
    ['above a thousand dollars a million', rates(71_000, 71_000), undefined],
    ['a clean power of ten from its peers', rates(590, 790), { input: 590_000, output: 790_000 }],
    ['a thousandth of its peers', rates(0.00059, 0.79), { input: 590_000, output: 790_000 }],
  ])('throws out a price %s, and says so', (_what, list, peers) => {
    const { sheet, rejected } = merge([says('curated', list), says('aggregator', rates(0.59, 0.79))], peers);
    expect(rejected).toEqual([expect.stringMatching(/^curated: unit error: /)]);
    expect(sheet).toMatchObject({ status: 'single', reasons: rejected });
    expect(prices(sheet?.rates)).toEqual([590_000, 790_000]);
  });

  it('has no sheet where nobody says anything credible', () => {
    expect(merge([says('aggregator', rates(5000, 5000))]).sheet).toBeUndefined();
    expect(merge([]).sheet).toBeUndefined();
  });

  it('does not take a discounter for a unit error', () => {
    const { sheet } = merge([says('seller', rates(0.05, 0.08))], { input: 590_000, output: 790_000 });
    expect(sheet?.status).toBe('single');
  });

  it('halves the trust in an odd shape', () => {
    const { sheet } = merge([says('seller', rates(0.0062, 6.8))]);
    expect(sheet).toMatchObject({ confidence: 0.485, reasons: ['shape: output against input'] });
  });

  it('names a version by what it says: the same on every machine, another for another price', () => {
    const revision = (input: number) => merge([says('curated', rates(input, 2))]).sheet?.revision;
    expect(revision(1)).toBe(revision(1));
    expect(revision(1)).not.toBe(revision(1.01));
  });
});

import { describe, expect, it } from 'vitest';
import { priceFromUsdPerMillion } from '../../../src/core/money.ts';
import type { PriceSheet, Rate } from '../../../src/core/price.ts';
import { freezeReason } from '../../../src/market/freeze.ts';
import { CONFIRM_AFTER_MS, judge, type ProposedChange } from '../../../src/market/quarantine.ts';
import { basePrice } from '../../../src/market/rates.ts';
import { steadied, withDearer } from '../../../src/market/steady.ts';
import { sheetOf } from '../core/golden.ts';

const AT = Date.UTC(2026, 10, 24, 12);
const sheet = (input: number, output: number, observedAt = AT): PriceSheet => ({
  ...sheetOf('openai', 'openai/o3', [
    { meter: 'input', price: priceFromUsdPerMillion(input) },
    { meter: 'output', price: priceFromUsdPerMillion(output) },
  ]),
  status: 'single',
  observedAt,
});
const change = (before: PriceSheet, after: PriceSheet, extra: Partial<ProposedChange> = {}): ProposedChange => ({
  accepted: before,
  candidate: after,
  lineages: 1,
  pending: undefined,
  at: AT,
  ...extra,
});
const main = ({ rates }: { rates: readonly Rate[] }) => [basePrice(rates, 'input'), basePrice(rates, 'output')];

describe('quarantine', () => {
  it.each([
    ['a first price', undefined, sheet(1, 2), 'applied'],
    ['the same price', sheet(1, 2), sheet(1, 2), 'applied'],
    ['a cut below three times', sheet(2, 8), sheet(0.7, 2.8), 'applied'],
    ['a rise below three times', sheet(1, 2), sheet(2.9, 5.8), 'applied'],
    ['a cut of five times', sheet(10, 40), sheet(2, 8), 'held'],
    ['a rise of five times', sheet(2, 8), sheet(10, 40), 'held'],
    ['a step of ten times', sheet(3, 15), sheet(33, 16.5), 'held'],
    ['a jump of one price alone', sheet(2.5, 17.857), sheet(2.5, 178.57), 'held'],
    ['paid to free', sheet(1, 2), sheet(0, 0), 'held'],
    ['free to paid', sheet(0, 0), sheet(1, 2), 'held'],
    ['a hundred times', sheet(0.71, 0.71), sheet(71, 71), 'rejected'],
    ['a thousandth', sheet(150, 600), sheet(0.15, 0.6), 'rejected'],
    ['an odd step beyond a hundred', sheet(0.07, 0.07), sheet(560, 560), 'rejected'],
  ])('judges %s', (_what, before, after, verdict) => {
    expect(judge({ ...change(after, after), accepted: before }).verdict).toBe(verdict);
  });

  it('charges the dearer of old and new while it holds: rises act at once, cuts wait', () => {
    const rise = judge(change(sheet(2, 8), sheet(10, 40)));
    const cut = judge(change(sheet(10, 40), sheet(2, 8)));
    expect([main(rise.sheet), main(cut.sheet)]).toEqual([
      [10_000_000, 40_000_000],
      [10_000_000, 40_000_000],
    ]);
    expect(cut.sheet.status).toBe('held');
    expect(cut.reason).toBe('held: 10/40 → 2/8, 5× needs a second source or twelve hours');
  });

  it('takes the dearer line by line', () => {
    expect(main(judge(change(sheet(3, 15), sheet(20, 3))).sheet)).toEqual([20_000_000, 15_000_000]);
  });

  it('charges a rise that may be a slip of the unit with no more than ten times the price before', () => {
    expect(main(judge(change(sheet(3, 15), sheet(150, 750))).sheet)).toEqual([30_000_000, 150_000_000]);
  });

  it('releases a cut that a second lineage states', () => {
    expect(judge(change(sheet(10, 40), sheet(2, 8), { lineages: 2 })).verdict).toBe('applied');
    expect(judge(change(sheet(3, 15), sheet(33, 165), { lineages: 2 })).verdict).toBe('applied');
    expect(judge(change(sheet(560, 560), sheet(0.07, 0.07), { lineages: 2 })).verdict).toBe('applied');
  });

  it('releases a step below ten that is seen again after twelve hours, and not a minute sooner', () => {
    const first = judge(change(sheet(10, 40), sheet(2, 8)));
    const again = (later: number, after = sheet(2, 8, AT + later)) =>
      judge(change(sheet(10, 40), after, { pending: first.pending, at: AT + later })).verdict;
    expect(again(CONFIRM_AFTER_MS - 60_000)).toBe('held');
    expect(again(CONFIRM_AFTER_MS)).toBe('applied');
    // Another price starts its own wait.
    expect(again(CONFIRM_AFTER_MS, sheet(2.5, 10, AT + CONFIRM_AFTER_MS))).toBe('held');
  });

  it('does not take time for a confirmation when nobody has looked again', () => {
    const first = judge(change(sheet(10, 40), sheet(2, 8)));
    const later = change(sheet(10, 40), sheet(2, 8), { pending: first.pending, at: AT + 10 * CONFIRM_AFTER_MS });
    expect(judge(later).verdict).toBe('held');
  });

  it('lets no time release a step of ten', () => {
    const first = judge(change(sheet(3, 15), sheet(0.3, 1.5)));
    const later = change(sheet(3, 15), sheet(0.3, 1.5, AT + 100 * CONFIRM_AFTER_MS), { pending: first.pending });
    expect(judge(later).verdict).toBe('held');
  });

  it('keeps the last price when the next one is no longer stated', () => {
    const silent = { ...sheet(1, 2), rates: [{ meter: 'input', price: null } as const] };
    expect(judge(change(sheet(1, 2), silent))).toMatchObject({ verdict: 'rejected', sheet: sheet(1, 2) });
  });

  it('lets a correction pass when the price before has turned out to be the error', () => {
    expect(judge(change(sheet(560, 560), sheet(0.07, 0.07), { acceptedIsUnitError: true })).verdict).toBe('applied');
  });
});

describe('a price far below what others ask for the same weights', () => {
  const peers = { input: 1_000_000, output: 4_000_000 };
  const low = sheet(0.4, 1.5);
  const first = (extra: Partial<ProposedChange> = {}) =>
    judge({ accepted: undefined, candidate: low, lineages: 1, pending: undefined, peers, at: AT, ...extra });

  it('is held at what they ask when one copy alone states it, for however long', () => {
    const ruling = first();
    expect([ruling.verdict, ...main(ruling.sheet)]).toEqual(['held', 1_000_000, 4_000_000]);
    const later = { ...low, observedAt: AT + 10 * CONFIRM_AFTER_MS };
    expect(first({ candidate: later, pending: ruling.pending }).verdict).toBe('held');
  });

  it('is believed when the seller says it, a second source does, or the others are not so far away', () => {
    expect(first({ sellerSpeaks: true }).verdict).toBe('applied');
    expect(first({ lineages: 2 }).verdict).toBe('applied');
    expect(first({ candidate: sheet(0.6, 2.4) }).verdict).toBe('applied');
    expect(first({ peers: undefined }).verdict).toBe('applied');
  });

  it('waits when a small cut leads there, and does not when it rises from further below', () => {
    expect(judge(change(sheet(0.6, 2.4), low, { peers })).verdict).toBe('held');
    expect(judge(change(sheet(0.3, 1.2), low, { peers })).verdict).toBe('applied');
  });
});

describe('lines beside plain input and output', () => {
  const usd = priceFromUsdPerMillion;
  const lines = (cached: number | null, long?: number): readonly Rate[] => [
    { meter: 'input', price: usd(1) },
    { meter: 'output', price: usd(4) },
    { meter: 'cached_input', price: cached === null ? null : usd(cached) },
    ...(long === undefined
      ? []
      : [{ meter: 'input', price: usd(long), when: { promptTokens: { op: 'gt', tokens: 200_000 } } } as const]),
  ];
  const charged = (before: readonly Rate[], after: readonly Rate[], stood = false) => {
    const { rates, dearer } = steadied(before, after, stood);
    return withDearer(rates, dearer).map(({ price }) => (price === null ? null : price / 1e6));
  };

  it.each([
    ['move with the rest', lines(0.1, 2), lines(0.2, 2.5), [1, 4, 0.2, 2.5]],
    ['keep the old price for a cut of three times', lines(0.3), lines(0.05), [1, 4, 0.3]],
    ['take the dearer of a rise, up to ten times', lines(0.05), lines(0.8), [1, 4, 0.5]],
    ['keep the old price where a unit was mistaken', lines(0.1), lines(1000), [1, 4, 0.1]],
    ['keep the old price when they fall silent', lines(0.1), lines(null), [1, 4, 0.1]],
    ['keep a cliff that is no longer stated', lines(0.1, 2), lines(0.1), [1, 4, 0.1, 2]],
    ['charge a new cliff at once', lines(0.1), lines(0.1, 2), [1, 4, 0.1, 2]],
    ['do not believe a new cheap condition at once', lines(0.1), lines(0.1, 0.5), [1, 4, 0.1]],
  ])('%s', (_what, before, after, expected) => expect(charged(before, after)).toEqual(expected));

  it('are believed when they have stood, but for an error of the unit', () => {
    expect(charged(lines(0.3, 2), lines(0.05), true)).toEqual([1, 4, 0.05]);
    expect(charged(lines(0.1), lines(1000), true)).toEqual([1, 4, 0.1]);
  });
});

describe('the freeze of a whole feed', () => {
  const rows = (count: number, price: (index: number) => number) =>
    Array.from({ length: count }, (_, index) => ({
      provider: 'p',
      wireId: `m${index}`,
      sheet: { rates: sheet(price(index), price(index)).rates },
    }));
  const spread = (index: number) => 1 + index / 10;

  it('stays away while prices move one by one', () => {
    const next = rows(100, (index) => spread(index) * (index < 5 ? 3 : 1));
    expect(freezeReason(rows(100, spread), next)).toBeUndefined();
  });

  it.each([
    [
      'six in a hundred doubled',
      rows(100, (index) => spread(index) * (index < 6 ? 2 : 1)),
      /^6 of 100 prices changed 2×/,
    ],
    ['all rose by a fifth', rows(100, (index) => spread(index) * 1.2), /^the median price moved by 20 %/],
    ['a third is gone', rows(66, spread), /^shrank from 100 to 66/],
    ['it is empty', [], /^the feed is empty/],
    ['it speaks of others', rows(100, spread).map((row) => ({ ...row, provider: 'q' })), /^only 0 of 100/],
  ])('comes when %s', (_what, next, reason) => {
    expect(freezeReason(rows(100, spread), next)).toMatch(reason);
  });

  it('does not count in a small feed, whose rows are judged one by one', () => {
    expect(
      freezeReason(
        rows(5, spread),
        rows(5, (index) => spread(index) * 3),
      ),
    ).toBeUndefined();
    expect(freezeReason(rows(5, spread), [])).toBe('the feed is empty');
  });
});

// As-of questions of the price history against a model that knows nothing of versions: a line of time, painted over.
import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { picoUsdPerUnit } from '../../src/core/money.ts';
import { type PriceRecord, type PriceVerdict, sheetAsOf } from '../../src/core/price-history.ts';
import { sampleOffer, sampleSheet } from '../support/sample.ts';

const offer = sampleOffer();
const LAST = 12;

const observed = array(
  record({
    gap: integer({ min: 0, max: 2 }),
    effectiveFrom: integer({ min: 0, max: LAST }),
    price: integer({ min: 1, max: 9 }),
    verdict: constantFrom<PriceVerdict>('applied', 'held', 'rejected', 'released'),
  }),
  { maxLength: 12 },
);

const recordsOf = (
  changes: readonly { gap: number; effectiveFrom: number; price: number; verdict: PriceVerdict }[],
) => {
  let now = 0;
  return changes.map(({ gap, effectiveFrom, price, verdict }): PriceRecord => {
    now += gap;
    const rates = [{ meter: 'input' as const, price: picoUsdPerUnit(price) }];
    const sheet = { ...sampleSheet(offer, { input: 1, output: 1 }), rates, effectiveFrom };
    return { offer: offer.key, verdict, reason: '', observedAt: now, sheet };
  });
};

/** The price of every instant as known at `knownAt`: each observation paints over all that follows its beginning. */
const painted = (records: readonly PriceRecord[], knownAt: number): readonly (number | undefined)[] => {
  const line: (number | undefined)[] = Array.from({ length: LAST + 1 }, () => undefined);
  for (const { observedAt, verdict, sheet } of records)
    if (observedAt <= knownAt && verdict !== 'rejected')
      for (let at = sheet.effectiveFrom; at <= LAST; at++) line[at] = sheet.rates[0]?.price ?? undefined;
  return line;
};

describe('the price history', () => {
  it('answers every "what held then, as known then" as the painted line does', () => {
    assert(
      property(observed, integer({ min: 0, max: 24 }), (changes, knownAt) => {
        const records = recordsOf(changes);
        const asked = Array.from(
          { length: LAST + 1 },
          (_, at) => sheetAsOf(records, { at, knownAt })?.rates[0]?.price ?? undefined,
        );
        expect(asked).toEqual(painted(records, knownAt));
      }),
    );
  });

  it('never changes an answer about an earlier knowledge when more is observed', () => {
    assert(
      property(observed, observed, integer({ min: 0, max: LAST }), (earlier, later, at) => {
        const before = recordsOf(earlier);
        const knownAt = before.at(-1)?.observedAt ?? 0;
        const more = recordsOf([...earlier, ...later.map((change) => ({ ...change, gap: change.gap + 1 }))]);
        expect(sheetAsOf(more, { at, knownAt })?.rates).toEqual(sheetAsOf(before, { at, knownAt })?.rates);
      }),
    );
  });
});

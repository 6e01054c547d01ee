import { describe, expect, it } from 'vitest';
import type { PriceRecord } from '../../../src/core/price-history.ts';
import { RouterError } from '../../../src/core/errors.ts';
import type { PriceSheet } from '../../../src/core/price.ts';
import { createPriceJournal } from '../../../src/app/price-journal.ts';
import type { PriceChange } from '../../../src/market/sheet-book.ts';
import { createFakeClock } from '../../support/clock.ts';
import { sampleOffer, sampleSheet } from '../../support/sample.ts';

const offer = sampleOffer();
const sheetAt = (input: number, more: Partial<PriceSheet> = {}): PriceSheet => ({
  ...sampleSheet(offer, { input, output: 2 * input }),
  revision: `r${input}`,
  ...more,
});

const change = (before: PriceSheet | undefined, after: PriceSheet, more: Partial<PriceChange> = {}): PriceChange => ({
  offer: offer.key,
  before,
  after,
  verdict: 'applied',
  reason: '2×',
  at: 1_000,
  ...more,
});

const open = (append: (batch: readonly PriceRecord[]) => Promise<void>, latest: readonly PriceRecord[] = []) => {
  const written: PriceRecord[] = [];
  const said: string[] = [];
  let lost = 0;
  const clock = createFakeClock();
  const journal = createPriceJournal({
    history: {
      append: async (batch) => {
        await append(batch);
        written.push(...batch);
      },
    },
    latest,
    clock,
    say: (line) => void said.push(line),
    onLost: (count) => {
      lost += count;
    },
  });
  return { journal, written, said, clock, lost: () => lost };
};

const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('the journal of prices', () => {
  it('writes what changed, with both prices, who said so and why', async () => {
    const { journal, written } = open(async () => undefined);
    const held = sheetAt(4, { status: 'held' });
    journal.note(change(sheetAt(1), sheetAt(2)));
    journal.note(change(sheetAt(2), held, { verdict: 'held', reason: 'held: 8×', proposed: sheetAt(16), at: 2_000 }));
    expect(written).toEqual([]);
    await journal.close();
    expect(written).toEqual([
      {
        offer: offer.key,
        verdict: 'applied',
        reason: '2×',
        observedAt: 1_000,
        before: sheetAt(1).rates,
        sheet: sheetAt(2),
        source: { feed: 'test', revision: '1', observedAt: 0 },
      },
      {
        offer: offer.key,
        verdict: 'held',
        reason: 'held: 8×',
        observedAt: 2_000,
        before: sheetAt(2).rates,
        sheet: held,
        proposed: sheetAt(16).rates,
        source: { feed: 'test', revision: '1', observedAt: 0 },
      },
    ]);
  });

  it('does not take for news what a restart finds again, and knows what was charged before better than the bundled list', async () => {
    const known: PriceRecord = {
      offer: offer.key,
      verdict: 'applied',
      reason: '2×',
      observedAt: 500,
      sheet: sheetAt(2),
    };
    const { journal, written } = open(async () => undefined, [known]);
    const bundled = sheetAt(1);
    journal.note(change(bundled, sheetAt(2, { revision: 'another name' })));
    journal.note(change(bundled, sheetAt(3), { at: 3_000 }));
    await journal.close();
    expect(written).toHaveLength(1);
    expect(written[0]).toMatchObject({ before: sheetAt(2).rates, sheet: { revision: 'r3' } });
  });

  it('writes a rejected price without taking it for what is charged', async () => {
    const { journal, written } = open(async () => undefined);
    journal.note(change(sheetAt(1), sheetAt(2)));
    journal.note(change(sheetAt(2), sheetAt(2), { verdict: 'rejected', proposed: sheetAt(2_000) }));
    journal.note(change(sheetAt(2), sheetAt(3)));
    await journal.close();
    expect(written.map(({ verdict }) => verdict)).toEqual(['applied', 'rejected', 'applied']);
    expect(written[2]?.before).toEqual(sheetAt(2).rates);
  });

  it('tries again when the database does not answer, in order', async () => {
    let failures = 2;
    const { journal, written, clock, lost } = open(async () => {
      if (failures-- > 0) throw new Error('gone');
    });
    journal.note(change(undefined, sheetAt(1)));
    journal.note(change(sheetAt(1), sheetAt(2)));
    for (let again = 0; again < 3; again++) {
      await turns();
      clock.advance(10_000);
    }
    await turns();
    expect(written.map(({ sheet }) => sheet.revision)).toEqual(['r1', 'r2']);
    expect(lost()).toBe(0);
  });

  it('loses only the change that the database cannot take', async () => {
    const { journal, written, said, lost } = open(async (batch) => {
      if (batch.some(({ sheet }) => sheet.revision === 'r2')) throw new RouterError('internal', 'not well formed');
    });
    journal.note(change(undefined, sheetAt(1)));
    journal.note(change(sheetAt(1), sheetAt(2)));
    journal.note(change(sheetAt(2), sheetAt(3)));
    await turns();
    expect(written.map(({ sheet }) => sheet.revision)).toEqual(['r1', 'r3']);
    expect([lost(), said]).toEqual([1, ['price history: 1 changes could not be written: not well formed']]);
    await journal.close();
  });

  it('gives up in the end, counts what is lost and says so once', async () => {
    const { journal, written, said, clock, lost } = open(() => Promise.reject(new Error('gone')));
    journal.note(change(undefined, sheetAt(1)));
    for (let again = 0; again < 6; again++) {
      await turns();
      clock.advance(10_000);
    }
    expect(written).toEqual([]);
    expect(lost()).toBe(1);
    expect(said).toEqual(['price history: 1 changes could not be written: gone']);
    await journal.close();
  });

  it('does not wait for a database that is gone when it is closed', async () => {
    const { journal, lost } = open(() => Promise.reject(new Error('gone')));
    journal.note(change(undefined, sheetAt(1)));
    await journal.close();
    expect(lost()).toBe(1);
  });

  it('holds a bounded number of changes', async () => {
    const stuck = Promise.withResolvers<void>();
    const { journal, lost } = open(() => stuck.promise);
    for (let at = 0; at < 20_200; at++) {
      const key = sampleOffer(`lumen:lumen/m${at}`).key;
      journal.note({ ...change(undefined, { ...sheetAt(1), offer: key }), offer: key });
    }
    expect(lost()).toBe(200);
    stuck.resolve();
    await journal.close();
  });
});

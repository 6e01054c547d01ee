import { describe, expect, it } from 'vitest';
import { priceFromUsdPerMillion } from '../../../src/core/money.ts';
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import type { FeedRow } from '../../../src/core/ports.ts';
import { parseOverrides } from '../../../src/market/feeds/local-file.ts';
import { createCanonicaliser } from '../../../src/market/identity.ts';
import { loadAliases } from '../../../src/market/identity-aliases.ts';
import type { NamedReading } from '../../../src/market/listings.ts';
import { basePrice } from '../../../src/market/rates.ts';
import { parseReleases, releaseLine } from '../../../src/market/releases.ts';
import { createPriceTable } from '../../../src/market/sheets.ts';
import type { Snapshot } from '../../../src/market/snapshot.ts';

const HOUR = 3600 * 1000;
const DAY = 24 * HOUR;
const AT = Date.UTC(2026, 10, 24, 12);
const canonicalise = createCanonicaliser(loadAliases(new URL('../../../pricing/aliases.json', import.meta.url)));
const O3 = offerKey('openai', modelKey('openai/o3'));

const row = (input: number, output: number, extra: Partial<FeedRow> = {}): FeedRow => ({
  provider: 'openai',
  wireId: 'o3',
  sheet: {
    rates: [
      { meter: 'input', price: priceFromUsdPerMillion(input) },
      { meter: 'output', price: priceFromUsdPerMillion(output) },
    ],
  },
  ...extra,
});
const reading = (name: string, observedAt: number, rows: readonly FeedRow[]): NamedReading => ({
  name,
  lineage: name,
  precedence: 1,
  revision: `${name}-${observedAt}`,
  observedAt,
  rows,
  skipped: [],
});
const seedOf = (input: number, output: number): Snapshot => ({
  revision: 'bundled-test',
  asOf: AT - 90 * DAY,
  feeds: [
    { feed: 'one', lineage: 'one', precedence: 1, revision: 'a', observedAt: AT - 90 * DAY },
    { feed: 'two', lineage: 'two', precedence: 1, revision: 'b', observedAt: AT - 95 * DAY },
  ],
  rows: [
    {
      offer: O3,
      provider: 'openai',
      model: modelKey('openai/o3'),
      wireId: 'o3',
      variants: [],
      rates: row(input, output).sheet.rates,
      context: 200_000,
      capabilities: { tools: true, vision: true, json: true, reasoning: true },
      status: 'verified',
      confidence: 0.99,
      sources: [
        { feed: 'one', revision: 'a', observedAt: AT - 90 * DAY },
        { feed: 'two', revision: 'b', observedAt: AT - 95 * DAY },
      ],
      observedAt: AT - 90 * DAY,
      effectiveFrom: AT - 90 * DAY,
      reasons: [],
    },
  ],
});

const tableOf = (seed?: Snapshot) => {
  const table = createPriceTable({ canonicalise, ...(seed ? { seed } : {}) });
  const input = (at: number) => basePrice(table.at(O3, at)?.rates ?? [], 'input');
  return { table, input };
};

describe('the price table', () => {
  it('knows nothing before anything was said, and charges with a reading from its instant on', () => {
    const { table, input } = tableOf();
    expect(table.at(O3, AT)).toBeUndefined();
    const { changes } = table.applyReadings([reading('one', AT, [row(10, 40)])], AT);
    expect(changes).toMatchObject([{ offer: O3, before: undefined, verdict: 'applied', reason: 'first price' }]);
    expect([input(AT - 1), input(AT)]).toEqual([undefined, 10_000_000]);
  });

  it('still charges with what it has seen when the wall clock is put back', () => {
    const { table, input } = tableOf();
    const now = (at: number) => basePrice(table.now(O3, at)?.rates ?? [], 'input');
    table.applyReadings([reading('one', AT, [row(10, 40)])], AT);
    table.applyReadings([reading('one', AT + DAY, [row(12, 48)])], AT + DAY);
    expect([input(AT - DAY), input(AT), input(AT + DAY)]).toEqual([undefined, 10_000_000, 12_000_000]);
    expect([now(AT - DAY), now(AT), now(AT + DAY)]).toEqual([12_000_000, 12_000_000, 12_000_000]);
  });

  it('moves on the very next question after a cut that two sources state', () => {
    const { table, input } = tableOf();
    table.applyReadings([reading('one', AT, [row(10, 40)]), reading('two', AT, [row(10, 40)])], AT);
    table.applyReadings([reading('one', AT + HOUR, [row(2, 8)]), reading('two', AT + HOUR, [row(2, 8)])], AT + HOUR);
    expect([input(AT + HOUR - 1), input(AT + HOUR)]).toEqual([10_000_000, 2_000_000]);
    expect(table.at(O3, AT + HOUR)?.status).toBe('verified');
  });

  it('holds a big cut of one source, and releases it when it is seen again half a day later', () => {
    const { table, input } = tableOf();
    table.applyReadings([reading('one', AT, [row(10, 40)])], AT);
    const held = table.applyReadings([reading('one', AT + HOUR, [row(2, 8)])], AT + HOUR);
    expect(held.changes).toMatchObject([{ verdict: 'held', after: { status: 'held' } }]);
    expect(input(AT + 2 * HOUR)).toBe(10_000_000);
    // The same word an hour later is no news.
    expect(table.applyReadings([reading('one', AT + 2 * HOUR, [row(2, 8)])], AT + 2 * HOUR).changes).toEqual([]);
    const released = table.confirm('one', AT + 13 * HOUR);
    expect(released.changes).toMatchObject([{ verdict: 'applied', reason: '5×, seen again after twelve hours' }]);
    expect(input(AT + 13 * HOUR)).toBe(2_000_000);
    expect(table.history(O3).map((version) => version.status)).toEqual(['single', 'held', 'single']);
  });

  it('lets a rise act at once, even while it is held', () => {
    const { table, input } = tableOf();
    table.applyReadings([reading('one', AT, [row(2, 8)])], AT);
    table.applyReadings([reading('one', AT + HOUR, [row(10, 40)])], AT + HOUR);
    expect(input(AT + HOUR)).toBe(10_000_000);
  });

  it('tells a unit error once, and goes on with the last good price', () => {
    const { table, input } = tableOf();
    table.applyReadings([reading('one', AT, [row(2, 8)])], AT);
    const bad = (hours: number) =>
      table.applyReadings([reading('one', AT + hours * HOUR, [row(200, 800)])], AT + hours * HOUR).changes;
    expect(bad(1)).toMatchObject([{ verdict: 'rejected', after: { status: 'single' } }]);
    expect(bad(2)).toEqual([]);
    expect(input(AT + 3 * HOUR)).toBe(2_000_000);
  });

  it('is released from a hold by a person, for the price that person has seen and no other', () => {
    const { table, input } = tableOf();
    const release = (usd: number) => {
      const prices = { input_usd_per_mtok: usd, output_usd_per_mtok: usd * 4 };
      const said = { by: 'ada', reason: 'their price list says so', at: new Date(AT + HOUR).toISOString() };
      table.setReleases(parseReleases(releaseLine({ offer: O3, ...prices, ...said })));
      return table.applyReadings([], AT + 2 * HOUR).changes;
    };
    table.applyReadings([reading('one', AT, [row(30, 120)])], AT);
    table.applyReadings([reading('one', AT + HOUR, [row(2, 8)])], AT + HOUR);
    expect(release(1)).toEqual([]);
    expect(input(AT + 2 * HOUR)).toBe(30_000_000);
    expect(release(2)).toMatchObject([
      { verdict: 'released', reason: 'released by ada: their price list says so', after: { status: 'single' } },
    ]);
    expect(input(AT + 2 * HOUR)).toBe(2_000_000);
    // Said once: the next reading of the same price is no news.
    expect(table.applyReadings([reading('one', AT + 3 * HOUR, [row(2, 8)])], AT + 3 * HOUR).changes).toEqual([]);
  });

  it('adds up small cuts within a week, and lets them go on once they are confirmed', () => {
    const { table, input } = tableOf();
    const say = (hours: number, usd: number) =>
      table.applyReadings([reading('one', AT + hours * HOUR, [row(usd, usd * 4)])], AT + hours * HOUR).changes;
    say(0, 10);
    expect(say(1, 5)).toMatchObject([{ verdict: 'applied', reason: '2×' }]);
    expect(say(2, 2.5)).toMatchObject([
      { verdict: 'held', reason: 'held: 5/20 → 2.5/10, 4× in small cuts needs a second source or twelve hours' },
    ]);
    expect(input(AT + 2 * HOUR)).toBe(5_000_000);
    expect(say(14, 2.5)).toMatchObject([{ verdict: 'applied' }]);
    // From the confirmed price the counting starts again.
    expect(say(15, 1.5)).toMatchObject([{ verdict: 'applied' }]);
    expect(say(16, 0.7)).toMatchObject([{ verdict: 'held' }]);
  });

  it('takes up after a restart what was believed before it', () => {
    const { table, input } = tableOf(seedOf(2, 8));
    const before = tableOf();
    before.table.applyReadings([reading('one', AT, [row(0.3, 1.2)])], AT);
    table.restore(before.table.all(AT));
    expect(input(AT)).toBe(300_000);
    const { changes } = table.applyReadings([reading('one', AT + HOUR, [row(0.3, 1.2)])], AT + HOUR);
    expect(changes.filter(({ verdict }) => verdict !== 'applied')).toEqual([]);
    expect(input(AT + HOUR)).toBe(300_000);
  });

  it('stands elsewhere as it stands here once its standings are installed', () => {
    const here = tableOf();
    here.table.applyReadings([reading('one', AT, [row(10, 40)])], AT);
    here.table.applyReadings([reading('one', AT + HOUR, [row(2, 8)])], AT + HOUR);
    const there = tableOf();
    there.table.install([...here.table.standings()], here.table.precedences());
    expect(there.input(AT + HOUR)).toBe(10_000_000);
    expect(there.table.at(O3, AT + HOUR)?.status).toBe('held');
    // The wait goes on, it does not begin again.
    const later = AT + 14 * HOUR;
    expect(there.table.applyReadings([reading('one', later, [row(2, 8)])], later).changes).toMatchObject([
      { verdict: 'applied', reason: '5×, seen again after twelve hours' },
    ]);
  });

  it('begins a dated price on its day without a new reading', () => {
    const { table, input } = tableOf();
    const scheduled = row(4, 16, { effectiveFrom: AT + DAY });
    table.applyReadings([reading('one', AT, [row(2, 8), scheduled])], AT);
    expect(input(AT)).toBe(2_000_000);
    expect(table.applyReadings([], AT + DAY).changes).toHaveLength(1);
    expect([input(AT + DAY - 1), input(AT + DAY)]).toEqual([2_000_000, 4_000_000]);
  });

  it('freezes a feed in which everything jumps, and believes it when it persists', () => {
    const many = (factor: number) =>
      Array.from({ length: 30 }, (_, index) => row(factor * (1 + index), factor * 40, { wireId: `model-${index}` }));
    const { table } = tableOf();
    const offer = offerKey('openai', modelKey('openai/model-3'));
    const input = (at: number) => basePrice(table.at(offer, at)?.rates ?? [], 'input');
    table.applyReadings([reading('one', AT, many(1))], AT);
    const at = (hours: number) =>
      table.applyReadings([reading('one', AT + hours * HOUR, many(2.5))], AT + hours * HOUR);
    expect(at(1).frozen).toEqual([{ feed: 'one', reason: '30 of 30 prices changed 2× at once' }]);
    expect(input(AT + HOUR)).toBe(4_000_000);
    expect(at(6).frozen).toHaveLength(1);
    expect(at(14).frozen).toEqual([]);
    expect(input(AT + 14 * HOUR)).toBe(10_000_000);
  });

  it('says when a price has not been seen for long, and trusts it less', () => {
    const { table } = tableOf();
    table.applyReadings([reading('one', AT, [row(2, 8)])], AT);
    const later = table.at(O3, AT + 10 * DAY);
    expect(later).toMatchObject({ status: 'stale', reasons: ['single, last seen 10 days ago'] });
    expect(later?.confidence).toBeLessThan(table.at(O3, AT)?.confidence ?? 0);
    expect(table.at(O3, AT + DAY)?.status).toBe('single');
  });

  it('gives the same sheet to everybody who asks within the hour', () => {
    const { table } = tableOf(seedOf(2, 8));
    expect(table.at(O3, AT)).toBe(table.at(O3, AT + 1000));
  });

  it('lets an override win over everything, and end', () => {
    const { table, input } = tableOf(seedOf(2, 8));
    const entry = '{ offer: "openai:*", price: { input: $1/M }, from: 2026-11-01, until: 2026-12-01, reason: deal }';
    expect(input(AT)).toBe(2_000_000);
    table.setOverrides(parseOverrides(`version: 1\noverrides:\n  - ${entry}`).overrides);
    expect(table.at(O3, AT)).toMatchObject({ status: 'override', reasons: ['override: deal'] });
    expect([input(AT), input(AT + 30 * DAY)]).toEqual([1_000_000, 2_000_000]);
  });
});

describe('the bundled list in the table', () => {
  it('serves a first start without any feed', () => {
    const { table, input } = tableOf(seedOf(2, 8));
    expect(input(AT)).toBe(2_000_000);
    expect(table.at(O3, AT)?.reasons[0]).toBe('verified, last seen 90 days ago');
    expect(table.all(AT).map((sheet) => sheet.offer)).toEqual([O3]);
  });

  it('speaks for feeds that have not answered yet, so that one answer does not undo what two had verified', () => {
    const { table } = tableOf(seedOf(2, 8));
    table.applyReadings([reading('one', AT, [row(2, 8)])], AT);
    expect(table.at(O3, AT)?.status).toBe('verified');
  });

  it('does not outlive a feed that has answered', () => {
    const { table, input } = tableOf(seedOf(2, 8));
    table.applyReadings([reading('one', AT, [row(1, 4)]), reading('two', AT, [row(1, 4)])], AT);
    expect(table.at(O3, AT)?.status).toBe('verified');
    expect(input(AT)).toBe(1_000_000);
  });

  it('is the price before, for the quarantine', () => {
    const { table } = tableOf(seedOf(2, 8));
    const at = (hours: number, ...names: string[]) =>
      table.applyReadings(
        names.map((name) => reading(name, AT + hours * HOUR, [row(0.1, 0.4)])),
        AT + hours * HOUR,
      ).changes;
    expect(at(0, 'three')).toMatchObject([{ before: { revision: 'bundled-test' }, verdict: 'held' }]);
    expect(at(1, 'one')).toMatchObject([{ verdict: 'applied', reason: '20×, stated by 2 independent sources' }]);
  });
});

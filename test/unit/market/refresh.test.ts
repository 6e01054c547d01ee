import { describe, expect, it } from 'vitest';
import { priceFromUsdPerMillion } from '../../../src/core/money.ts';
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import type { Feed, FeedReading } from '../../../src/core/ports.ts';
import { basePrice } from '../../../src/market/rates.ts';
import { createRefresh, type RefreshDeps } from '../../../src/market/refresh.ts';
import type { PriceChange } from '../../../src/market/sheet-book.ts';
import { createPriceTable } from '../../../src/market/sheets.ts';
import { createFakeClock } from '../../support/clock.ts';

const HOUR_MS = 3_600_000;
const OFFER = offerKey('lumen', modelKey('lumen/spark'));

/** Plays readings one after the other; an Error is thrown, undefined means unchanged, the last one repeats. */
type Answer = { readonly input: number } | undefined | Error;

const scriptedFeed = (name: string, answers: readonly Answer[], now: () => number): Feed & { reads: number } => ({
  name,
  lineage: name,
  precedence: 1,
  reads: 0,
  async read(): Promise<FeedReading | undefined> {
    const answer = answers[Math.min(this.reads, answers.length - 1)];
    this.reads += 1;
    if (answer instanceof Error) throw answer;
    if (answer === undefined) return undefined;
    const rates = [
      { meter: 'input', price: priceFromUsdPerMillion(answer.input) },
      { meter: 'output', price: priceFromUsdPerMillion(answer.input * 4) },
    ] as const;
    const rows = [{ provider: 'lumen', wireId: 'spark', sheet: { rates } }];
    return { revision: `${name}-${this.reads}`, observedAt: now(), rows, skipped: [] };
  },
});

const stage = (scripts: readonly (readonly Answer[])[], change: Partial<RefreshDeps> = {}) => {
  const clock = createFakeClock();
  const feeds = scripts.map((answers, index) => scriptedFeed(`feed${index + 1}`, answers, clock.now));
  const table = createPriceTable({
    canonicalise: () => ({ model: modelKey('lumen/spark'), variants: [], known: true }),
  });
  const changes: PriceChange[] = [];
  const faults: (readonly [feed: string, why: string])[] = [];
  const refresh = createRefresh({
    feeds: feeds.map((feed) => ({ feed, everyMs: HOUR_MS })),
    table,
    clock,
    rng: { next: () => 0.5 },
    mayRead: () => Promise.resolve(true),
    onChange: (each) => changes.push(each),
    onFault: (feed, why) => faults.push([feed, why]),
    ...change,
  });
  const input = () => basePrice(table.at(OFFER, clock.now())?.rates ?? [], 'input');
  return { clock, feeds, table, changes, faults, refresh, input };
};

describe('the refresh', () => {
  it('reads everything at the start and puts it in force', async () => {
    const { refresh, feeds, changes, faults, input } = stage([[{ input: 1 }]]);
    expect(input()).toBeUndefined();
    await refresh.due();
    expect(feeds[0]?.reads).toBe(1);
    expect(input()).toBe(1_000_000);
    expect(changes).toMatchObject([{ offer: OFFER, verdict: 'applied' }]);
    expect(faults).toEqual([]);
  });

  it('reads again when the interval has passed, and not before', async () => {
    const { refresh, feeds, clock, input } = stage([[{ input: 1 }, { input: 2 }]]);
    await refresh.due();
    clock.advance(HOUR_MS - 1);
    await refresh.due();
    expect(feeds[0]?.reads).toBe(1);
    clock.advance(1);
    await refresh.due();
    expect(feeds[0]?.reads).toBe(2);
    expect(input()).toBe(2_000_000);
  });

  it.each([-10 * HOUR_MS, 10 * HOUR_MS])(
    'goes by time that passes, not by a wall clock that jumps by %i ms',
    async (by) => {
      const clock = createFakeClock();
      let jump = 0;
      const { refresh, feeds } = stage([[{ input: 1 }]], { clock: { ...clock, now: () => clock.now() + jump } });
      await refresh.due();
      jump = by;
      await refresh.due();
      expect(feeds[0]?.reads).toBe(1);
      clock.advance(HOUR_MS);
      await refresh.due();
      expect(feeds[0]?.reads).toBe(2);
    },
  );

  it.each([
    [0, 0.95],
    [0.999, 1.05],
  ])('spreads readings over a tenth of the interval: luck %d, %d hours', async (luck, hours) => {
    const { refresh, feeds, clock } = stage([[{ input: 1 }]], { rng: { next: () => luck } });
    await refresh.due();
    clock.advance(HOUR_MS * (hours - 0.01));
    await refresh.due();
    expect(feeds[0]?.reads).toBe(1);
    clock.advance(HOUR_MS * 0.02);
    await refresh.due();
    expect(feeds[0]?.reads).toBe(2);
  });

  it('keeps the last good reading through a fault, reports it, and tries again in time', async () => {
    const { refresh, clock, faults, input } = stage([[{ input: 1 }, new Error('503'), { input: 1.5 }]]);
    await refresh.due();
    clock.advance(HOUR_MS);
    await refresh.due();
    expect(faults).toEqual([['feed1', '503']]);
    expect(input()).toBe(1_000_000);
    clock.advance(HOUR_MS);
    await refresh.due();
    expect(input()).toBe(1_500_000);
  });

  it('does not let one feed fail another', async () => {
    const { refresh, faults, input } = stage([[new Error('down')], [{ input: 3 }]]);
    await refresh.due();
    expect(faults).toEqual([['feed1', 'down']]);
    expect(input()).toBe(3_000_000);
  });

  it('reports a reading that cannot be believed and keeps the one before', async () => {
    const empty = { ...scriptedFeed('feed1', [], () => 0), read: () => Promise.resolve(nothing) };
    const nothing: FeedReading = { revision: '2', observedAt: 0, rows: [], skipped: [] };
    const { refresh, faults } = stage([], { feeds: [{ feed: empty, everyMs: HOUR_MS }] });
    await refresh.all();
    expect(faults).toEqual([['feed1', 'the feed is empty']]);
  });

  it('takes "unchanged" for having seen the prices again', async () => {
    const ageAfter = async (second: Answer) => {
      const { refresh, clock, table } = stage([[{ input: 1 }, second]]);
      await refresh.due();
      clock.advance(10 * 24 * HOUR_MS);
      await refresh.due();
      return table.at(OFFER, clock.now());
    };
    const confirmed = await ageAfter(undefined);
    const unread = await ageAfter(new Error('timeout'));
    expect(confirmed?.status).toBe('single');
    expect(unread?.status).toBe('stale');
    expect(confirmed?.confidence).toBeGreaterThan(unread?.confidence ?? 1);
  });

  it('leaves a feed alone while another process has the lease', async () => {
    const leases: (readonly [feed: string, forMs: number])[] = [];
    const mayRead = (feed: string, forMs: number) => {
      leases.push([feed, forMs]);
      return Promise.resolve(leases.length > 1);
    };
    const { refresh, feeds, clock, input } = stage([[{ input: 1 }]], { mayRead });
    await refresh.due();
    expect(feeds[0]?.reads).toBe(0);
    expect(input()).toBeUndefined();
    clock.advance(HOUR_MS);
    await refresh.due();
    expect(leases).toEqual([
      ['feed1', HOUR_MS / 2],
      ['feed1', HOUR_MS / 2],
    ]);
    expect(input()).toBe(1_000_000);
  });

  it('reads everything when it is told to, due or not', async () => {
    const { refresh, feeds } = stage([[{ input: 1 }], [{ input: 1 }]]);
    await refresh.due();
    await refresh.all();
    expect(feeds.map(({ reads }) => reads)).toEqual([2, 2]);
  });

  it('stops what is being read', async () => {
    const feed: Feed = {
      name: 'slow',
      lineage: 'slow',
      precedence: 1,
      read: (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }),
        ),
    };
    const { refresh, faults } = stage([], { feeds: [{ feed, everyMs: HOUR_MS }] });
    const reading = refresh.all();
    await Promise.resolve();
    refresh.stop();
    await reading;
    expect(faults).toEqual([['slow', 'stopped']]);
  });
});

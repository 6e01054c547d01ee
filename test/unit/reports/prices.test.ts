import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../src/core/decision.ts';
import { priceFromUsdPerMillion } from '../../../src/core/money.ts';
import type { Rate } from '../../../src/core/price.ts';
import type { BillCheck, HistoryRange, PriceRecord } from '../../../src/core/price-history.ts';
import type { Range } from '../../../src/core/ledger.ts';
import { priceReport } from '../../../src/reports/prices.ts';
import { DAY_MS, keyOf, START_MS } from '../../support/ledger.ts';
import { sampleDecision, sampleOffer, sampleQuote, sampleRung, sampleSheet } from '../../support/sample.ts';

const SPARK = 'lumen:lumen/spark';
const TITAN = 'orion:orion/titan';
const NOW = START_MS + DAY_MS;

const rates = (input: number, output: number): readonly Rate[] => [
  { meter: 'input', price: priceFromUsdPerMillion(input) },
  { meter: 'output', price: priceFromUsdPerMillion(output) },
];

const record = (
  offer: string,
  before: readonly Rate[] | undefined,
  after: readonly Rate[],
  more = {},
): PriceRecord => ({
  offer: keyOf(offer),
  verdict: 'applied',
  reason: '2×',
  observedAt: START_MS,
  ...(before ? { before } : {}),
  sheet: { ...sampleSheet(sampleOffer(offer), { input: 1, output: 2 }), rates: after, effectiveFrom: START_MS - 1_000 },
  source: { feed: 'models.dev', revision: 'a', observedAt: START_MS },
  ...more,
});

const spark = sampleRung(sampleQuote(sampleOffer(SPARK), { input: 1, output: 2 }));
const titan = {
  ...sampleRung(sampleQuote(sampleOffer(TITAN), { input: 10, output: 20 })),
  quality: { mean: 0.9, sd: 0.1 },
};

const report = async (
  changes: readonly PriceRecord[],
  decisions: readonly Decision[],
  bills: readonly BillCheck[] = [],
) => {
  const asked: { range?: HistoryRange; traffic?: Range } = {};
  const made = await priceReport(
    {
      prices: {
        within: async (range) => {
          asked.range = range;
          return changes;
        },
      },
      traffic: {
        decisions: async function* (range) {
          asked.traffic = range;
          yield decisions.slice(0, 2);
          yield decisions.slice(2);
        },
      },
      billChecks: bills,
    },
    { range: { from: NOW - 7 * DAY_MS, to: NOW + 1 }, now: NOW },
  );
  return { ...made, asked };
};

const hundred = Array.from({ length: 100 }, (_, at) =>
  sampleDecision(at < 18 ? [spark, titan] : [spark], { requestId: `r${at}`, at: NOW - at }),
);

describe('the price report', () => {
  it('says what changed, when and by whom, and which share of yesterday’s traffic it would have moved', async () => {
    const { json, asked } = await report([record(TITAN, rates(10, 20), rates(4, 8))], hundred);
    expect(json.changes).toHaveLength(1);
    expect(json.changes[0]).toMatchObject({
      offer: TITAN,
      verdict: 'applied',
      source: 'models.dev',
      effective_from: '2026-11-24T11:59:59.000Z',
      observed_at: '2026-11-24T12:00:00.000Z',
      before: { input_usd_per_million: 10, output_usd_per_million: 20 },
      after: { input_usd_per_million: 4, output_usd_per_million: 8 },
      shift: { moved_share: 0.18, toward_requests: 18, away_requests: 0, concerned_requests: 18 },
    });
    expect(json.changes[0]?.change).toBeCloseTo(-0.6, 12);
    expect(json.changes[0]?.shift.moved_usd_share).toBeCloseTo(0.18, 12);
    expect(json.traffic).toMatchObject({ requests: 100, complete: true });
    expect(json.traffic.usd).toBeCloseTo(100 * 0.0005, 9);
    expect(asked.range).toMatchObject({ from: NOW - 7 * DAY_MS, to: NOW + 1 });
    expect(asked.traffic).toEqual({ from: NOW - DAY_MS, to: NOW + 1 });
  });

  it('puts first what matters in money, not what is largest in percent', async () => {
    const { json } = await report(
      [record('nova:nova/mini', rates(1, 2), rates(90, 180)), record(SPARK, rates(1, 2), rates(1.1, 2.2))],
      hundred,
    );
    expect(json.changes.map(({ offer }) => offer)).toEqual([SPARK, 'nova:nova/mini']);
    expect(json.changes[0]?.shift.effect_usd).toBeCloseTo(100 * 0.00005, 9);
  });

  it('judges what is held or rejected by what was proposed', async () => {
    const held = record(TITAN, rates(10, 20), rates(10, 20), { verdict: 'held', proposed: rates(4, 8) });
    const { json } = await report([held], hundred);
    expect(json.changes[0]).toMatchObject({ verdict: 'held', after: { input_usd_per_million: 4 } });
    expect(json.changes[0]?.shift.toward_requests).toBe(18);
  });

  it('leaves out what changed nothing but the status, in whatever order the lines stand, and counts it', async () => {
    const same = record(TITAN, rates(10, 20), rates(10, 20).toReversed());
    const cache = record(TITAN, rates(10, 20), [
      ...rates(10, 20),
      { meter: 'cached_input', price: priceFromUsdPerMillion(1) },
    ]);
    const { json } = await report([same, cache], hundred);
    expect(json).toMatchObject({ status_only: 1, changes: [{ change: 0 }] });
  });

  it('reads in a terminal with the sentence people ask for and how it is estimated', async () => {
    const bills = { offer: keyOf(SPARK), standing: 'steady', ratio: 1.05, spread: 0, calls: 40 } as const;
    const { text } = await report([record(TITAN, rates(10, 20), rates(4, 8))], hundred, [bills]);
    const lines = text().split('\n');
    expect(lines[0]).toContain('would move');
    expect(lines[2]).toContain('$10 / $20');
    expect(text()).toContain('orion:orion/titan shifts 18.0 % of the last day’s 100 requests, 18.0 % of its dollars.');
    expect(text()).toContain('lumen:lumen/spark bills 1.050× its price sheet over 40 calls (steady).');
    expect(lines.at(-1)).toContain('nothing is drawn anew');
  });

  it('says when there is nothing to say', async () => {
    expect((await report([], hundred)).text()).toBe('No price changed.');
    const quiet = await report([record(TITAN, undefined, rates(4, 8))], []);
    expect(quiet.text()).toContain('There was no traffic in the last day to decide again.');
    expect(quiet.json.changes[0]).toMatchObject({ before: null, change: null, shift: { moved_share: 0 } });
  });

  it('is a row a change in a spreadsheet', async () => {
    const { csv } = await report([record(TITAN, rates(10, 20), rates(4, 8))], hundred);
    const [head = '', row = ''] = csv().split('\r\n');
    const cells = Object.fromEntries(head.split(',').map((name, at) => [name, row.split(',')[at]]));
    expect(cells).toMatchObject({ offer: TITAN, before_input: '10', after_output: '8', moved_share: '0.18' });
  });

  it('stops at its bound and says that the day was longer', async () => {
    const endless: Decision[] = Array.from({ length: 50_001 }, () => sampleDecision([spark]));
    const { json, text } = await report([record(TITAN, rates(10, 20), rates(4, 8))], endless);
    expect(json.traffic).toMatchObject({ requests: 50_000, complete: false });
    expect(text()).toContain('Only the newest 50000 requests of the day are decided again.');
  });
});

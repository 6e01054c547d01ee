import { describe, expect, it } from 'vitest';
import type { BillCheck, PriceRecord } from '../../../src/core/price-history.ts';
import { ENDPOINTS } from '../../../src/http/endpoints.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { createFakeClock } from '../../support/clock.ts';
import { buildServer, type Scene } from '../../support/http-server.ts';
import { fullDecision, START_MS } from '../../support/ledger.ts';
import { sampleOffer, sampleSheet } from '../../support/sample.ts';

const spark = sampleOffer('lumen:lumen/spark');
const HOUR = 3_600_000;

const sheetAt = (input: number, at: number) => ({
  ...sampleSheet(spark, { input, output: 2 * input }),
  revision: `r${input}`,
  effectiveFrom: at,
  observedAt: at,
});

const change = (input: number, at: number, more: Partial<PriceRecord> = {}): PriceRecord => ({
  offer: spark.key,
  verdict: 'applied',
  reason: '2×',
  observedAt: at,
  sheet: sheetAt(input, at),
  ...more,
});

const changes = [
  change(1, START_MS),
  change(1, START_MS + HOUR, {
    verdict: 'rejected',
    reason: 'unit error: 10^3 from the price before',
    before: sheetAt(1, 0).rates,
    proposed: sheetAt(1_000, 0).rates,
    sheet: sheetAt(1, START_MS),
  }),
  change(2, START_MS + 2 * HOUR, { before: sheetAt(1, 0).rates }),
];
const bills: BillCheck = { offer: spark.key, standing: 'steady', ratio: 1.05, spread: 0.001, calls: 40 };
const bundled = sheetAt(0.5, START_MS - HOUR);
const scene: Scene = {
  changes,
  decisions: [fullDecision('r1')],
  billChecks: [bills],
  clock: createFakeClock(START_MS + 3 * HOUR),
  deps: { market: { offers: () => [], sellers: () => [], nearest: () => [], history: () => [bundled, sheetAt(2, 0)] } },
};

const get = async (url: string, more: Scene = {}) => {
  const answer = await buildServer({ ...scene, ...more }).app.inject({ method: 'GET', url });
  return {
    status: answer.statusCode,
    json: () => answer.json(),
    body: answer.body,
    type: answer.headers['content-type'],
  };
};
const history = async (query: string) => (await get(`/v1/prices/history?offer=${spark.key}${query}`)).json().data;
const inputs = (data: readonly { rates: readonly { usd_per_million: number }[] }[]) =>
  data.map(({ rates }) => rates[0]?.usd_per_million);
const iso = (ms: number): string => new Date(ms).toISOString();

describe('GET /v1/prices/history', () => {
  it('begins with the bundled list and gives every change with its verdict, its reason and both prices', async () => {
    const data = await history('');
    expect(inputs(data)).toEqual([0.5, 1, 1, 2]);
    expect(data[0]).toMatchObject({ reason: 'known at start', before: null });
    expect(data[2]).toMatchObject({
      verdict: 'rejected',
      reason: 'unit error: 10^3 from the price before',
      changed_at: iso(START_MS + HOUR),
      proposed: [{ meter: 'input', usd_per_million: 1_000 }, {}],
    });
    expect(data[3]).toMatchObject({ verdict: 'applied', before: [{ usd_per_million: 1 }, {}], proposed: null });
  });

  it('keeps to a stretch of time and to the newest so many', async () => {
    expect(inputs(await history(`&from=${iso(START_MS)}&to=${iso(START_MS + 2 * HOUR)}`))).toEqual([1, 1]);
    expect(inputs(await history('&limit=1'))).toEqual([2]);
    expect((await get(`/v1/prices/history?offer=${spark.key}&limit=0`)).status).toBe(400);
    expect((await get(`/v1/prices/history?offer=${spark.key}&from=yesterday`)).json().error.param).toBe('from');
  });

  it('says what held at an instant, as far as was known at another', async () => {
    const at = iso(START_MS + 150 * 60_000);
    expect(inputs(await history(`&at=${at}`))).toEqual([2]);
    const then = await history(`&at=${at}&known_at=${iso(START_MS + HOUR)}`);
    expect(inputs(then)).toEqual([1]);
    expect(then[0].verdict).toBe('applied');
    expect(await history(`&at=${iso(0)}`)).toEqual([]);
  });
});

describe('GET /v1/reports/prices', () => {
  it('is described to the last field', async () => {
    for (const path of ['/v1/prices/history', '/v1/reports/prices']) {
      const answer = (await get(path === '/v1/prices/history' ? `${path}?offer=${spark.key}` : path)).json();
      const schema = ENDPOINTS.find((endpoint) => endpoint.path === path)?.answers['application/json'];
      expect(schema?.parse(answer)).toEqual(answer);
    }
  });

  it('gives the changes, the bills and how the shares are estimated, as JSON or CSV', async () => {
    const { json } = await get('/v1/reports/prices?since=1d');
    expect(json()).toMatchObject({
      traffic: { requests: 1, complete: true },
      estimate: expect.stringContaining('nothing is drawn anew'),
      bills: [{ offer: spark.key, standing: 'steady', billed_ratio: 1.05, calls: 40 }],
    });
    const csv = await get('/v1/reports/prices?format=csv');
    expect(csv.type).toContain('text/csv');
    expect(csv.body.split('\r\n')).toHaveLength(5);
  });

  it('refuses a period that is none', async () => {
    expect((await get('/v1/reports/prices?since=soon')).json().error.param).toBe('since');
  });
});

describe('the metrics of prices', () => {
  it('count changes by verdict and what was lost, and show a ratio only once there are bills enough', async () => {
    const few = { ...bills, offer: sampleOffer('orion:orion/titan').key, calls: 19 };
    const { registry } = createMetrics({
      known: { policy: () => true, provider: () => true, offer: () => true },
      prices: () => ({ changes: { applied: 3, held: 1 }, lost: 2, billChecks: [bills, few] }),
      process: false,
    });
    for (let again = 0; again < 2; again++) {
      const text = await registry.metrics();
      expect(text).toContain('bourse_price_changes_total{verdict="applied"} 3');
      expect(text).toContain('bourse_price_history_lost_total 2');
      expect(text).toContain('bourse_billed_ratio{offer="lumen:lumen/spark"} 1.05');
      expect(text).not.toContain('bourse_billed_ratio{offer="orion');
    }
  });
});

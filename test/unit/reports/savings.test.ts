import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Range, SpendKey, SpendRow } from '../../../src/core/ledger.ts';
import { nanoUsd } from '../../../src/core/money.ts';
import type { Ledger } from '../../../src/core/ports.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { measure } from '../../../src/reports/control.ts';
import { savingsReport } from '../../../src/reports/savings.ts';
import { spendReport } from '../../../src/reports/spend.ts';
import { emptyRow, minusRow, totalRow } from '../../../src/reports/spend-rows.ts';
import { attemptOf, wholeRequest } from '../../support/ledger.ts';
import { seededRng } from '../../support/rng.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-reports-'));
let ledger: Ledger;
const RANGE: Range = { from: 0, to: Number.POSITIVE_INFINITY };

/** Requests that cost about `mean` nano-dollars, one by one, seeded. */
const crowd = (
  name: string,
  count: number,
  mean: number,
  baseline: number,
  reason: 'objective' | 'holdout' | 'pinned',
) => {
  const rng = seededRng(count + mean);
  return Array.from({ length: count }, (_, index) => {
    const id = `${name}-${reason}-${index}`;
    const cost = nanoUsd(Math.round(mean * (0.5 + rng.next())));
    return wholeRequest(id, {
      decision: { policy: name, reason },
      outcome: { attempts: [attemptOf(id, { cost })], baselineCost: nanoUsd(baseline) },
    });
  }).flat();
};

beforeAll(async () => {
  ledger = await openSqliteLedger({ path: join(folder, 'ledger.db') });
  await ledger.append([
    ...crowd('thrifty', 400, 1_000_000, 4_000_000, 'objective'),
    ...crowd('thrifty', 60, 4_000_000, 4_000_000, 'holdout'),
    ...crowd('thrifty', 10, 90_000_000, 4_000_000, 'pinned'),
    ...crowd('lavish', 50, 9_000_000, 4_000_000, 'objective'),
    ...crowd('lavish', 5, 4_000_000, 4_000_000, 'holdout'),
    ...wholeRequest('broken', {
      decision: { policy: 'lonely' },
      outcome: {
        status: 'failed',
        attempts: [
          attemptOf('broken', { cost: nanoUsd(300), costStatus: 'estimated', result: 'timeout' }),
          attemptOf('broken', { attempt: 2, cost: nanoUsd(7_000), costStatus: 'ambiguous', result: 'interrupted' }),
        ],
      },
    }),
  ]);
});
afterAll(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

const lineOf = async (key: string, by: SpendKey = 'policy') => {
  const { json } = await savingsReport({ ledger }, { range: RANGE, by });
  return json.rows.find((row) => row.key === key);
};

describe('the savings report', () => {
  it('compares what we chose with the baseline, without the holdout and what callers pinned', async () => {
    const line = await lineOf('thrifty');
    expect([line?.requests, line?.compared, line?.baseline_usd]).toEqual([400, 400, 1.6]);
    expect(line?.saved_usd).toBeCloseTo(1.2, 1);
    expect(line?.saved_share).toBeCloseTo(0.75, 1);
  });

  it('measures the same by the control group, with an interval around it', async () => {
    const measured = (await lineOf('thrifty'))?.measured;
    expect([measured?.holdout_requests, measured?.routed_requests, measured?.thin]).toEqual([60, 400, false]);
    const [low = 0, high = 0] = measured?.interval_usd ?? [];
    expect(low).toBeGreaterThan(0.9);
    expect(high).toBeLessThan(1.5);
    expect((low + high) / 2).toBeCloseTo(measured?.saved_usd ?? 0, 9);
  });

  it('shows a loss as a loss, and calls a thin holdout thin', async () => {
    const line = await lineOf('lavish');
    expect(line?.saved_usd).toBeLessThan(-0.2);
    expect(line?.measured?.saved_usd).toBeLessThan(0);
    expect(line?.measured?.thin).toBe(true);
    const { text } = await savingsReport({ ledger }, { range: RANGE, by: 'policy' });
    expect(text()).toMatch(/lavish .*−\$0\.2/);
  });

  it('says how much of the cost is exact, estimated and ambiguous', async () => {
    expect(await lineOf('lonely')).toMatchObject({
      exact_usd: 0,
      estimated_usd: 0.0000003,
      ambiguous_usd: 0.000007,
      at_worst_usd: -0.000007,
      saved_share: null,
      measured: null,
    });
  });

  it('adds the policies’ measurements and does not pool their requests', async () => {
    const { json } = await savingsReport({ ledger }, { range: RANGE, by: 'policy' });
    const sum = json.rows.reduce((total, row) => total + (row.measured?.saved_usd ?? 0), 0);
    expect(json.total.measured?.saved_usd).toBeCloseTo(sum, 12);
    expect(json.total.measured?.holdout_requests).toBe(65);
    expect(json.total.requests).toBe(451);
  });

  it('measures nothing by provider, where the two groups do not share rows', async () => {
    const { json } = await savingsReport({ ledger }, { range: RANGE, by: 'provider' });
    expect(json.total.measured).toBeNull();
    expect(json.total.saved_usd).toBeCloseTo(
      (await savingsReport({ ledger }, { range: RANGE, by: 'day' })).json.total.saved_usd,
      12,
    );
  });

  it('takes off what probes cost, which saved nobody anything', async () => {
    const probes = { ...emptyRow('(probes)'), attempts: 3, cost: nanoUsd(5_000), overheadCost: nanoUsd(5_000) };
    const withProbes = {
      spend: async (range: Range, by: SpendKey) =>
        range.reason === undefined ? [...(await ledger.spend(range, by)), probes] : ledger.spend(range, by),
    };
    const [plain, net] = await Promise.all(
      [ledger, withProbes].map((each) => savingsReport({ ledger: each }, { range: RANGE, by: 'policy' })),
    );
    expect(net?.json.total.overhead_usd).toBe(0.000005);
    expect(net?.json.total.saved_usd).toBeCloseTo((plain?.json.total.saved_usd ?? 0) - 0.000005, 12);
    expect(net?.json.total.baseline_usd).toBe(plain?.json.total.baseline_usd);
    expect(net?.json.total.requests).toBe(plain?.json.total.requests);
    expect(net?.json.total.measured).toEqual(plain?.json.total.measured);
    expect(net?.text()).toContain('Probes cost $0.000005, taken off.');
  });

  it('is the same as CSV', async () => {
    const { csv } = await savingsReport({ ledger }, { range: RANGE, by: 'policy' });
    const lines = csv().trimEnd().split('\r\n');
    expect(lines[0]).toMatch(
      /^policy,requests,compared,cost_usd,baseline_usd,overhead_usd,saved_usd,.*,measured_high_usd$/,
    );
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map((line) => line.split(',').length)).size).toBe(1);
  });
});

describe('the spend report', () => {
  it('has the ledger’s rows, their total, and the same as CSV and as text', async () => {
    const { json, csv, text } = await spendReport({ ledger }, { range: RANGE, by: 'policy' });
    expect(json.rows.map((row) => [row.key, row.requests])).toEqual([
      ['thrifty', 470],
      ['lavish', 55],
      ['lonely', 1],
    ]);
    expect(json.total).toMatchObject({ key: 'total', requests: 526, failed: 1, ambiguous_usd: 0.000007 });
    expect(csv().split('\r\n')[0]).toBe(
      'policy,requests,failed,cancelled,attempts,cost_usd,overhead_usd,estimated_usd,ambiguous_usd,ambiguous,quality,judged',
    );
    expect(text().split('\n')).toHaveLength(2 + 3 + 1);
  });
});

describe('the control group', () => {
  /** Costs in dollars. */
  const rowOf = (costs: readonly number[]): SpendRow => ({
    ...emptyRow('x'),
    requests: costs.length,
    cost: nanoUsd(Math.round(costs.reduce((sum, cost) => sum + cost, 0) * 1e9)),
    costSquares: costs.reduce((sum, cost) => sum + cost ** 2, 0),
  });

  it('agrees with Welch by hand', () => {
    const measured = measure(rowOf([1, 2, 3]), rowOf([4, 6]));
    // Means 2 and 5; variances of the means 1/3 and 2/2.
    expect(measured?.perRequest).toBeCloseTo(3, 9);
    const half = 1.959964 * Math.sqrt(1 / 3 + 1);
    expect(measured?.perRequestInterval[0]).toBeCloseTo(3 - half, 2);
    expect(measured?.interval[1]).toBeCloseTo(3 * (3 + half), 2);
  });

  it('covers the true difference about as often as it says', () => {
    const rng = seededRng(11);
    const draw = (count: number, scale: number) =>
      Array.from({ length: count }, () => scale * -Math.log(1 - rng.next()));
    const runs = 2_000;
    let covered = 0;
    for (let run = 0; run < runs; run += 1) {
      const [low, high] = measure(rowOf(draw(200, 1)), rowOf(draw(100, 1.5)))?.perRequestInterval ?? [1, 0];
      if (low <= 0.5 && 0.5 <= high) covered += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.92);
    expect(covered / runs).toBeLessThan(0.97);
  });

  it('says nothing of groups too small to have a spread', () => {
    expect(measure(rowOf([1, 2]), rowOf([3]))).toBeUndefined();
    expect(measure(rowOf([1, 2]), undefined)).toBeUndefined();
  });
});

describe('rows of spend', () => {
  it('add up and come apart again', () => {
    const a = { ...emptyRow('a'), requests: 3, cost: nanoUsd(30), judged: 2, quality: 0.5 };
    const b = { ...emptyRow('b'), requests: 1, cost: nanoUsd(12), judged: 2, quality: 1 };
    const sum = totalRow([a, b]);
    expect(sum).toMatchObject({ key: 'total', requests: 4, cost: 42, judged: 4, quality: 0.75 });
    expect(minusRow(sum, b)).toMatchObject({ requests: 3, cost: 30, judged: 2, quality: 0.5 });
    expect(minusRow(a, undefined)).toBe(a);
  });
});

// What every ledger does, whatever it is kept in.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lesson, SpendKey, SpendRow } from '../../src/core/ledger.ts';
import { nanoUsd } from '../../src/core/money.ts';
import type { OpenedLedger } from '../../src/ledger/recover.ts';
import {
  attemptOf,
  DAY_MS,
  decided,
  fullDecision,
  keyOf,
  outcomeOf,
  said,
  sent,
  settled,
  START_MS,
  wholeRequest,
} from '../support/ledger.ts';

/** `place` names a ledger: opening the same place again finds what was written there. */
export type OpenLedger = (place: string) => Promise<OpenedLedger>;

const collect = async (ledger: OpenedLedger): Promise<{ lessons: Lesson[]; sizes: number[] }> => {
  const lessons: Lesson[] = [];
  const sizes: number[] = [];
  for await (const batch of ledger.lessons()) {
    sizes.push(batch.length);
    lessons.push(...batch);
  }
  return { lessons, sizes };
};

const ALL_TIME = { from: 0, to: Number.POSITIVE_INFINITY };
const byKey = (rows: readonly SpendRow[]) => Object.fromEntries(rows.map((row) => [row.key, row]));

export const ledgerContract = (open: OpenLedger): void => {
  describe('a request', () => {
    let ledger: OpenedLedger;
    beforeAll(async () => {
      ledger = await open('requests');
    });
    afterAll(() => ledger.close());

    it('comes back deep-equal to what went in, sets and odd numbers included', async () => {
      const decision = fullDecision('deep', { exchangeRate: Number.POSITIVE_INFINITY });
      const outcome = outcomeOf('deep', {
        attempts: [
          attemptOf('deep', {
            result: 'rate_limited',
            cost: nanoUsd(0),
            usage: {},
            cause: { sort: 'http', phase: 'headers', status: 429, message: 'slow down \0' },
          }),
          attemptOf('deep', { attempt: 2, billed: nanoUsd(1_001), firstTokenMs: 120.5 }),
        ],
        baselineCost: nanoUsd(9_999),
      });
      await ledger.append([decided(decision, 'key-9'), sent('deep', 1), sent('deep', 2), settled(outcome)]);
      const view = await ledger.request('deep');
      expect(view?.decision).toEqual(decision);
      expect(view?.caller).toBe('key-9');
      expect(view?.outcome).toEqual(outcome);
      expect(view?.dispatches.map((note) => [note.attempt, note.reserved, note.at, note.offer])).toEqual([
        [1, 7_000, START_MS + 1, 'lumen:lumen/spark'],
        [2, 7_000, START_MS + 2, 'lumen:lumen/spark'],
      ]);
      expect(view?.feedback).toEqual([]);
    });

    it('is unknown until it is decided', async () => {
      expect(await ledger.request('nobody')).toBeUndefined();
    });

    it('under way has no outcome yet', async () => {
      await ledger.append([decided(fullDecision('open')), sent('open')]);
      const view = await ledger.request('open');
      expect(view?.outcome).toBeUndefined();
      expect(view?.dispatches).toHaveLength(1);
      await ledger.append([settled(outcomeOf('open'))]);
      expect((await ledger.request('open'))?.outcome?.status).toBe('ok');
    });

    it('told twice is there once, and stays as it was told first', async () => {
      await ledger.append(wholeRequest('twice'));
      const other = outcomeOf('twice', { attempts: [attemptOf('twice', { cost: nanoUsd(5) })] });
      await ledger.append([decided(fullDecision('twice', { policy: 'other' })), sent('twice', 1, 1), settled(other)]);
      const view = await ledger.request('twice');
      expect(view?.decision.policy).toBe('auto');
      expect(view?.dispatches.map((note) => note.reserved)).toEqual([7_000]);
      expect(view?.outcome?.attempts.map((attempt) => attempt.cost)).toEqual([1_000]);
    });

    it('keeps the latest word of each source', async () => {
      await ledger.append(wholeRequest('judged'));
      await ledger.append([said('judged', { score: 0 }), said('judged', { source: 'eval', score: 0.5 })]);
      await ledger.append([said('judged', { score: 1, label: 'good', comment: 'after all \0', at: START_MS })]);
      const view = await ledger.request('judged');
      expect(view?.feedback.map(({ source, score }) => [source, score])).toEqual([
        ['eval', 0.5],
        ['user', 1],
      ]);
      expect(view?.feedback[1]?.comment).toBe('after all \0');
    });

    it('refuses money that is not whole and scores out of range, and only that append', async () => {
      const half = 1.5 as ReturnType<typeof nanoUsd>;
      const bad = { ...outcomeOf('bad'), attempts: [attemptOf('bad', { cost: half })] };
      const results = await Promise.allSettled([
        ledger.append(wholeRequest('good-1')),
        ledger.append([settled(bad)]),
        ledger.append([said('good-1', { score: Number.NaN })]),
        ledger.append(wholeRequest('good-2')),
      ]);
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
      expect(results[1]).toMatchObject({ reason: { code: 'internal' } });
      expect(await ledger.request('good-2')).toBeDefined();
    });

    it('written by 300 callers at once is all there', async () => {
      const ids = Array.from({ length: 300 }, (_, index) => `many-${index}`);
      await Promise.all(ids.map((id) => ledger.append(wholeRequest(id))));
      const views = await Promise.all(ids.map((id) => ledger.request(id)));
      expect(views.every((view) => view?.outcome?.status === 'ok')).toBe(true);
    });
  });

  describe('lessons', () => {
    it('are the answered requests, oldest first, in batches of at most 500', async () => {
      const ledger = await open('lesson-batches');
      const ids = Array.from({ length: 1_201 }, (_, index) => `l${String(index).padStart(4, '0')}`);
      for (const id of ids) void ledger.append(wholeRequest(id));
      await ledger.append([said('l0000', { score: 0.25 })]);
      const { lessons, sizes } = await collect(ledger);
      expect(lessons.map((lesson) => lesson.requestId)).toEqual(ids);
      expect(sizes).toEqual([500, 500, 201]);
      expect(lessons[0]?.reward).toBe(0.25);
      expect(lessons[1]?.reward).toBeUndefined();
      await ledger.close();
    });

    it('name the offer that answered, its tokens, and the weighted mean of the latest scores', async () => {
      const ledger = await open('lesson-fields');
      const attempts = [
        attemptOf('a', { result: 'transient', usage: {} }),
        attemptOf('a', {
          attempt: 2,
          offer: keyOf('orion:orion/titan'),
          usage: { input: 9, output: 30, reasoning: 12 },
        }),
      ];
      await ledger.append(wholeRequest('a', { outcome: { attempts } }));
      await ledger.append([
        said('a', { score: 0 }),
        said('a', { score: 1 }),
        said('a', { source: 'judge', score: 0.5 }),
      ]);
      await ledger.append(wholeRequest('capped', { outcome: { finish: 'length' } }));
      await ledger.append(wholeRequest('failed', { outcome: { status: 'failed', error: 'upstream_exhausted' } }));
      await ledger.append([said('failed', { score: 0 })]);
      const { lessons } = await collect(ledger);
      expect(lessons).toEqual([
        {
          requestId: 'a',
          at: START_MS + 1_000,
          model: 'orion/titan',
          offer: 'orion:orion/titan',
          task: 'chat',
          band: 'easy',
          halfLifeMs: 14 * DAY_MS,
          caller: 'key-1',
          features: '',
          outputTokens: 42,
          // A judge counts half of a user.
          reward: (1 + 0.5 * 0.5) / 1.5,
        },
        expect.not.objectContaining({ outputTokens: expect.anything() }),
      ]);
      expect(lessons[1]?.requestId).toBe('capped');
      await ledger.close();
    });
  });

  describe('spend', () => {
    let ledger: OpenedLedger;
    beforeAll(async () => {
      ledger = await open('spend');
      const at = (days: number) => ({ at: START_MS + days * DAY_MS });
      const failover = [
        attemptOf('s2', { result: 'timeout', cost: nanoUsd(300), costStatus: 'estimated' }),
        attemptOf('s2', { attempt: 2, offer: keyOf('orion:orion/titan'), cost: nanoUsd(2_000) }),
      ];
      const lost = [attemptOf('s3', { result: 'interrupted', cost: nanoUsd(50_000), costStatus: 'ambiguous' })];
      await ledger.append([
        ...wholeRequest('s1', { decision: at(0), outcome: { baselineCost: nanoUsd(4_000) } }),
        ...wholeRequest('s2', { decision: at(0), outcome: { attempts: failover, baselineCost: nanoUsd(1_500) } }),
        ...wholeRequest('s3', {
          decision: { ...at(1), policy: 'support', reason: 'holdout' },
          outcome: { status: 'failed', error: 'stream_interrupted', attempts: lost },
          caller: 'key-2',
        }),
        ...wholeRequest('s4', { decision: { ...at(1), policy: 'support' }, outcome: { status: 'cancelled' } }),
        decided(fullDecision('s5', at(1))),
        sent('s5'),
        said('s1', { score: 1 }),
        said('s1', { source: 'judge', score: 0.25 }),
        said('s2', { score: 0.5 }),
        said('s2', { score: 0 }),
      ]);
    });
    afterAll(() => ledger.close());

    it('has every figure, exact to the nano-dollar', async () => {
      expect(byKey(await ledger.spend(ALL_TIME, 'policy'))).toEqual({
        auto: {
          key: 'auto',
          requests: 2,
          failed: 0,
          cancelled: 0,
          attempts: 3,
          cost: 3_300,
          costSquares: expect.closeTo((1_000 ** 2 + 2_300 ** 2) / 1e18, 25),
          overheadCost: 0,
          estimatedCost: 300,
          ambiguousCost: 0,
          ambiguous: 0,
          baselineCost: 5_500,
          comparedCost: 3_300,
          compared: 2,
          // Of s1 three quarters: the judge counts half; of s2 nothing.
          quality: expect.closeTo(0.375, 12),
          judged: 2,
        },
        support: {
          key: 'support',
          requests: 2,
          failed: 1,
          cancelled: 1,
          attempts: 2,
          cost: 1_000,
          costSquares: expect.closeTo(1_000 ** 2 / 1e18, 25),
          overheadCost: 0,
          estimatedCost: 0,
          ambiguousCost: 50_000,
          ambiguous: 1,
          baselineCost: 0,
          comparedCost: 0,
          compared: 0,
          judged: 0,
        },
      });
    });

    it('puts money under the offer that charged it and the request under the one that answered', async () => {
      const rows = byKey(await ledger.spend(ALL_TIME, 'provider'));
      expect([rows['lumen']?.cost, rows['lumen']?.requests]).toEqual([2_300, 3]);
      expect([rows['orion']?.cost, rows['orion']?.requests, rows['orion']?.comparedCost]).toEqual([2_000, 1, 2_300]);
    });

    const keys: readonly [SpendKey, readonly string[]][] = [
      ['policy', ['auto', 'support']],
      ['model', ['lumen/spark', 'orion/titan']],
      ['provider', ['lumen', 'orion']],
      ['offer', ['lumen:lumen/spark', 'orion:orion/titan']],
      ['caller', ['key-1', 'key-2']],
      ['task', ['chat']],
      ['day', ['2026-11-24', '2026-11-25']],
    ];
    it.each(keys)('adds up to the same total by %s', async (by, expected) => {
      const rows = await ledger.spend(ALL_TIME, by);
      expect(rows.map((row) => row.key).sort()).toEqual(expected);
      expect(rows.reduce((sum, row) => sum + row.cost, 0)).toBe(4_300);
      expect(rows.reduce((sum, row) => sum + row.requests, 0)).toBe(4);
      expect(rows.reduce((sum, row) => sum + row.attempts, 0)).toBe(5);
    });

    it('takes a half-open range of decision times', async () => {
      const day = { from: START_MS, to: START_MS + DAY_MS };
      expect((await ledger.spend(day, 'policy')).map((row) => [row.key, row.requests])).toEqual([['auto', 2]]);
      expect(await ledger.spend({ from: START_MS + 2 * DAY_MS, to: START_MS + 3 * DAY_MS }, 'policy')).toEqual([]);
    });

    it('can be narrowed to one reason', async () => {
      const rows = await ledger.spend({ ...ALL_TIME, reason: 'holdout' }, 'policy');
      expect(rows.map((row) => [row.key, row.requests, row.ambiguousCost])).toEqual([['support', 1, 50_000]]);
    });

    it('tells beside each row what of it was decided for a reason, as if that had been asked for alone', async () => {
      const rows = await ledger.spend({ ...ALL_TIME, parts: ['holdout', 'pinned'] }, 'policy');
      const alone = await ledger.spend({ ...ALL_TIME, reason: 'holdout' }, 'policy');
      expect(alone).toHaveLength(1);
      expect(rows.flatMap(({ parts }) => Object.values(parts ?? {}))).toEqual(alone);
      expect(rows.map(({ parts: _, ...row }) => row)).toEqual(await ledger.spend(ALL_TIME, 'policy'));
    });

    it('counts a probe as money and not as a request, and learns nothing from it', async () => {
      const probed = await open('probed');
      const probe = { decision: { policy: '(probes)', reason: 'probe' as const } };
      await probed.append([
        ...wholeRequest('asked', { outcome: { baselineCost: nanoUsd(4_000) } }),
        ...wholeRequest('probe-1', probe),
        ...wholeRequest('probe-2', probe),
      ]);
      const rows = byKey(await probed.spend(ALL_TIME, 'policy'));
      expect(rows['(probes)']).toMatchObject({
        requests: 0,
        attempts: 2,
        cost: 2_000,
        overheadCost: 2_000,
        compared: 0,
      });
      expect(rows['auto']).toMatchObject({ requests: 1, cost: 1_000, overheadCost: 0, compared: 1 });
      const [offer] = await probed.spend(ALL_TIME, 'offer');
      expect(offer).toMatchObject({ requests: 1, attempts: 3, cost: 3_000, overheadCost: 2_000 });
      const [alone] = await probed.spend({ ...ALL_TIME, reason: 'probe' }, 'offer');
      expect(alone).toMatchObject({
        requests: 2,
        cost: 2_000,
        costSquares: expect.closeTo((2 * 1_000 ** 2) / 1e18, 25),
      });
      expect((await collect(probed)).lessons.map(({ requestId }) => requestId)).toEqual(['asked']);
      await probed.close();
    });

    it('sums past what floats can hold without losing a nano-dollar', async () => {
      const large = await open('large');
      const ids = Array.from({ length: 9 }, (_, index) => `big-${index}`);
      const cost = nanoUsd(999_999_999_999_997);
      await large.append(ids.flatMap((id) => wholeRequest(id, { outcome: { attempts: [attemptOf(id, { cost })] } })));
      expect((await large.spend(ALL_TIME, 'policy'))[0]?.cost).toBe(8_999_999_999_999_973);
      await large.append(wholeRequest('last', { outcome: { attempts: [attemptOf('last', { cost })] } }));
      await expect(large.spend(ALL_TIME, 'policy')).rejects.toThrow('beyond what a number holds');
      await large.close();
    });
  });

  describe('an opening', () => {
    it('finds what was written, and nothing to recover after an orderly close', async () => {
      const first = await open('reopened');
      await first.append(wholeRequest('kept'));
      await first.close();
      const second = await open('reopened');
      expect(second.recovered).toEqual({ requests: 0, ambiguous: 0, reserved: 0 });
      expect((await second.request('kept'))?.decision).toEqual(fullDecision('kept'));
      await second.close();
    });

    it('settles what was sent and never answered as ambiguous, at its reservation, once', async () => {
      const first = await open('interrupted');
      await first.append([decided(fullDecision('lost')), sent('lost', 1), sent('lost', 2, 9_000), sent('stray')]);
      await first.append(wholeRequest('fine'));
      await first.close();
      const second = await open('interrupted');
      expect(second.recovered).toEqual({ requests: 2, ambiguous: 3, reserved: 23_000 });
      const view = await second.request('lost');
      expect(view?.outcome).toMatchObject({ status: 'failed', costStatus: 'ambiguous', cost: 0 });
      expect(view?.outcome?.attempts.map((attempt) => [attempt.attempt, attempt.result, attempt.cost])).toEqual([
        [1, 'interrupted', 7_000],
        [2, 'interrupted', 9_000],
      ]);
      expect(view?.outcome?.attempts[0]?.priceRevision).toBe('lumen:lumen/spark@1');
      expect((await second.spend(ALL_TIME, 'policy'))[0]).toMatchObject({
        requests: 2,
        failed: 1,
        cost: 1_000,
        ambiguous: 2,
        ambiguousCost: 16_000,
      });
      await second.close();
      const third = await open('interrupted');
      expect(third.recovered.ambiguous).toBe(0);
      await third.close();
    });

    it('lets a true outcome that arrives after all win over the recovered one', async () => {
      const first = await open('late');
      await first.append([decided(fullDecision('slow')), sent('slow')]);
      await first.close();
      const second = await open('late');
      expect(second.recovered.requests).toBe(1);
      await second.append([settled(outcomeOf('slow'))]);
      expect((await second.request('slow'))?.outcome).toEqual(outcomeOf('slow'));
      expect((await second.spend(ALL_TIME, 'policy'))[0]).toMatchObject({
        requests: 1,
        failed: 0,
        attempts: 1,
        cost: 1_000,
        ambiguous: 0,
      });
      expect((await collect(second)).lessons).toHaveLength(1);
      await second.close();
    });
  });

  describe('a closed ledger', () => {
    it('has written everything that was pending, refuses more, and may be closed again', async () => {
      const first = await open('closed');
      const last = first.append(wholeRequest('last'));
      await first.close();
      await expect(last).resolves.toBeUndefined();
      await expect(first.append(wholeRequest('too-late'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
      await expect(first.close()).resolves.toBeUndefined();
      const second = await open('closed');
      expect(await second.request('last')).toBeDefined();
      expect(await second.request('too-late')).toBeUndefined();
      await second.close();
    });
  });
};

// Sums by hour against the sums of the rows: equal whatever is told, in which order, how often, and by how many at once.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Reason } from '../../../src/core/decision.ts';
import type { LedgerRecord, Range, SpendKey } from '../../../src/core/ledger.ts';
import { nanoUsd } from '../../../src/core/money.ts';
import { requestIdAt } from '../../../src/core/request-id.ts';
import { openPool } from '../../../src/ledger/postgres-pool.ts';
import { HOUR_MS } from '../../../src/ledger/rollup.ts';
import { rollUp } from '../../../src/ledger/rollup-keeper.ts';
import { inOneView, rolledSpend } from '../../../src/ledger/rollup-read.ts';
import { rowsOf } from '../../../src/ledger/rows.ts';
import type { LedgerDatabase } from '../../../src/ledger/schema.ts';
import { readSpend } from '../../../src/ledger/spend.ts';
import { insertRows } from '../../../src/ledger/write.ts';
import { attemptOf, decided, fullDecision, keyOf, outcomeOf, said, sent, settled } from '../../support/ledger.ts';
import { openTestLedger } from '../../support/postgres-ledger.ts';

const url = inject('postgresUrl') ?? '';
const START = Date.UTC(2026, 3, 29, 23);
const HOURS = 4;
const BYS: readonly SpendKey[] = ['policy', 'model', 'provider', 'offer', 'caller', 'task', 'day'];
const REASONS: readonly Reason[] = ['objective', 'explored', 'holdout', 'probe'];
const OFFERS = ['lumen:lumen/spark', 'orion:orion/titan', 'hub:lumen/spark'].map(keyOf);

const freshDatabase = async (): Promise<LedgerDatabase> => {
  const schema = `t${randomUUID().slice(0, 8)}`;
  await (await openTestLedger({ url, schema })).close();
  return openPool({ url, schema, max: 6, queryMs: 20_000 });
};

/** Both at the same instant of the database. */
const compare = (db: LedgerDatabase, range: Range, by: SpendKey): Promise<void> =>
  inOneView(db, async (view) => {
    const rolled = await rolledSpend(view, range, by);
    expect(new Set(rolled)).toEqual(new Set(await readSpend(view, range, by, 'postgres')));
  });

const compareAll = async (db: LedgerDatabase): Promise<void> => {
  const ranges = [
    { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY },
    { from: START + 1_234_567, to: START + 3 * HOUR_MS - 1 },
    { from: START + HOUR_MS, to: START + 2 * HOUR_MS },
  ];
  for (const range of ranges)
    for (const by of BYS)
      for (const narrowed of [{ parts: ['holdout', 'probe'] }, { reason: 'holdout' }, { reason: 'probe' }])
        await compare(db, { ...range, ...narrowed }, by);
};

type Told = { readonly records: readonly LedgerRecord[]; readonly origin: 'told' | 'recovered' };
const tell = (db: LedgerDatabase, { records, origin }: Told): Promise<void> =>
  insertRows(db, rowsOf(records, origin), 1n, 'postgres');

const some = <T>(rng: number, of: readonly T[]): T => of[rng % of.length] as T;

/** What is told of request `n`; everything of it follows from the numbers, so that telling again tells the same. */
const tellings = (n: number, dice: number): Readonly<Record<string, Told>> => {
  const at = START + (n % HOURS) * HOUR_MS + ((n * 7_919_993) % HOUR_MS);
  const id = n % 5 === 0 ? `odd-${n}` : requestIdAt(at, String(n));
  const attempts = [1, 2].slice(0, 1 + (dice % 2)).map((attempt) =>
    attemptOf(id, {
      attempt,
      offer: some(dice + attempt, OFFERS),
      cost: nanoUsd(dice % 100_003),
      costStatus: some(dice + attempt, ['exact', 'estimated', 'ambiguous'] as const),
    }),
  );
  const status = some(dice, ['ok', 'ok', 'failed', 'cancelled'] as const);
  const baseline = dice % 3 === 0 ? {} : { baselineCost: nanoUsd(dice % 77_777) };
  const outcome = outcomeOf(id, { at: at + 900, status, attempts, ...baseline });
  const reason = some(n, REASONS);
  const decision = fullDecision(id, { at, policy: some(n, ['auto', 'support']), reason });
  const as = (origin: Told['origin'], ...records: LedgerRecord[]): Told => ({ origin, records });
  return {
    decision: as('told', decided(decision, some(n, ['key-1', 'key-2'])), sent(id)),
    outcome: as('told', settled(outcome)),
    recovered: as('recovered', settled(outcomeOf(id, { at, status: 'failed', attempts: attempts.slice(0, 1) }))),
    feedback: as('told', said(id, { source: some(dice, ['user', 'judge', 'eval']), score: (dice % 11) / 10 })),
  };
};

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      what: fc.constantFrom('decision', 'outcome', 'recovered', 'feedback'),
      n: fc.nat(11),
      dice: fc.nat(1_000_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('roll'), n: fc.nat(HOURS + 1), dice: fc.constant(0) }) },
);

describe.skipIf(!url)('sums by hour', () => {
  let db: LedgerDatabase;
  beforeAll(async () => {
    db = await freshDatabase();
  });
  afterAll(() => db.destroy());

  it('are those of the rows, in any order of telling, late, changed or told twice', async () => {
    let builtHours = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        for (const table of ['decisions', 'dispatches', 'outcomes', 'attempts', 'feedback'] as const)
          await db.deleteFrom(table).execute();
        for (const table of ['rolled_hours', 'rollup_late', 'rollups'] as const) await db.deleteFrom(table).execute();
        for (const { what, n, dice } of steps) {
          if (what === 'roll') await rollUp(db, { now: START + n * HOUR_MS + 11 * 60_000 });
          else {
            const told = tellings(n, dice)[what];
            if (told) await tell(db, told);
            if (told && dice % 4 === 0 && what !== 'feedback') await tell(db, told);
          }
        }
        await compareAll(db);
        builtHours += (await db.selectFrom('rolled_hours').select('hour').where('state', '=', 'built').execute())
          .length;
      }),
      { numRuns: 25 },
    );
    expect(builtHours).toBeGreaterThan(0);
  }, 120_000);

  it('are those of the rows at every instant while six write and two roll up', async () => {
    const busy = await freshDatabase();
    const writing = Array.from({ length: 6 }, async (_, writer) => {
      for (let turn = 0; turn < 60; turn++) {
        const n = (turn * 7 + writer * 5) % 40;
        const dice = turn * 1_009 + writer * 97;
        const what = some(turn + writer, ['decision', 'outcome', 'feedback', 'recovered', 'feedback']);
        const told = tellings(n, what === 'feedback' ? dice : n * 31)[what];
        if (told) await tell(busy, told);
      }
    });
    const done = new AbortController();
    const rolling = [1, 2].map(async () => {
      while (!done.signal.aborted) await rollUp(busy, { now: START + (HOURS + 1) * HOUR_MS });
    });
    const looking = async (): Promise<void> => {
      while (!done.signal.aborted)
        for (const by of BYS) await compare(busy, { from: 0, to: Number.POSITIVE_INFINITY }, by);
    };
    const watching = looking();
    await Promise.all(writing).finally(() => done.abort());
    await Promise.all([...rolling, watching]);
    await compareAll(busy);
    await rollUp(busy, { now: START + (HOURS + 1) * HOUR_MS });
    const { late } = await busy
      .selectFrom('rollup_late')
      .select((of) => of.fn.countAll<bigint>().as('late'))
      .executeTakeFirstOrThrow();
    expect(late).toBe(0n);
    await compareAll(busy);
    await busy.destroy();
  }, 60_000);
});

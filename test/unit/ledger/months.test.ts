// Months of a PostgreSQL ledger: made ahead, filled late, dropped, with the sums by hour staying what they were.
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, inject, it, vi } from 'vitest';
import { requestIdAt } from '../../../src/core/request-id.ts';
import { prepareMonths } from '../../../src/ledger/partitions.ts';
import { dropMonths } from '../../../src/ledger/postgres-drop.ts';
import { openPool } from '../../../src/ledger/postgres-pool.ts';
import { HOUR_MS, leaveRollups, watch } from '../../../src/ledger/rollup.ts';
import { rollUp } from '../../../src/ledger/rollup-keeper.ts';
import { rowsOf } from '../../../src/ledger/rows.ts';
import { DAY_MS, said, wholeRequest } from '../../support/ledger.ts';
import { openTestLedger } from '../../support/postgres-ledger.ts';

const url = inject('postgresUrl') ?? '';
const MAY = Date.UTC(2026, 4, 1);
const NOW = Date.UTC(2026, 5, 10);
const EVER = { from: 0, to: Number.POSITIVE_INFINITY };

const place = async () => {
  const schema = `t${randomUUID().slice(0, 8)}`;
  return {
    schema,
    ledger: await openTestLedger({ url, schema }),
    db: openPool({ url, schema, max: 3, queryMs: 20_000 }),
  };
};

const asked = (at: number, name: string) => {
  const id = requestIdAt(at, name);
  return { id, records: wholeRequest(id, { decision: { at }, outcome: { at: at + 900 } }) };
};

const tablesOf = async (db: Awaited<ReturnType<typeof place>>['db']): Promise<string[]> => {
  const { rows } = await sql<{ name: string }>`select relname as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'r' and relname ~ '^(decisions|feedback)_'`.execute(
    db,
  );
  return rows.map(({ name }) => name).sort();
};

describe.skipIf(!url)('months of a PostgreSQL ledger', () => {
  it('are made ahead, and what came before its month was made moves into it', async () => {
    const { ledger, db } = await place();
    const early = asked(NOW, 'early');
    await ledger.append([...early.records, said(early.id, { score: 1 })]);
    const before = await ledger.request(early.id);
    await prepareMonths(db, NOW);
    await prepareMonths(db, NOW);
    expect(await tablesOf(db)).toEqual(
      expect.arrayContaining(['decisions_2026_06', 'decisions_2026_07', 'feedback_2026_06']),
    );
    const { rows } = await sql<{ part: string }>`select tableoid::regclass::text as part from feedback`.execute(db);
    expect(rows).toEqual([{ part: 'feedback_2026_06' }]);
    expect(await ledger.request(early.id)).toEqual(before);
    await ledger.append([...early.records, said(early.id, { source: 'eval', score: 0 })]);
    expect((await ledger.request(early.id))?.feedback).toHaveLength(2);
    expect((await ledger.spend(EVER, 'policy'))[0]).toMatchObject({
      requests: 1,
      judged: 1,
      quality: expect.closeTo(1 / 3, 8),
    });
    await ledger.close();
    await db.destroy();
  });

  it('go with all their rows, and reports say what they said; what is told of them later changes nothing', async () => {
    const { schema, ledger, db } = await place();
    await prepareMonths(db, MAY - DAY_MS);
    const [april, may] = [asked(MAY - 1, 'april'), asked(MAY + DAY_MS, 'may')];
    // Named in April, decided in May.
    const between = wholeRequest(requestIdAt(MAY - 1, 'between'), { decision: { at: MAY + 5 } });
    await ledger.append([...april.records, ...between, ...may.records, said(april.id, { score: 0.5 })]);
    const spent = await ledger.spend(EVER, 'day');
    expect(spent).toHaveLength(3);
    const tables = await dropMonths({ url, schema, before: { year: 2026, month: 4 }, now: NOW });
    expect(tables).toContain('decisions_2026_04');
    expect(await tablesOf(db)).not.toContain('feedback_2026_04');
    expect(await ledger.spend(EVER, 'day')).toEqual(spent);
    expect(await ledger.request(april.id)).toBeUndefined();
    await ledger.append([said(april.id, { score: 1 }), said(may.id, { score: 1 })]);
    await ledger.request(may.id);
    await rollUp(db, { now: NOW });
    const after = await ledger.spend(EVER, 'day');
    expect(after.slice(0, 2)).toEqual(spent.slice(0, 2));
    expect(after[2]).toMatchObject({ judged: 1, quality: 1 });
    await ledger.close();
    await db.destroy();
  });

  it('have no hour rolled up before every write has ended that did not know of it', async () => {
    const { ledger, db } = await place();
    const hour = MAY / HOUR_MS;
    let watching: Promise<void> | undefined;
    await db.transaction().execute(async (change) => {
      await leaveRollups(change, rowsOf(asked(MAY, 'x').records));
      watching = watch(db, { first: hour, last: hour });
      const waiting = sql<{
        n: bigint;
      }>`select count(*) as n from pg_locks where not granted and relation = 'rollup_late'::regclass`;
      await vi.waitFor(async () => expect((await waiting.execute(db)).rows[0]?.n).toBe(1n), { timeout: 10_000 });
    });
    await watching;
    await ledger.close();
    await db.destroy();
  });

  it('have sums that verify holds against the rows, and names where they differ', async () => {
    const { ledger, db } = await place();
    const first = asked(MAY, 'one');
    await ledger.append([...first.records, ...asked(MAY + 3 * HOUR_MS, 'two').records]);
    await ledger.request(first.id);
    await rollUp(db, { now: NOW });
    expect(await ledger.check({ part: 'rollups' })).toMatchObject({ problems: [], looked: 24 });
    await sql`update rollups set cost = cost + 1 where axis = 'caller' and hour = ${MAY / HOUR_MS}::bigint`.execute(db);
    const { problems } = await ledger.check({ part: 'rollups' });
    expect(problems.map(({ table, row }) => [table, row])).toEqual([
      ['rollups', '2026-05-01T00:00:00.000Z caller key-1'],
    ]);
    await sql`update rolled_hours set state = 'watched' where hour = ${MAY / HOUR_MS}::bigint`.execute(db);
    await rollUp(db, { now: NOW });
    expect(await ledger.check({ part: 'rollups' })).toMatchObject({ problems: [] });
    await ledger.close();
    await db.destroy();
  });
});

import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { describe, expect, inject, it, vi } from 'vitest';
import { decided, fullDecision, outcomeOf, sent, settled, wholeRequest } from '../../support/ledger.ts';
import { openTestLedger } from '../../support/postgres-ledger.ts';

const url = inject('postgresUrl') ?? '';
const freshSchema = (): string => `t${randomUUID().slice(0, 8)}`;

const ask = async (text: string): Promise<number | null> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rowCount } = await client.query(text);
  await client.end();
  return rowCount;
};

describe.skipIf(!url)('replicas on one PostgreSQL ledger', () => {
  it('do not take a living neighbour’s request under way for a lost one', async () => {
    const schema = freshSchema();
    const first = await openTestLedger({ url, schema });
    await first.append([decided(fullDecision('slow')), sent('slow')]);
    await first.request('slow');
    const second = await openTestLedger({ url, schema });
    expect(second.recovered.ambiguous).toBe(0);
    await first.append([settled(outcomeOf('slow'))]);
    await vi.waitFor(async () => expect((await second.request('slow'))?.outcome?.status).toBe('ok'));
    await first.close();
    await second.close();
  });

  it('can start at the same moment on an empty database', async () => {
    const schema = freshSchema();
    const ledgers = await Promise.all([1, 2, 3].map(() => openTestLedger({ url, schema })));
    await Promise.all(ledgers.map((ledger, index) => ledger.append(wholeRequest(`r${index}`))));
    await vi.waitFor(async () => expect(await ledgers[0]?.request('r2')).toBeDefined());
    await Promise.all(ledgers.map((ledger) => ledger.close()));
  });

  it('write on after the server has cut their connections', async () => {
    const schema = freshSchema();
    const ledger = await openTestLedger({ url, schema });
    await ledger.append(wholeRequest('before'));
    const cut = await ask(
      `select pg_terminate_backend(l.pid) from pg_locks l
       where l.locktype = 'advisory' and l.classid::bigint = (hashtext('${schema}')::bigint & 4294967295)`,
    );
    expect(cut).toBe(1);
    await ledger.append([decided(fullDecision('after')), sent('after')]);
    expect(await ledger.request('after')).toBeDefined();
    // The lock is held again on the new connection: a neighbour still sees a living writer.
    const neighbour = await openTestLedger({ url, schema });
    expect(neighbour.recovered.ambiguous).toBe(0);
    await neighbour.close();
    await ledger.close();
  });

  it('outlive a connection that is cut under a write', async () => {
    const schema = freshSchema();
    const ledger = await openTestLedger({ url, schema });
    const other = new Client({ connectionString: url });
    await other.connect();
    await other.query(`begin; lock table ${schema}.decisions in access exclusive mode`);
    await ledger.append([decided(fullDecision('under way')), sent('under way')]);
    const waiting = `select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and query ilike '%insert into%'`;
    await vi.waitFor(async () => expect(await ask(waiting)).toBe(1), { timeout: 10_000 });
    await other.query('commit');
    await other.end();
    expect(await ledger.request('under way')).toBeDefined();
    await ledger.close();
  });

  it('make the tables anew where they are gone, keep their numbers, and write what can be read by itself', async () => {
    const schema = freshSchema();
    const ledger = await openTestLedger({ url, schema });
    await ledger.append(wholeRequest('before'));
    expect(await ledger.request('before')).toBeDefined();
    await ask(`drop schema ${schema} cascade`);
    await ledger.append(wholeRequest('after'));
    await vi.waitFor(async () => expect((await ledger.request('after'))?.decision).toEqual(fullDecision('after')));
    expect(await ledger.request('before')).toBeUndefined();
    const other = await openTestLedger({ url, schema });
    expect(other.shared?.writer).not.toBe(ledger.shared?.writer);
    expect(other.recovered.requests).toBe(0);
    await Promise.all([ledger.close(), other.close()]);
  });

  it('refuse a ledger that a newer Bourse wrote', async () => {
    const schema = freshSchema();
    await (await openTestLedger({ url, schema })).close();
    await ask(`insert into ${schema}.schema_version values (99)`);
    await expect(openTestLedger({ url, schema })).rejects.toThrow('The ledger has schema 99');
  });

  it('say in one word when the database is not there', async () => {
    await expect(openTestLedger({ url: 'postgresql://nobody@127.0.0.1:1/none' })).rejects.toMatchObject({
      code: 'ledger_unavailable',
    });
  });
});

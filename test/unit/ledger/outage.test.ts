// PostgreSQL stopped in the middle of things, as by SIGSTOP: what is recorded meanwhile is kept, and arrives once when it is back.
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it, vi } from 'vitest';
import { openTestLedger } from '../../support/postgres-ledger.ts';
import { said, wholeRequest } from '../../support/ledger.ts';
import { createValve } from '../../support/valve.ts';

const url = inject('postgresUrl') ?? '';
const ALL_TIME = { from: 0, to: Number.MAX_SAFE_INTEGER };

describe.skipIf(!url)('a ledger whose database goes away', () => {
  it.each(['cut', 'frozen'] as const)(
    '(%s) records on, says that it waits, and delivers everything exactly once',
    async (how) => {
      const valve = await createValve(url);
      const ledger = await openTestLedger({ url: valve.url, schema: `t${randomUUID().slice(0, 8)}` });
      const ids = (from: number): string[] => Array.from({ length: 40 }, (_, index) => `r${from + index}`);
      await Promise.all(ids(0).map((id) => ledger.append(wholeRequest(id))));
      expect(await ledger.request('r0')).toBeDefined();
      valve.shut(how);
      await Promise.all(ids(40).map((id) => ledger.append([...wholeRequest(id), said(id, { score: 1 })])));
      await expect(ledger.request('r40')).rejects.toMatchObject({ code: 'ledger_unavailable' });
      expect(ledger.spool?.().waiting).toBeGreaterThan(0);
      valve.open();
      await vi.waitFor(() => expect(ledger.spool?.().waiting).toBe(0), { timeout: 15_000 });
      const [row] = await ledger.spend(ALL_TIME, 'policy');
      expect([row?.requests, row?.judged]).toEqual([80, 40]);
      expect((await ledger.request('r79'))?.feedback).toHaveLength(1);
      await ledger.close();
      await valve.close();
    },
    40_000,
  );
});

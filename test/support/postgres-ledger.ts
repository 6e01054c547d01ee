// The PostgreSQL ledger as tests open it: with a spool in a folder of its own, which a second opening of the same place finds again.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgresLedger, type PostgresLedgerOptions } from '../../src/ledger/postgres.ts';
import type { SpoolPlace } from '../../src/ledger/spooled.ts';
import { systemClock } from '../../src/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-test-spool-'));

export const testSpool = (name: string, change: Partial<SpoolPlace> = {}): SpoolPlace => ({
  folder: join(folder, name),
  durability: 'process',
  clock: systemClock,
  say: () => undefined,
  ...change,
});

export const openTestLedger = (options: Omit<PostgresLedgerOptions, 'spool'>) =>
  openPostgresLedger({ ...options, spool: testSpool(options.schema ?? 'bourse') });

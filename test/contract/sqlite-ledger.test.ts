import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { ledgerContract } from './ledger.contract.ts';
import { priceHistoryContract } from './price-history.contract.ts';
import { signalsContract } from './signals.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-ledger-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the SQLite ledger', () => {
  const open = (place: string) => openSqliteLedger({ path: join(folder, `${place}.db`) });
  ledgerContract(open);
  priceHistoryContract(open);
  signalsContract(open);
});

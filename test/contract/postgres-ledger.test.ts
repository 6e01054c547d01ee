import { randomUUID } from 'node:crypto';
import { describe, inject } from 'vitest';
import { ledgerContract } from './ledger.contract.ts';
import { priceHistoryContract } from './price-history.contract.ts';
import { signalsContract } from './signals.contract.ts';
import { openTestLedger } from '../support/postgres-ledger.ts';

const url = inject('postgresUrl');
const run = randomUUID().slice(0, 8);

describe.skipIf(!url)('the PostgreSQL ledger', () => {
  const open = (place: string) => openTestLedger({ url: url ?? '', schema: `t${run}_${place.replaceAll('-', '_')}` });
  ledgerContract(open);
  priceHistoryContract(open);
  signalsContract(open);
});

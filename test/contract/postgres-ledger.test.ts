import { randomUUID } from 'node:crypto';
import { describe, inject } from 'vitest';
import { openPostgresLedger } from '../../src/ledger/postgres.ts';
import { ledgerContract } from './ledger.contract.ts';

const url = inject('postgresUrl');
const run = randomUUID().slice(0, 8);

describe.skipIf(!url)('the PostgreSQL ledger', () => {
  ledgerContract((place) => openPostgresLedger({ url: url ?? '', schema: `t${run}_${place.replaceAll('-', '_')}` }));
});

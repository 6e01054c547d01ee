// The configured ledger opened for reading, beside whoever writes to it.
import { ledgerFile } from '../app/state.ts';
import type { Config } from '../config.ts';
import { openPostgresLedger } from '../ledger/postgres.ts';
import type { OpenedLedger } from '../ledger/recover.ts';
import { openSqliteLedger } from '../ledger/sqlite.ts';

/** @throws RouterError ledger_unavailable: damaged, not there, or of another version */
export const openToRead = (config: Config): Promise<OpenedLedger> =>
  config.database
    ? openPostgresLedger({ url: config.database })
    : openSqliteLedger({ path: ledgerFile(config), access: 'read' });

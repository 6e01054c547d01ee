// Where state lives: embedded by default, shared where the configuration names Redis and PostgreSQL.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Clock } from '../core/ports.ts';
import { openPostgresLedger } from '../ledger/postgres.ts';
import type { OpenedLedger } from '../ledger/recover.ts';
import { openSqliteLedger } from '../ledger/sqlite.ts';

export const ledgerFile = ({ data }: Pick<Config, 'data'>): string => join(data, 'ledger.sqlite');

export type StateWorld = { readonly clock: Clock; readonly say: (line: string) => void };

export const openLedger = (config: Config, world: StateWorld): Promise<OpenedLedger> => {
  const { database, data, durability } = config;
  return database
    ? openPostgresLedger({ url: database, spool: { ...world, folder: join(data, 'spool'), durability } })
    : openSqliteLedger({ path: ledgerFile(config), durability });
};

const isMissing = (fault: unknown): boolean => fault instanceof Error && 'code' in fault && fault.code === 'ENOENT';

/** Feedback tokens outlive a restart, so their secret does too: kept where only this user reads. */
export const openSecret = async ({ secret, data }: Config): Promise<string> => {
  if (secret) return secret;
  const path = join(data, 'secret');
  try {
    return await readFile(path, 'utf8');
  } catch (fault) {
    if (!isMissing(fault)) throw fault;
    const fresh = randomBytes(32).toString('base64url');
    await mkdir(data, { recursive: true });
    await writeFile(path, fresh, { mode: 0o600 });
    return fresh;
  }
};

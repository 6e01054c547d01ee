// bourse prices diff: what changed in a stretch of time, and what of yesterday's traffic each change would move.
import { existsSync } from 'node:fs';
import { ledgerFile } from '../app/state.ts';
import { type Config, loadConfig } from '../config.ts';
import { openPostgresLedger } from '../ledger/postgres.ts';
import type { OpenedLedger } from '../ledger/recover.ts';
import { openSqliteLedger } from '../ledger/sqlite.ts';
import { createCalibration } from '../market/calibration.ts';
import { DURATION } from '../policy/units.ts';
import { priceReport } from '../reports/prices.ts';
import { systemClock } from '../world.ts';
import { readWords, type Terminal, UsageError } from './command.ts';
import { CONFIG_OPTION } from './open.ts';

const sinceMs = (text: string): number => {
  const ms = DURATION.read(text);
  if (ms === undefined || ms <= 0) throw new UsageError(`--since takes ${DURATION.what}, such as 7d, not "${text}"`);
  return ms;
};

const openToRead = async (config: Config): Promise<OpenedLedger> => {
  if (config.database) return openPostgresLedger({ url: config.database });
  const path = ledgerFile(config);
  if (!existsSync(path))
    throw new Error(
      `there is no history yet: ${path} does not exist. "bourse serve" writes it; --config names the bourse.yaml whose data it is`,
    );
  return openSqliteLedger({ path, access: 'read' });
};

export const diff = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { values, positionals } = readWords(words, {
    ...CONFIG_OPTION,
    since: { type: 'string', default: '7d' },
    json: { type: 'boolean', default: false },
  });
  const [extra] = positionals;
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many`);
  const now = systemClock.now();
  const range = { from: now - sinceMs(values.since), to: now + 1 };
  const ledger = await openToRead(loadConfig(values.config));
  try {
    const calibration = createCalibration({ onChange: () => undefined });
    calibration.recall(await ledger.prices.bills());
    const { prices, traffic } = ledger;
    const report = await priceReport({ prices, traffic, billChecks: calibration.all() }, { range, now });
    terminal.out(values.json ? JSON.stringify(report.json, null, 2) : report.text());
    return 0;
  } finally {
    await ledger.close();
  }
};

// bourse ledger drop: requests of past months out of a PostgreSQL ledger; what they cost stays in the reports.
import { loadConfig } from '../config.ts';
import { monthAt, startOf, type Month } from '../ledger/partitions.ts';
import { dropMonths } from '../ledger/postgres-drop.ts';
import { systemClock } from '../world.ts';
import { readWords, type Terminal, UsageError } from './command.ts';
import { CONFIG_OPTION } from './open.ts';

const monthOf = (text: string | undefined): Month => {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text ?? '') ?? [];
  if (year === undefined || month === undefined)
    throw new UsageError('--before takes a month, such as 2026-05: that month is the first that stays');
  const before = { year: Number(year), month: Number(month) - 1 };
  if (startOf(before) > startOf(monthAt(systemClock.now())))
    throw new UsageError('--before takes a month that has begun: this one and what comes are never dropped');
  return before;
};

export const drop = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { values } = readWords(words, { ...CONFIG_OPTION, before: { type: 'string' } });
  const before = monthOf(values.before);
  const { database: url } = loadConfig(values.config);
  if (!url) throw new UsageError('the ledger is a SQLite file, which has no months: drop works with DATABASE_URL');
  const tables = await dropMonths({ url, before, now: systemClock.now() });
  terminal.out(tables.length === 0 ? 'nothing is that old' : `gone: ${tables.join(', ')}`);
  return 0;
};

// bourse report spend | savings: money over a period, straight from the ledger, also beside a running server.
import { loadConfig } from '../config.ts';
import type { SpendKey } from '../core/ledger.ts';
import { DURATION } from '../policy/units.ts';
import { savingsReport } from '../reports/savings.ts';
import { spendReport } from '../reports/spend.ts';
import { systemClock } from '../world.ts';
import { type Command, readWords, UsageError } from './command.ts';
import { CONFIG_OPTION } from './open.ts';
import { openToRead } from './open-ledger.ts';

const KEYS: readonly SpendKey[] = ['policy', 'model', 'provider', 'offer', 'caller', 'task', 'day'];

const keyOf = (text: string): SpendKey => {
  const key = KEYS.find((each) => each === text);
  if (!key) throw new UsageError(`--by takes ${KEYS.join(', ')}, not "${text}"`);
  return key;
};

const sinceMs = (text: string): number => {
  const ms = DURATION.read(text);
  if (ms === undefined) throw new UsageError(`--since takes ${DURATION.what}, such as 7d, not "${text}"`);
  return ms;
};

export const report: Command = {
  about: 'print spend or savings',
  usage: `bourse report spend|savings [--since 7d] [--by ${KEYS.join('|')}] [--config bourse.yaml] [--json | --csv]`,
  run: async (words, terminal) => {
    const { values, positionals } = readWords(words, {
      ...CONFIG_OPTION,
      since: { type: 'string', default: '7d' },
      by: { type: 'string', default: 'policy' },
      json: { type: 'boolean', default: false },
      csv: { type: 'boolean', default: false },
    });
    const make = positionals[0] === 'savings' ? savingsReport : positionals[0] === 'spend' ? spendReport : undefined;
    if (!make) throw new UsageError('say which: spend or savings');
    const now = systemClock.now();
    const question = { range: { from: now - sinceMs(values.since), to: now + 1 }, by: keyOf(values.by) };
    const ledger = await openToRead(loadConfig(values.config));
    try {
      const made = await make({ ledger }, question);
      terminal.out(values.json ? JSON.stringify(made.json, null, 2) : values.csv ? made.csv() : made.text());
      return 0;
    } finally {
      await ledger.close();
    }
  },
};

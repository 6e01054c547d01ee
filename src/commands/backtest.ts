// bourse backtest: what another policy would have made of the logged traffic, before it goes live; an exit code for CI.
import { readFileSync, statSync } from 'node:fs';
import { runBacktest } from '../app/backtest-run.ts';
import { loadConfig } from '../config.ts';
import type { Policy } from '../core/policy.ts';
import { parsePolicy } from '../policy/parse.ts';
import { DURATION } from '../policy/units.ts';
import { formatProblem } from '../policy/yaml-file.ts';
import { seededRng, systemClock } from '../world.ts';
import { type Command, readWords, UsageError } from './command.ts';
import { CONFIG_OPTION } from './open.ts';
import { openToRead } from './open-ledger.ts';

/** The same log and policy give the same report. */
const SEED = 1;

/** @throws Error with every problem of the file and its place */
const readPolicy = (file: string): Policy => {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new Error(`${file}: there is no such policy file; check the path given with --policy`);
  const parsed = parsePolicy(readFileSync(file, 'utf8'), file, { anyName: true });
  if (parsed.ok) return parsed.policy;
  throw new Error(parsed.problems.map(formatProblem).join('\n'));
};

const sinceMs = (text: string): number => {
  const ms = DURATION.read(text);
  if (ms === undefined) throw new UsageError(`--since takes ${DURATION.what}, such as 7d, not "${text}"`);
  return ms;
};

export const backtest: Command = {
  about: 'estimate quality and dollars of a policy on logged traffic, before it goes live',
  usage:
    'bourse backtest --policy new.yaml [--on NAME] [--since 7d] [--config bourse.yaml] [--json]\n\n' +
    'Decides the requests of policy NAME (by default the one with the same name) again. Exits with 0 when the policy is no worse, with\n' +
    '1 when it is worse or the log cannot tell; docs/backtest.md has the definitions.',
  run: async (words, terminal) => {
    const { values, positionals } = readWords(words, {
      ...CONFIG_OPTION,
      policy: { type: 'string' },
      on: { type: 'string' },
      since: { type: 'string', default: '7d' },
      json: { type: 'boolean', default: false },
    });
    const [stray] = positionals;
    if (stray !== undefined) throw new UsageError(`what is "${stray}"? name the file with --policy FILE`);
    if (values.policy === undefined) throw new UsageError('name the policy file to try with --policy FILE');
    const span = sinceMs(values.since);
    const policy = readPolicy(values.policy);
    const config = loadConfig(values.config);
    const now = systemClock.now();
    const ledger = await openToRead(config);
    try {
      const question = { policy, ...(values.on === undefined ? {} : { on: values.on }), from: now - span, to: now + 1 };
      const world = { ledger, clock: systemClock, rng: seededRng(SEED), say: terminal.err };
      const report = await runBacktest(config, question, world);
      terminal.out(values.json ? JSON.stringify(report.json, null, 2) : report.text());
      return report.verdict === 'worse' || report.verdict === 'refused' ? 1 : 0;
    } finally {
      await ledger.close();
    }
  },
};

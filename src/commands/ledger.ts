// bourse ledger verify | export | drop: whether the record is whole, the record itself for use elsewhere, and what is no longer wanted; also beside a running server.
import type { Command, Terminal } from './command.ts';
import { UsageError } from './command.ts';

type Word = (words: readonly string[], terminal: Terminal) => Promise<number>;

const WORDS: Readonly<Record<string, () => Promise<Word>>> = {
  verify: async () => (await import('./ledger-verify.ts')).verify,
  drop: async () => (await import('./ledger-drop.ts')).drop,
  export: async () => (await import('./ledger-export.ts')).exportRecords,
};

export const ledger: Command = {
  about: 'check that the ledger is whole, export it, or drop old months of it',
  usage: [
    'bourse ledger verify [--config bourse.yaml] [--json]',
    '  reads all of it and names what does not hold, row by row; exit code 1 where anything is damaged',
    'bourse ledger export [--since 7d] [--format jsonl|csv] [--config bourse.yaml]',
    '  one line per request: decision, attempts, outcome, feedback; no prompts, no answers, no comments',
    'bourse ledger drop --before 2026-05 [--config bourse.yaml]',
    '  PostgreSQL: requests of earlier months go; what they cost stays in the reports',
  ].join('\n'),
  run: async ([word = '', ...words], terminal) => {
    const load = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (!load) throw new UsageError('say which: verify, export or drop');
    return (await load())(words, terminal);
  },
};

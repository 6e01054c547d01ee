// bourse prices: which word does what. Each is loaded when asked for, so that none waits for what the others need.
import { type Command, type Terminal, UsageError } from './command.ts';

type Word = (words: readonly string[], terminal: Terminal) => Promise<number>;

const WORDS: Readonly<Record<string, () => Promise<Word>>> = {
  merge: async () => (await import('./prices-merge.ts')).merge,
  replay: async () => (await import('./prices-replay.ts')).replay,
  release: async () => (await import('./prices-release.ts')).release,
  diff: async () => (await import('./prices-diff.ts')).diff,
};

export const prices: Command = {
  about:
    'show prices with their sources; merge feeds, replay a history, release a price that is held; say what changed',
  usage: [
    'bourse prices [--provider NAME] [--limit 40] [--json]      $ per million tokens, cheapest first',
    'bourse prices --model author/name [--provider NAME] [--limit 40] [--config FILE] [--json]      all its sellers beside each other',
    'bourse prices merge --feed litellm=FILE --feed models.dev=FILE … [--at ISO] [--json]',
    'bourse prices replay --events FILE.csv [--json]',
    'bourse prices release OFFER --input 2 --output 8 --by NAME [--reason TEXT] [--config FILE] [--json]      lets that price through the quarantine',
    'bourse prices diff [--since 7d] [--config FILE] [--json]      what changed, and what of yesterday’s traffic it would move',
  ].join('\n'),
  run: async ([word, ...rest], terminal) => {
    if (word === undefined || word.startsWith('-'))
      return (await import('./prices-show.ts')).show(word === undefined ? [] : [word, ...rest], terminal);
    const load = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (!load) throw new UsageError(`"${word}" is none of ${Object.keys(WORDS).join(', ')}`);
    return (await load())(rest, terminal);
  },
};

// bourse prices replay: a history of price changes through the quarantine, offline: what would have been believed, held or thrown out.
import { readFile } from 'node:fs/promises';
import { parseEvents } from '../market/price-events.ts';
import { replayEvents } from '../market/replay.ts';
import { readWords, type Terminal, UsageError } from './command.ts';

export const replay = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { values } = readWords(words, { events: { type: 'string' }, json: { type: 'boolean', default: false } });
  const { events: path, json } = values;
  if (path === undefined) throw new UsageError('give the history: --events FILE.csv');
  const replayed = replayEvents(parseEvents(await readFile(path, 'utf8'), path));
  if (json) terminal.out(JSON.stringify(replayed));
  else {
    for (const { date, provider, model, verdict, reason } of replayed.events)
      terminal.out(`${date}  ${verdict.padEnd(8)}  ${provider}/${model}  ${reason}`);
    const { applied, held, rejected } = replayed.summary;
    terminal.out(`${applied} applied, ${held} held, ${rejected} rejected`);
  }
  return 0;
};

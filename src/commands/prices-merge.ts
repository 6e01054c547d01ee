// bourse prices merge: saved feeds through the price machinery, offline, so that anyone can check what it would have believed.
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BUILT_IN_FEEDS } from '../market/feeds/built-in.ts';
import { revisionOf } from '../market/feeds/kept.ts';
import { createCanonicaliser } from '../market/identity.ts';
import { loadAliases } from '../market/identity-aliases.ts';
import type { NamedReading } from '../market/listings.ts';
import { mergeReadings } from '../market/merge.ts';
import { readWords, type Terminal, UsageError } from './command.ts';
import { isSavedEndpoints, readSavedEndpoints } from './saved-endpoints.ts';

const ALIASES = join(import.meta.dirname, '../../pricing/aliases.json');
const DATE = /\d{4}-\d{2}-\d{2}/;
const MOST_BYTES = 64 * 1024 * 1024;

/** A saved feed is as old as the date in its name says, else as its file. */
const observedAt = async (path: string): Promise<number> => {
  const named = DATE.exec(basename(path))?.[0];
  return named === undefined ? (await stat(path)).mtimeMs : Date.parse(`${named}T00:00:00Z`);
};

const readFeed = async (word: string): Promise<NamedReading> => {
  const [name, path] = [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)];
  const known = BUILT_IN_FEEDS.find(({ spec }) => spec.name === name);
  if (!known || path === '') {
    const names = BUILT_IN_FEEDS.map(({ spec }) => spec.name).join(', ');
    throw new UsageError(`--feed takes NAME=FILE with NAME one of ${names}, not "${word}"`);
  }
  if ((await stat(path)).size > MOST_BYTES) throw new Error(`${path} is larger than ${MOST_BYTES} bytes`);
  const text = (await isSavedEndpoints(path)) ? await readSavedEndpoints(path) : await readFile(path, 'utf8');
  const { lineage, precedence } = known.spec;
  return {
    name,
    lineage,
    precedence,
    revision: revisionOf(text),
    observedAt: await observedAt(path),
    ...known.parse(text),
  };
};

/** `--at`: the ISO instant the ages are reckoned from; without one, that of the newest feed. */
export const merge = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { values } = readWords(words, {
    feed: { type: 'string', multiple: true, default: [] },
    at: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const { feed: feeds, at, json } = values;
  if (feeds.length === 0) throw new UsageError('give at least one --feed NAME=FILE');
  const readings = await Promise.all(feeds.map(readFeed));
  const instant = at === undefined ? Math.max(...readings.map((reading) => reading.observedAt)) : Date.parse(at);
  if (Number.isNaN(instant)) throw new UsageError(`--at takes an instant such as 2026-08-22T00:00:00Z, not "${at}"`);
  const rows = mergeReadings(readings, { canonicalise: createCanonicaliser(loadAliases(ALIASES)), at: instant });
  if (json) terminal.out(JSON.stringify(rows));
  else {
    const count = (status: string): number => rows.filter((row) => row.status === status).length;
    const skipped = readings.reduce((sum, reading) => sum + reading.skipped.length, 0);
    terminal.out(
      `${rows.length} offers: ${count('verified')} verified, ${count('single')} single, ${count('disputed')} disputed; ${skipped} rows skipped`,
    );
  }
  return 0;
};

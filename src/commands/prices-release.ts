// bourse prices release: a person accepts a price that the quarantine holds or has thrown out; who and why is kept.
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { releasesFile } from '../app/pricing-files.ts';
import { loadConfig } from '../config.ts';
import { releaseLine } from '../market/releases.ts';
import { systemClock } from '../world.ts';
import { readWords, type Terminal, UsageError } from './command.ts';

const OFFER = /^[^:\s]+:[^/\s]+\/\S+$/;

const dollars = (text: string | undefined, name: string): number => {
  const value = Number(text?.replace(/^\$/, '').replace(/\/M$/, '') || Number.NaN);
  if (!Number.isFinite(value) || value < 0)
    throw new UsageError(`--${name} takes dollars per million tokens, such as 2`);
  return value;
};

/**
 * Writes the release where a running router looks before it next reads feeds, within the minute. It accepts this price of this offer alone,
 * so that whatever comes along meanwhile is not let in with it.
 */
export const release = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { values, positionals } = readWords(words, {
    input: { type: 'string' },
    output: { type: 'string' },
    by: { type: 'string' },
    reason: { type: 'string', default: '' },
    config: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const [offer] = positionals;
  const { by } = values;
  if (offer === undefined || !OFFER.test(offer)) throw new UsageError('say which offer: provider:author/name');
  if (!by) throw new UsageError('say who releases it: --by NAME');
  const line = {
    offer,
    input_usd_per_mtok: dollars(values.input, 'input'),
    output_usd_per_mtok: dollars(values.output, 'output'),
    by,
    reason: values.reason,
    at: new Date(systemClock.now()).toISOString(),
  };
  const path = releasesFile(loadConfig(values.config));
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, releaseLine(line), { mode: 0o600 });
  if (values.json) terminal.out(JSON.stringify(line));
  else
    terminal.out(
      `${offer} at $${line.input_usd_per_mtok}/$${line.output_usd_per_mtok} per million is released by ${by}, noted in ${path}; ` +
        'it is charged once a feed states it and the router has read its feeds',
    );
  return 0;
};

// bourse prices: what the bundled list knows, beside each other; no server, no network.
import { join } from 'node:path';
import { costOf } from '../core/cost.ts';
import { usdPerMillion } from '../core/money.ts';
import type { Meter, Rate } from '../core/price.ts';
import { readSnapshot, type SnapshotRow } from '../market/snapshot.ts';
import { textTable } from '../reports/table.ts';
import { type Command, readWords, type Terminal, UsageError, wholeNumber } from './command.ts';
import { merge, replay } from './prices-check.ts';

const BUNDLED = join(import.meta.dirname, '../../pricing/prices.json');
const COLUMNS = [
  { title: 'offer' },
  { title: 'input', align: 'right' },
  { title: 'cached', align: 'right' },
  { title: 'output', align: 'right' },
  { title: 'blended', align: 'right' },
  { title: 'status' },
  { title: 'sources' },
] as const;

const rate = (rates: readonly Rate[], meter: Meter): number | null => {
  const found = rates.find((line) => line.meter === meter && !line.tier && !line.when);
  return found?.price === undefined || found.price === null ? null : usdPerMillion(found.price);
};

const viewOf = (row: SnapshotRow) => {
  const sheet = { ...row, revision: '' };
  return {
    offer: row.offer,
    provider: row.provider,
    model: row.model,
    wire_id: row.wireId,
    input_usd_per_mtok: rate(row.rates, 'input'),
    cached_input_usd_per_mtok: rate(row.rates, 'cached_input'),
    output_usd_per_mtok: rate(row.rates, 'output'),
    /** Three parts prompt, one part answer. */
    blended_usd_per_mtok: costOf({ input: 750_000, output: 250_000 }, sheet, row.observedAt).pico / 1e12,
    status: row.status,
    confidence: row.confidence,
    sources: row.sources.map(({ feed, observedAt }) => `${feed} ${new Date(observedAt).toISOString().slice(0, 10)}`),
    reasons: row.reasons,
  };
};

const money = (value: number | null): string => (value === null ? '–' : `$${Number(value.toPrecision(4))}`);

const show = (
  wishes: { model?: string; provider?: string; limit: number; json: boolean },
  terminal: Terminal,
): number => {
  const { rows, asOf } = readSnapshot(BUNDLED);
  const wanted = rows
    .filter((row) => wishes.model === undefined || row.model === wishes.model.toLowerCase())
    .filter((row) => wishes.provider === undefined || row.provider === wishes.provider)
    .map(viewOf)
    .toSorted((a, b) => a.blended_usd_per_mtok - b.blended_usd_per_mtok);
  if (wishes.json) {
    terminal.out(JSON.stringify(wanted, null, 2));
    return wanted.length > 0 ? 0 : 1;
  }
  const lines = wanted
    .slice(0, wishes.limit)
    .map((view) => [
      view.offer,
      money(view.input_usd_per_mtok),
      money(view.cached_input_usd_per_mtok),
      money(view.output_usd_per_mtok),
      money(view.blended_usd_per_mtok),
      view.status,
      view.sources.join(', '),
    ]);
  terminal.out(textTable(COLUMNS, lines));
  terminal.out(
    `${wanted.length} offers, ${lines.length} shown · bundled list of ${new Date(asOf).toISOString().slice(0, 10)}`,
  );
  return wanted.length > 0 ? 0 : 1;
};

export const prices: Command = {
  about: 'show prices with their sources; merge feeds, replay a history',
  usage: [
    'bourse prices [--model author/name] [--provider NAME] [--limit 40] [--json]      $ per million tokens, cheapest first',
    'bourse prices merge --feed litellm=FILE --feed models.dev=FILE … [--at ISO] [--json]',
    'bourse prices replay --events FILE.csv [--json]',
  ].join('\n'),
  run: async (words, terminal) => {
    const { values, positionals } = readWords(words, {
      model: { type: 'string' },
      provider: { type: 'string' },
      limit: { type: 'string', default: '40' },
      feed: { type: 'string', multiple: true, default: [] },
      at: { type: 'string' },
      events: { type: 'string' },
      json: { type: 'boolean', default: false },
    });
    const { json } = values;
    const [what] = positionals;
    if (what === 'merge') return merge({ feeds: values.feed, at: values.at, json }, terminal);
    if (what === 'replay') return replay(values.events, json, terminal);
    if (what !== undefined) throw new UsageError(`"${what}" is neither merge nor replay`);
    const limit = wholeNumber(values.limit, 'limit', { min: 1, max: 100_000 });
    const { model, provider } = values;
    return show({ ...(model ? { model } : {}), ...(provider ? { provider } : {}), limit, json }, terminal);
  },
};

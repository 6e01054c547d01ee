// bourse prices: what the bundled list knows, beside each other; no server, no network.
import { join } from 'node:path';
import { readSnapshot, type SnapshotRow } from '../market/snapshot.ts';
import { blendedRate, plainRate } from '../reports/sellers.ts';
import { textTable } from '../reports/table.ts';
import { readWords, type Terminal, wholeNumber } from './command.ts';

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

const viewOf = (row: SnapshotRow) => {
  const sheet = { ...row, revision: '' };
  return {
    offer: row.offer,
    provider: row.provider,
    model: row.model,
    wire_id: row.wireId,
    input_usd_per_mtok: plainRate(sheet, 'input'),
    cached_input_usd_per_mtok: plainRate(sheet, 'cached_input'),
    output_usd_per_mtok: plainRate(sheet, 'output'),
    blended_usd_per_mtok: blendedRate(sheet),
    status: row.status,
    confidence: row.confidence,
    sources: row.sources.map(({ feed, observedAt }) => `${feed} ${new Date(observedAt).toISOString().slice(0, 10)}`),
    reasons: row.reasons,
  };
};

const money = (value: number | null): string => (value === null ? '–' : `$${Number(value.toPrecision(4))}`);

/** The offers that were asked for, cheapest first. */
export const show = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { values } = readWords(words, {
    model: { type: 'string' },
    provider: { type: 'string' },
    limit: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
    config: { type: 'string' },
  });
  const wishes = { ...values, limit: wholeNumber(values.limit, 'limit', { min: 1, max: 100_000 }) };
  const { model } = wishes;
  if (model !== undefined) return (await import('./prices-model.ts')).compareSellers({ ...wishes, model }, terminal);
  const { rows, asOf } = readSnapshot(BUNDLED);
  const wanted = rows
    .filter((row) => wishes.provider === undefined || row.provider === wishes.provider)
    .map(viewOf)
    .toSorted((a, b) => (a.blended_usd_per_mtok ?? Infinity) - (b.blended_usd_per_mtok ?? Infinity));
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

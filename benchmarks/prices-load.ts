// How long the bundled price list takes to load: the first reading in a fresh process, and the median of twenty more.
import { median } from 'simple-statistics';
import { createCanonicaliser } from '../src/market/identity.ts';
import { loadAliases } from '../src/market/identity-aliases.ts';
import { createPriceTable } from '../src/market/sheets.ts';
import { readSnapshot } from '../src/market/snapshot.ts';

const prices = new URL('../pricing/prices.json', import.meta.url);
const aliases = new URL('../pricing/aliases.json', import.meta.url);

const timed = <T>(work: () => T): { readonly ms: number; readonly result: T } => {
  const start = performance.now();
  const result = work();
  return { ms: performance.now() - start, result };
};
const show = (ms: number): string => `${ms.toFixed(1)} ms`;

const first = timed(() => readSnapshot(prices));
const again = Array.from({ length: 20 }, () => timed(() => readSnapshot(prices)).ms);
const canonicaliser = timed(() => createCanonicaliser(loadAliases(aliases)));
const table = timed(() => createPriceTable({ canonicalise: canonicaliser.result, seed: first.result }));
const { rows, asOf } = first.result;
const lookups = timed(() => {
  for (const row of rows) table.result.at(row.offer, asOf);
});

process.stdout.write(
  [
    `offers       ${rows.length}`,
    `first load   ${show(first.ms)}`,
    `median load  ${show(median(again))}`,
    `aliases      ${show(canonicaliser.ms)}`,
    `table        ${show(table.ms)}`,
    `every sheet  ${show(lookups.ms)}`,
    '',
  ].join('\n'),
);

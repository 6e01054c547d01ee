// How often what we call verified is right: each saved feed is left out in turn, the others are merged, and it is asked what it says of the same offers.
// node benchmarks/holdout.ts [--feeds DIR] [--wrong] [--save | --out FILE]     DIR: saved feeds, named as for pricing/build-snapshot.ts
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BUILT_IN_FEEDS } from '../src/market/feeds/built-in.ts';
import { revisionOf } from '../src/market/feeds/kept.ts';
import { createCanonicaliser } from '../src/market/identity.ts';
import { loadAliases } from '../src/market/identity-aliases.ts';
import type { NamedReading } from '../src/market/listings.ts';
import { type MergedRow, mergeReadings } from '../src/market/merge.ts';
import { samePrice } from '../src/market/rates.ts';
import { machine, resultPath, writeResult } from './machine.ts';

const PREFIXES = {
  litellm: 'litellm-',
  'models.dev': 'models.dev-',
  'genai-prices': 'genai-prices-v2-',
  openrouter: 'openrouter-models-',
};

const { values } = parseArgs({
  options: {
    feeds: { type: 'string', default: join(import.meta.dirname, '../../shared/data/feeds') },
    wrong: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const canonicalise = createCanonicaliser(loadAliases(new URL('../pricing/aliases.json', import.meta.url)));
const files = readdirSync(values.feeds).toSorted();
const readings = Object.entries(PREFIXES).map(([name, prefix]): NamedReading => {
  const known = BUILT_IN_FEEDS.find(({ spec }) => spec.name === name);
  const file = files.findLast((each) => each.startsWith(prefix) && each.endsWith('.json'));
  const date = /\d{4}-\d{2}-\d{2}/.exec(file ?? '')?.[0];
  if (!known || !file || !date) throw new Error(`no ${prefix}YYYY-MM-DD.json in ${values.feeds}`);
  const text = readFileSync(join(values.feeds, file), 'utf8');
  const { lineage, precedence } = known.spec;
  return { name, lineage, precedence, revision: revisionOf(text), observedAt: Date.parse(date), ...known.parse(text) };
});
const at = Math.max(...readings.map(({ observedAt }) => observedAt));
const own = new Set(readings.filter(({ precedence }) => precedence === 0).map(({ name }) => name));

const agree = (a: MergedRow, b: MergedRow): boolean =>
  samePrice(a.input_usd_per_mtok, b.input_usd_per_mtok) && samePrice(a.output_usd_per_mtok, b.output_usd_per_mtok);
/** The seller itself is among those that state the price; a copy that differs is an old copy. */
const isOwn = ({ sources }: MergedRow): boolean => own.has(sources[0]?.split('@')[0] ?? '');

type Row = { readonly left_out: string; readonly status: string; readonly agree: number; readonly of: number };
const rows: Row[] = [];
for (const left of readings) {
  const merged = mergeReadings(
    readings.filter((reading) => reading !== left),
    { canonicalise, at },
  );
  // What it says, and not what would be charged where it says too little.
  const says = mergeReadings([left], { canonicalise, at }).filter(({ status }) => status !== 'held');
  const truth = new Map(says.map((row) => [row.offer, row]));
  const kinds = Map.groupBy(
    merged,
    (row) => `${row.status}${row.status === 'verified' && isOwn(row) ? ', seller' : ''}`,
  );
  for (const [status, all] of kinds) {
    const checked = all.flatMap((row) => {
      const other = truth.get(row.offer);
      return other ? [{ row, other, right: agree(row, other) }] : [];
    });
    rows.push({ left_out: left.name, status, agree: checked.filter(({ right }) => right).length, of: checked.length });
    if (!values.wrong || !status.startsWith('verified')) continue;
    for (const { row, other, right } of checked)
      if (!right)
        console.log(
          `${row.offer} ${row.input_usd_per_mtok}/${row.output_usd_per_mtok} by ${row.sources.join(', ')}; ${left.name} says ${other.input_usd_per_mtok}/${other.output_usd_per_mtok}`,
        );
  }
}
console.table(rows.map((row) => ({ ...row, share: `${((100 * row.agree) / Math.max(1, row.of)).toFixed(1)} %` })));
const every = mergeReadings(readings, { canonicalise, at });
const counts = Object.fromEntries(
  [...Map.groupBy(every, ({ status }) => status)].map(([status, all]) => [status, all.length]),
);
console.log(`${every.length} offers of all feeds:`, counts);
const result = {
  what: 'holdout',
  unit: 'offers',
  machine: machine(),
  feeds: readings.map(({ name, revision }) => ({ name, revision })),
  counts,
  rows,
};
const path = values.out ?? (values.save ? resultPath('holdout', result.machine) : undefined);
if (path !== undefined) writeResult(path, result);

// How long the bundled price list takes to load: the first reading in a fresh process, as every start has it, and twenty more.
// node benchmarks/prices-load.ts [--save | --out FILE]
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { createCanonicaliser } from '../src/market/identity.ts';
import { loadAliases } from '../src/market/identity-aliases.ts';
import { createPriceTable } from '../src/market/sheets.ts';
import { readSnapshot } from '../src/market/snapshot.ts';
import { machine, resultPath, writeResult } from './machine.ts';

const AGAIN = 20;
const prices = new URL('../pricing/prices.json', import.meta.url);
const aliases = new URL('../pricing/aliases.json', import.meta.url);

/** ms by the wall clock, and of this thread's CPU: on a busy machine the second is the one to read. */
type Row = { readonly name: string; readonly wallMs: number; readonly cpuMs: number };

const timed = <T>(name: string, work: () => T): Row & { readonly result: T } => {
  const before = process.threadCpuUsage();
  const start = performance.now();
  const result = work();
  const wallMs = performance.now() - start;
  const { user, system } = process.threadCpuUsage(before);
  return { name, wallMs, cpuMs: (user + system) / 1000, result };
};

const first = timed('first load', () => readSnapshot(prices));
const later = Array.from({ length: AGAIN }, () => timed('median load', () => readSnapshot(prices)));
const median = later.toSorted((a, b) => a.wallMs - b.wallMs)[AGAIN / 2] ?? first;
const canonicaliser = timed('aliases', () => createCanonicaliser(loadAliases(aliases)));
const table = timed('table', () => createPriceTable({ canonicalise: canonicaliser.result, seed: first.result }));
const { rows: listed, asOf } = first.result;
const lookups = timed('every sheet', () => {
  for (const row of listed) table.result.at(row.offer, asOf);
});

const rows = [first, median, canonicaliser, table, lookups].map(
  ({ name, wallMs, cpuMs }): Row => ({
    name,
    wallMs: Number(wallMs.toFixed(2)),
    cpuMs: Number(cpuMs.toFixed(2)),
  }),
);
console.log(`${listed.length} offers, load ${loadavg()[0]?.toFixed(1)}`);
console.log(`${''.padEnd(12)} ${'wall ms'.padStart(9)} ${'CPU ms'.padStart(9)}`);
for (const { name, wallMs, cpuMs } of rows)
  console.log(`${name.padEnd(12)} ${wallMs.toFixed(1).padStart(9)} ${cpuMs.toFixed(1).padStart(9)}`);

const { values } = parseArgs({ options: { save: { type: 'boolean', default: false }, out: { type: 'string' } } });
const result = { what: 'prices-load', unit: 'ms', machine: machine(), offers: listed.length, rows } as const;
const path = values.out ?? (values.save ? resultPath('prices-load', result.machine) : undefined);
if (path !== undefined) writeResult(path, result);

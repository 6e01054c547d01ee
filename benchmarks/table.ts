// A result file as a Markdown table: node benchmarks/table.ts benchmarks/results/overhead-….json
import { readFileSync } from 'node:fs';
import type { Measure, Row } from './overhead/summary.ts';

type Cells = readonly string[];
export type Result =
  | { readonly what: 'overhead'; readonly rows: readonly Row[] }
  | {
      readonly what: 'decide';
      readonly rows: readonly { readonly name: string; readonly p50: number; readonly p99: number }[];
    }
  | {
      readonly what: 'prices-load';
      readonly rows: readonly { readonly name: string; readonly wallMs: number; readonly cpuMs: number }[];
    };

const lineOf = (cells: Cells): string => `| ${cells.join(' | ')} |`;

/** @param words how many columns hold words; the rest are numbers and stand right */
const tableFrom = (head: Cells, rows: readonly Cells[], words: number): string =>
  [lineOf(head), lineOf(head.map((_, index) => (index < words ? '---' : '--:'))), ...rows.map(lineOf)].join('\n');

const fixed =
  (digits: number) =>
  ({ median }: Measure): string =>
    median.toFixed(digits);
const micros = ({ median }: Measure): string => (median * 1000).toFixed(0);
const ranged = ({ least, most, median }: Measure): string =>
  `${median.toFixed(0)} (${least.toFixed(0)}–${most.toFixed(0)})`;
const cell = (measure: Measure | undefined, show: (measure: Measure) => string): string =>
  measure ? show(measure) : '';

const HEAD = [
  'scene',
  'target',
  'requests/s',
  'CPU µs (range)',
  'CPU µs per chunk',
  'CPU ÷ bare',
  'added p50 µs',
  'added p99 µs',
];

const overheadRow = (row: Row): Cells => [
  row.scene,
  row.target,
  `${row.loadBound ? '≥ ' : ''}${fixed(0)(row.perSecond)}`,
  cell(row.cpuMicros, ranged),
  cell(row.cpuMicrosPerChunk, fixed(1)),
  cell(row.cpuOverBare, fixed(2)),
  cell(row.addedFirstP50 ?? row.addedP50, micros),
  cell(row.addedFirstP99 ?? row.addedP99, micros),
];

/** Pure. Of paced streams `added` is the time to the first token, of other paced scenes the time to the last byte. */
export const tableOf = (result: Result): string => {
  switch (result.what) {
    case 'overhead':
      return tableFrom(HEAD, result.rows.map(overheadRow), 2);
    case 'decide': {
      const rows = result.rows.map(({ name, p50, p99 }) => [name, p50.toFixed(1), p99.toFixed(1)]);
      return tableFrom(['work', 'p50 µs', 'p99 µs'], rows, 1);
    }
    case 'prices-load': {
      const rows = result.rows.map(({ name, wallMs, cpuMs }) => [name, wallMs.toFixed(1), cpuMs.toFixed(1)]);
      return tableFrom(['work', 'wall ms', 'CPU ms'], rows, 1);
    }
    default:
      return result satisfies never;
  }
};

const [, script = '', path] = process.argv;
if (import.meta.filename === script && path !== undefined)
  console.log(tableOf(JSON.parse(readFileSync(path, 'utf8')) as Result));

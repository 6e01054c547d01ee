// A result file as the rows of a Markdown table, for README.md: node benchmarks/table.ts benchmarks/results/overhead-….json
import { readFileSync } from 'node:fs';
import type { Measure, Row } from './overhead/summary.ts';

type Cells = readonly string[];
type Overhead = { readonly what: 'overhead'; readonly rounds: number; readonly rows: readonly Row[] };
type Timings = {
  readonly what: 'decide' | 'prices-load';
  readonly rows: readonly { readonly name: string; readonly p50: number; readonly p99: number }[];
};
export type Result = Overhead | Timings;

const lineOf = (cells: Cells): string => `| ${cells.join(' | ')} |`;

const tableFrom = (head: Cells, rows: readonly Cells[]): string =>
  [lineOf(head), lineOf(head.map((_, index) => (index < 2 ? '---' : '--:'))), ...rows.map(lineOf)].join('\n');

const whole = ({ median }: Measure): string => median.toFixed(0);
const tenths = ({ median }: Measure): string => median.toFixed(1);
const hundredths = ({ median }: Measure): string => median.toFixed(2);
const micros = ({ median }: Measure): string => (median * 1000).toFixed(0);
const ranged = ({ least, most, median }: Measure): string =>
  `${median.toFixed(0)} (${least.toFixed(0)}–${most.toFixed(0)})`;
const cell = (measure: Measure | undefined, show: (measure: Measure) => string): string =>
  measure ? show(measure) : '';

const rowOf = (row: Row): Cells => [
  row.scene,
  row.target,
  `${row.loadBound ? '≥ ' : ''}${whole(row.perSecond)}`,
  cell(row.cpuMicros, ranged),
  cell(row.cpuMicrosPerChunk, tenths),
  cell(row.cpuOverBare, hundredths),
  cell(row.addedP50 ?? row.addedFirstP50, micros),
  cell(row.addedP99 ?? row.addedFirstP99, micros),
];

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

/** Pure. Of paced streams `added` is the time to the first token, of the others the time to the last byte. */
export const tableOf = (result: Result): string => {
  switch (result.what) {
    case 'overhead':
      return tableFrom(HEAD, result.rows.map(rowOf));
    case 'decide':
    case 'prices-load':
      return tableFrom(
        ['work', 'p50', 'p99'],
        result.rows.map(({ name, p50, p99 }) => [name, p50.toFixed(1), p99.toFixed(1)]),
      );
    default:
      return result satisfies never;
  }
};

const [, script = '', path] = process.argv;
if (import.meta.filename === script && path !== undefined)
  console.log(tableOf(JSON.parse(readFileSync(path, 'utf8')) as Result));

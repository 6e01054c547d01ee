// The spend report: what each policy, model, provider, caller, task or day cost, and how sure the figures are.
import type { Range, SpendKey, SpendRow } from '../core/ledger.ts';
import { formatUsd, usdOf } from '../core/money.ts';
import type { Ledger } from '../core/ports.ts';
import { toCsv } from './csv.ts';
import { totalRow } from './spend-rows.ts';
import { type Column, textTable } from './table.ts';

export type SpendQuestion = { readonly range: Range; readonly by: SpendKey };
export type SpendDeps = { readonly ledger: Pick<Ledger, 'spend'> };

/** Amounts in dollars. `overhead_usd` is the part of `cost_usd` that went to probes. `ambiguous_usd` is an upper bound of what was sent and never answered; it is not in `cost_usd`. */
const lineOf = (row: SpendRow) => ({
  key: row.key,
  requests: row.requests,
  failed: row.failed,
  cancelled: row.cancelled,
  attempts: row.attempts,
  cost_usd: usdOf(row.cost),
  overhead_usd: usdOf(row.overheadCost),
  estimated_usd: usdOf(row.estimatedCost),
  ambiguous_usd: usdOf(row.ambiguousCost),
  ambiguous: row.ambiguous,
  quality: row.quality ?? null,
  judged: row.judged,
});
export type SpendLine = ReturnType<typeof lineOf>;

export type SpendReport = {
  readonly json: {
    readonly from: string;
    readonly to: string;
    readonly by: SpendKey;
    readonly rows: readonly SpendLine[];
    readonly total: SpendLine;
  };
  readonly csv: () => string;
  readonly text: () => string;
};

/** An open range ends at the last instant a Date knows. */
export const instantText = (ms: number): string => new Date(Math.min(Math.max(ms, 0), 8.64e15)).toISOString();

const COLUMNS: readonly Column[] = [
  { title: '' },
  ...[
    'requests',
    'failed',
    'attempts',
    'cost',
    'per request',
    'of it probes',
    'of it estimated',
    'perhaps more',
    'quality',
  ].map((title) => ({ title, align: 'right' as const })),
];

const cellsOf = (row: SpendRow): string[] => [
  row.key,
  String(row.requests),
  String(row.failed),
  String(row.attempts),
  formatUsd(row.cost),
  row.requests > 0 ? `$${((row.cost - row.overheadCost) / 1e9 / row.requests).toPrecision(3)}` : '–',
  formatUsd(row.overheadCost),
  formatUsd(row.estimatedCost),
  formatUsd(row.ambiguousCost),
  row.quality === undefined ? '–' : `${row.quality.toFixed(3)} (${row.judged})`,
];

export const spendReport = async ({ ledger }: SpendDeps, { range, by }: SpendQuestion): Promise<SpendReport> => {
  const rows = await ledger.spend(range, by);
  const total = totalRow(rows);
  const lines = rows.map(lineOf);
  const header = Object.keys(lineOf(total));
  return {
    json: { from: instantText(range.from), to: instantText(range.to), by, rows: lines, total: lineOf(total) },
    csv: () => toCsv([by, ...header.slice(1)], lines.map(Object.values)),
    text: () => textTable(COLUMNS, [...rows, total].map(cellsOf)),
  };
};

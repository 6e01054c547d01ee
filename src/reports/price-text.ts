// How the price report reads in a terminal and in a spreadsheet.
import { change, dollars, percent } from './amounts.ts';
import { toCsv } from './csv.ts';
import type { PriceLine, PriceReportJson } from './price-lines.ts';
import { type Column, textTable } from './table.ts';

/** A terminal is not a file; the JSON has them all. */
const MOST_ROWS = 40;

const priceText = (pair: PriceLine['before']): string =>
  pair
    ? [pair.input_usd_per_million, pair.output_usd_per_million]
        .map((usd) => (usd === null ? '?' : dollars(usd)))
        .join(' / ')
    : 'new';

const day = (instant: string): string => instant.slice(0, 16).replace('T', ' ');

const COLUMNS: readonly Column[] = [
  ...['offer', 'verdict', 'before', 'after'].map((title) => ({ title })),
  ...['change', 'would move', 'of dollars', 'toward', 'away', '$ a day'].map((title) => ({
    title,
    align: 'right' as const,
  })),
  ...['effective', 'observed', 'source'].map((title) => ({ title })),
];

const cellsOf = ({ shift, ...line }: PriceLine): string[] => [
  line.offer,
  line.verdict,
  priceText(line.before),
  priceText(line.after),
  line.change === null ? '–' : change(line.change),
  percent(shift.moved_share),
  percent(shift.moved_usd_share),
  String(shift.toward_requests),
  String(shift.away_requests),
  dollars(shift.effect_usd),
  day(line.effective_from),
  day(line.observed_at),
  line.source ?? '–',
];

const headline = ({ changes, traffic }: PriceReportJson): string => {
  const [first] = changes;
  if (!first) return 'No price changed.';
  const { shift } = first;
  return traffic.requests === 0
    ? 'There was no traffic in the last day to decide again.'
    : `${first.offer} ${first.verdict === 'applied' || first.verdict === 'released' ? 'shifts' : 'would shift'} ${percent(shift.moved_share)} of the last day’s ${traffic.requests} requests, ${percent(shift.moved_usd_share)} of its dollars.`;
};

const billLine = ({ offer, billed_ratio: ratio, standing, calls }: PriceReportJson['bills'][number]): string =>
  `${offer} bills ${ratio.toFixed(3)}× its price sheet over ${calls} calls (${standing}).`;

export const textOf = (report: PriceReportJson): string => {
  const { changes, bills, traffic, estimate, status_only: statusOnly, complete } = report;
  const rest = changes.length - MOST_ROWS;
  return [
    ...(changes.length > 0 ? [textTable(COLUMNS, changes.slice(0, MOST_ROWS).map(cellsOf)), ''] : []),
    ...(rest > 0 ? [`… and ${rest} more in the JSON.`] : []),
    headline(report),
    ...(statusOnly > 0 ? [`${statusOnly} changes of status alone are left out.`] : []),
    ...(complete ? [] : ['Only the newest changes of the period are in it.']),
    ...(traffic.complete ? [] : [`Only the newest ${traffic.requests} requests of the day are decided again.`]),
    ...bills.filter(({ standing }) => standing === 'steady' || standing === 'unsteady').map(billLine),
    ...(changes.length > 0 ? [estimate] : []),
  ].join('\n');
};

export const csvOf = ({ changes }: PriceReportJson): string => {
  const flat = changes.map(({ before, after, shift, reason, ...line }) => ({
    ...line,
    before_input: before?.input_usd_per_million,
    before_output: before?.output_usd_per_million,
    after_input: after.input_usd_per_million,
    after_output: after.output_usd_per_million,
    ...shift,
    reason,
  }));
  return toCsv(
    Object.keys(flat[0] ?? { offer: '' }),
    flat.map((row) => Object.values(row)),
  );
};

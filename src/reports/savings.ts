// The savings report: what our choices cost against the policy's baseline at the same instant, and what the control group says of it.
import type { SpendKey, SpendRow } from '../core/ledger.ts';
import { formatUsd, usdOf } from '../core/money.ts';
import { change, percent, signedUsd } from './amounts.ts';
import { type Measured, measure, measureTogether } from './control.ts';
import { toCsv } from './csv.ts';
import { instantText, type SpendDeps, type SpendQuestion } from './spend.ts';
import { minusRow, totalRow } from './spend-rows.ts';
import { type Column, textTable } from './table.ts';

/** Keys under which a request's whole cost stands in one row: only there can two groups of requests be compared. */
const COMPARABLE: readonly SpendKey[] = ['policy', 'caller', 'task', 'day'];

/** Not our choice: the control group, and what callers asked for by name. */
const PARTS = ['holdout', 'pinned'] as const;

type Line = {
  readonly routed: SpendRow;
  readonly holdout: SpendRow | undefined;
  readonly measured: Measured | undefined;
};

/** In nano-dollars, of either sign. What failed attempts cost is in `comparedCost`, so this is net of them, and of probes. */
const savedOf = (row: SpendRow): number => row.baselineCost - row.comparedCost - row.overheadCost;
const shareOf = (row: SpendRow): number | null => (row.baselineCost > 0 ? savedOf(row) / row.baselineCost : null);

const measuredView = (measured: Measured | undefined) =>
  measured
    ? {
        holdout_requests: measured.holdout,
        routed_requests: measured.routed,
        per_request_usd: measured.perRequest,
        per_request_interval_usd: measured.perRequestInterval,
        saved_usd: measured.saved,
        interval_usd: measured.interval,
        thin: measured.thin,
      }
    : null;

/** `at_worst_usd` counts everything ambiguous as spent. `exact_usd` is the part of the whole cost that was not estimated. */
const viewOf = ({ routed, holdout, measured }: Line) => ({
  key: routed.key,
  requests: routed.requests,
  compared: routed.compared,
  cost_usd: usdOf(routed.comparedCost),
  baseline_usd: usdOf(routed.baselineCost),
  overhead_usd: usdOf(routed.overheadCost),
  saved_usd: savedOf(routed) / 1e9,
  saved_share: shareOf(routed),
  at_worst_usd: (savedOf(routed) - routed.ambiguousCost) / 1e9,
  exact_usd: (routed.cost - routed.estimatedCost) / 1e9,
  estimated_usd: usdOf(routed.estimatedCost),
  ambiguous_usd: usdOf(routed.ambiguousCost),
  quality: routed.quality ?? null,
  holdout_quality: holdout?.quality ?? null,
  measured: measuredView(measured),
});
export type SavingsLine = ReturnType<typeof viewOf>;

export type SavingsReport = {
  readonly json: {
    readonly from: string;
    readonly to: string;
    readonly by: SpendKey;
    readonly rows: readonly SavingsLine[];
    readonly total: SavingsLine;
  };
  readonly csv: () => string;
  readonly text: () => string;
};

const COLUMNS: readonly Column[] = [
  { title: '' },
  ...['requests', 'compared', 'cost', 'baseline', 'saved', '', 'measured by the holdout', 'perhaps more'].map(
    (title) => ({
      title,
      align: 'right' as const,
    }),
  ),
];

const measuredText = (measured: Measured | undefined): string => {
  if (!measured) return '–';
  const [low, high] = measured.interval.map((usd) => signedUsd(usd * 1e9));
  const middle = signedUsd(measured.saved * 1e9);
  return `${middle} [${low}, ${high}]${measured.thin ? ` thin: ${measured.holdout}` : ''}`;
};

const cellsOf = ({ routed, measured }: Line): string[] => {
  const share = shareOf(routed);
  return [
    routed.key,
    String(routed.requests),
    String(routed.compared),
    formatUsd(routed.comparedCost),
    formatUsd(routed.baselineCost),
    signedUsd(savedOf(routed)),
    share === null ? '–' : percent(share),
    measuredText(measured),
    formatUsd(routed.ambiguousCost),
  ];
};

const sentence = ({ routed, measured }: Line): string => {
  const share = shareOf(routed);
  const saved = savedOf(routed);
  const against = `${routed.compared} of ${routed.requests} requests have a baseline`;
  const overhead = routed.overheadCost > 0 ? ` Probes cost ${formatUsd(routed.overheadCost)}, taken off.` : '';
  const head =
    share === null
      ? `Nothing to compare: ${against}.`
      : `${saved < 0 ? 'Spent more than' : 'Saved against'} the baseline: ${signedUsd(Math.abs(saved))} (${change(-share)} cost); ${against}.${overhead}`;
  const exact = routed.cost > 0 ? percent((routed.cost - routed.estimatedCost) / routed.cost) : '–';
  const control = measured
    ? `The holdout of ${measured.holdout} requests measures ${measuredText(measured)}.`
    : 'No holdout to measure by.';
  return `${head}\n${control}\nExact: ${exact} of the cost; perhaps ${formatUsd(routed.ambiguousCost)} more for ${routed.ambiguous} calls that were never answered.`;
};

const CSV_HEADER = [
  'requests',
  'compared',
  'cost_usd',
  'baseline_usd',
  'overhead_usd',
  'saved_usd',
  'saved_share',
  'at_worst_usd',
  'exact_usd',
  'estimated_usd',
  'ambiguous_usd',
  'quality',
  'holdout_quality',
] as const satisfies readonly (keyof SavingsLine)[];
const CSV_MEASURED = ['holdout_requests', 'measured_usd', 'measured_low_usd', 'measured_high_usd'] as const;

const csvRow = (view: SavingsLine) => [
  view.key,
  ...CSV_HEADER.map((name) => view[name]),
  view.measured?.holdout_requests,
  view.measured?.saved_usd,
  ...(view.measured?.interval_usd ?? []),
];

/** Requests whose model the caller named, and the holdout itself, were not our choice and are left out of what we saved. */
export const savingsReport = async ({ ledger }: SpendDeps, { range, by }: SpendQuestion): Promise<SavingsReport> => {
  const all = await ledger.spend({ ...range, parts: PARTS }, by);
  const groups = all.map((row) => {
    const [holdout, pinned] = PARTS.map((reason) => row.parts?.[reason]);
    return { routed: minusRow(minusRow(row, holdout), pinned), holdout };
  });
  const comparable = COMPARABLE.includes(by);
  const lines = groups.map(
    (group): Line => ({
      ...group,
      measured: comparable ? measure(group.routed, group.holdout) : undefined,
    }),
  );
  const total: Line = {
    routed: totalRow(groups.map((group) => group.routed)),
    holdout: totalRow(all.flatMap(({ parts }) => parts?.[PARTS[0]] ?? [])),
    measured: comparable ? measureTogether(groups) : undefined,
  };
  const [rows, sum] = [lines.map(viewOf), viewOf(total)];
  return {
    json: { from: instantText(range.from), to: instantText(range.to), by, rows, total: sum },
    csv: () => toCsv([by, ...CSV_HEADER, ...CSV_MEASURED], rows.map(csvRow)),
    text: () => `${textTable(COLUMNS, [...lines, total].map(cellsOf))}\n\n${sentence(total)}`,
  };
};

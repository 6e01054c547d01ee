// A replay as a person reads it: one line per goal, who answered, and how regret grew.
import type { GoalReport, ReplayReport } from './report.ts';

const quality = (value: number): string => value.toFixed(4);
const dollars = (usd: number): string => `$${usd.toPrecision(3)}`;
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;

const goalName = ({ budget_usd, worth_usd, floor }: GoalReport): string => {
  if (budget_usd !== undefined) return `budget ${dollars(budget_usd)}`;
  return worth_usd === undefined ? `floor ${floor ?? ''}` : `worth ${dollars(worth_usd)}`;
};

/** How spending stands to its budget; empty where there is none. */
const compliance = ({ budget_usd, cost_usd }: GoalReport): string => {
  if (!budget_usd) return '';
  const over = 100 * (cost_usd / budget_usd - 1);
  return `${over < 0 ? '−' : '+'}${Math.abs(over).toFixed(1)} %`;
};

const HEAD = [
  'goal',
  'quality',
  '$/request',
  'vs budget',
  'hull',
  'lift',
  '95 %',
  'best single',
  'random',
  'oracle',
  'regret',
];

const cellsOf = (result: GoalReport): string[] => [
  goalName(result),
  quality(result.quality),
  dollars(result.cost_usd),
  compliance(result),
  quality(result.hull_quality),
  signed(result.lift_over_hull),
  result.lift_ci95 ? result.lift_ci95.map(signed).join(' ') : 'one seed',
  quality(result.best_single_quality),
  quality(result.random_quality),
  quality(result.oracle_quality),
  (result.regret.at(-1) ?? 0).toFixed(1),
];

/** Columns as wide as their widest cell, the first to the left. */
const aligned = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
  );
};

/** Models named in a line of shares; the rest are summed. */
const NAMED = 6;

const sharesLine = (result: GoalReport): string => {
  const all = Object.entries(result.shares).toSorted(([, a], [, b]) => b - a);
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const named = all.slice(0, NAMED).map(([model, share]) => `${model} ${percent(share)}`);
  const rest = all.slice(NAMED).reduce((sum, [, share]) => sum + share, 0);
  return `  ${goalName(result)}: ${[...named, ...(rest > 0 ? [`others ${percent(rest)}`] : [])].join(' · ')}`;
};

/** Five points of twenty: enough to see whether it flattens. */
const regretLine = (result: GoalReport): string => {
  const points = result.regret.flatMap((regret, at) => ((at + 1) % 4 === 0 ? [regret.toFixed(1)] : []));
  return `  ${goalName(result)}: ${points.join(' → ')}`;
};

export const reportText = (report: ReplayReport): string => {
  const { dataset, protocol, prompts, models, seeds, results, pair, decision_us: times } = report;
  const table = results.length === 0 ? [] : aligned([HEAD, ...results.map(cellsOf)]);
  return [
    `${dataset}: ${prompts} prompts × ${models.length} models, ${protocol}, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`,
    ...table,
    ...(results.length === 0 ? [] : ['share by model', ...results.map(sharesLine)]),
    ...(results.length === 0 ? [] : ['regret after each fifth of the stream', ...results.map(regretLine)]),
    ...(pair
      ? [
          `${pair.weak} | ${pair.strong}: APGR ${pair.apgr.toFixed(3)}, CPT50 ${pair.cpt50.toFixed(1)} %, CPT80 ${pair.cpt80.toFixed(1)} %`,
        ]
      : []),
    `a decision takes ${times.p50} µs (p99 ${times.p99})`,
  ].join('\n');
};

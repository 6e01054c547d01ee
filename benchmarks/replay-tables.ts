// The tables of bench:replay in benchmarks/README.md, from the newest result file: npx node benchmarks/replay-tables.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { between, tableOf } from './readme-numbers.ts';
import { machine, measuredOn, newest } from './readme-results.ts';

export const REPLAY_PAGE = join(import.meta.dirname, 'README.md');
const RESULTS = join(import.meta.dirname, 'results');
const OURS = 'Bourse';
const COIN = 'coin flip';
/** Who spends more than this over the budget is not compared with those who keep to it. */
const OVERSPENT = 1.05;

const figures = z.object({
  quality: z.number(),
  cost_usd: z.number(),
  lift_over_hull: z.number(),
  lift_ci95: z.tuple([z.number(), z.number()]).nullable(),
});
const row = z.object({
  set: z.string(),
  start: z.enum(['cold', 'warm']),
  prompts: z.number(),
  models: z.number(),
  seeds: z.number(),
  budget_usd: z.number(),
  coin_flip: z.number(),
  best_single: z.number(),
  random: z.number(),
  oracle: z.number(),
  regret: z.number(),
  decision_us: z.object({ p50: z.number(), p99: z.number() }),
  routers: z.record(z.string(), figures),
});
const pair = z.object({
  set: z.string(),
  weak: z.string(),
  strong: z.string(),
  labels: z.number(),
  seeds: z.number(),
  routers: z.record(z.string(), z.object({ apgr: z.number(), cpt50: z.number(), cpt80: z.number() })),
});
const replay = z.object({
  machine,
  command: z.string(),
  rows: z.array(row).min(1),
  pairs: z.array(pair),
});
type Row = z.infer<typeof row>;
type Pair = z.infer<typeof pair>;

const quality = (value: number): string => value.toFixed(3);

/** The quality, with what was spent over or under the budget where that is more than one in a hundred. */
const figure = ({ quality: value, cost_usd }: z.infer<typeof figures>, budget: number): string => {
  const over = Math.round(100 * (cost_usd / budget - 1));
  return over === 0 ? quality(value) : `${quality(value)} (${over > 0 ? '+' : '−'}${Math.abs(over)} %)`;
};

/** The best quality among those that keep to the budget; the coin flip always does. */
export const winnerOf = ({ routers, coin_flip, budget_usd }: Row): string => {
  const honest = Object.entries(routers)
    .filter(([, { cost_usd }]) => cost_usd <= OVERSPENT * budget_usd)
    .map(([name, { quality: value }]) => ({ name, value }));
  const all = [...honest, { name: COIN, value: coin_flip }];
  return all.reduce((best, each) => (each.value > best.value ? each : best)).name;
};

const interval = ({ lift_over_hull, lift_ci95 }: z.infer<typeof figures>): string => {
  const points = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(1)}`;
  return lift_ci95 ? `${points(lift_over_hull)} [${lift_ci95.map(points).join(', ')}]` : points(lift_over_hull);
};

const setTable = (rows: readonly Row[]): string => {
  const names = Object.keys(rows[0]?.routers ?? {}).filter((name) => name !== OURS);
  const head = [
    'budget',
    OURS,
    'lift over hull, points',
    COIN,
    ...names,
    'random',
    'best single',
    'oracle',
    'who wins',
  ];
  const cells = rows.map((each) => {
    const ours = each.routers[OURS];
    return [
      `${each.start} $${each.budget_usd}`,
      ours ? figure(ours, each.budget_usd) : '',
      ours ? interval(ours) : '',
      quality(each.coin_flip),
      ...names.map((name) => {
        const theirs = each.routers[name];
        return theirs ? figure(theirs, each.budget_usd) : '';
      }),
      quality(each.random),
      quality(each.best_single),
      quality(each.oracle),
      winnerOf(each),
    ];
  });
  return tableOf([head, ...cells]);
};

const setText = (set: string, rows: readonly Row[]): string => {
  const [first] = rows;
  const [cold, warm] = (['cold', 'warm'] as const).map((start) => rows.find((each) => each.start === start));
  const times = cold?.decision_us ?? warm?.decision_us;
  const counts = `${first?.models ?? 0} models, ${first?.seeds ?? 0} seeds, ${cold?.prompts ?? 0} prompts cold, ${warm?.prompts ?? 0} warm`;
  return [
    `**${set}**: ${counts}; a decision took ${times?.p50 ?? 0} µs (p99 ${times?.p99 ?? 0}).`,
    setTable(rows),
  ].join('\n\n');
};

const pairTable = (pairs: readonly Pair[]): string => {
  const names = Object.keys(pairs[0]?.routers ?? {});
  const cells = pairs.map(({ set, weak, strong, labels, routers }) => {
    const best = names.reduce((a, b) => ((routers[b]?.apgr ?? 0) > (routers[a]?.apgr ?? 0) ? b : a), names[0] ?? '');
    const each = names.map((name) => {
      const score = routers[name];
      return score ? `${score.apgr.toFixed(3)} (${score.cpt50.toFixed(0)}, ${score.cpt80.toFixed(0)})` : '';
    });
    const top = routers[best]?.apgr ?? 0;
    return [`${set}: ${weak} \\| ${strong}`, String(labels), ...each, top > 0.5 ? best : 'chance'];
  });
  return tableOf([['APGR (CPT50, CPT80)', 'labels', ...names, 'who wins'], ...cells]);
};

/** How often each wins, most first. */
const tally = (rows: readonly Row[]): string => {
  const wins = new Map<string, number>();
  for (const each of rows) wins.set(winnerOf(each), (wins.get(winnerOf(each)) ?? 0) + 1);
  const sorted = [...wins].toSorted(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ');
};

const replayText = (directory: string): string => {
  const read = newest(directory, 'replay', replay);
  const { rows, pairs, command } = read.value;
  const sets = [...new Set(rows.map(({ set }) => set))];
  const below = rows.filter(({ routers }) => (routers[OURS]?.lift_over_hull ?? 0) < 0).length;
  return [
    `Who wins, over ${rows.length} budgets: ${tally(rows)}. ${OURS} is below the hull at its own dollars in ${below} of ${rows.length}.`,
    ...sets.map((set) =>
      setText(
        set,
        rows.filter((each) => each.set === set),
      ),
    ),
    pairTable(pairs),
    `\`${command}\` on ${measuredOn(read).replace('benchmarks/results/', 'results/')}.`,
  ].join('\n\n');
};

/** The page with its tables written anew. @throws Error that names the missing result */
export const withReplayTables = (page: string, directory = RESULTS): string =>
  between(page, 'replay', replayText(directory));

if (import.meta.main) writeFileSync(REPLAY_PAGE, withReplayTables(readFileSync(REPLAY_PAGE, 'utf8')));

// A replay as JSON for machines and as a table for people. The shape of the JSON is kept: docs/replay.md says what each number is.
import type { Dataset } from './dataset.ts';
import { type Interval, interval95, meanOf, quantileOf } from './intervals.ts';
import type { Goal } from './objective.ts';
import type { GoalRuns, Protocol, Replayed } from './replay.ts';
import type { Score } from './score.ts';

export type GoalReport = {
  readonly budget_usd?: number;
  readonly worth_usd?: number;
  /** As it was asked for: 0.95:model. */
  readonly floor?: string;
  readonly quality: number;
  readonly quality_ci95: Interval | null;
  readonly cost_usd: number;
  readonly hull_quality: number;
  readonly best_single_quality: number;
  readonly random_quality: number;
  readonly oracle_quality: number;
  readonly lift_over_hull: number;
  readonly lift_ci95: Interval | null;
  readonly shares: Readonly<Record<string, number>>;
  readonly regret: readonly number[];
};

export type PairReport = {
  readonly weak: string;
  readonly strong: string;
  readonly apgr: number;
  readonly cpt50: number;
  readonly cpt80: number;
};

export type ReplayReport = {
  readonly dataset: string;
  readonly protocol: Protocol;
  /** Routed per seed; those that were only learned from are not counted. */
  readonly prompts: number;
  readonly models: readonly string[];
  readonly seeds: number;
  readonly results: readonly GoalReport[];
  readonly pair: PairReport | null;
  readonly decision_us: { readonly p50: number; readonly p99: number };
};

const DIGITS = 6;
const short = (value: number): number => Number(value.toPrecision(DIGITS));
const shortInterval = (interval: Interval | null): Interval | null =>
  interval && [short(interval[0]), short(interval[1])];

const goalFields = (goal: Goal): Pick<GoalReport, 'budget_usd' | 'worth_usd' | 'floor'> => {
  switch (goal.kind) {
    case 'budget':
      return { budget_usd: goal.usd };
    case 'worth':
      return { worth_usd: goal.usd };
    case 'floor':
      return { floor: `${goal.share}:${goal.model}` };
    default:
      return goal satisfies never;
  }
};

const goalReport = ({ goal, scores }: GoalRuns, names: readonly string[]): GoalReport => {
  const each = (pick: (score: Score) => number): number[] => scores.map(pick);
  const mean = (pick: (score: Score) => number): number => short(meanOf(each(pick)));
  const lift = each((score) => score.quality - score.hull);
  const points = scores[0]?.regret.length ?? 0;
  return {
    ...goalFields(goal),
    quality: mean((score) => score.quality),
    quality_ci95: shortInterval(interval95(each((score) => score.quality))),
    cost_usd: mean((score) => score.usd),
    hull_quality: mean((score) => score.hull),
    best_single_quality: mean((score) => score.best.quality),
    random_quality: mean((score) => score.random),
    oracle_quality: mean((score) => score.oracle),
    lift_over_hull: short(meanOf(lift)),
    lift_ci95: shortInterval(interval95(lift)),
    shares: Object.fromEntries(names.map((name, column) => [name, mean((score) => score.shares[column] ?? 0)])),
    regret: Array.from({ length: points }, (_, at) => mean((score) => score.regret[at] ?? 0)),
  };
};

/** Over all goals and seeds: beliefs rank prompts whatever is paid. Weak and strong as most runs have them. */
const pairReport = (results: readonly GoalRuns[], names: readonly string[]): PairReport | null => {
  const pairs = results.flatMap(({ scores }) => scores.flatMap(({ pair }) => pair ?? []));
  const strongIsSecond = pairs.filter(({ strong }) => strong === 1).length * 2 > pairs.length;
  const [weak, strong] = strongIsSecond ? [names[0], names[1]] : [names[1], names[0]];
  if (pairs.length === 0 || weak === undefined || strong === undefined) return null;
  const mean = (pick: (pair: (typeof pairs)[number]) => number): number => short(meanOf(pairs.map(pick)));
  return { weak, strong, apgr: mean((p) => p.apgr), cpt50: mean((p) => p.cpt50), cpt80: mean((p) => p.cpt80) };
};

export type ReportInput = {
  readonly name: string;
  readonly protocol: Protocol;
  readonly seeds: number;
  readonly dataset: Dataset;
  readonly replayed: Replayed;
  /** Nobody asked for a goal: only the pair is reported. */
  readonly pairOnly?: boolean;
};

export const reportOf = ({ name, protocol, seeds, dataset, replayed, pairOnly = false }: ReportInput): ReplayReport => {
  const models = dataset.sellers.map((seller) => seller.name);
  const { results, micros, prompts } = replayed;
  const micro = (share: number): number => Number(quantileOf(micros, share).toFixed(1));
  return {
    dataset: name,
    protocol,
    prompts,
    models,
    seeds,
    results: pairOnly ? [] : results.map((each) => goalReport(each, models)),
    pair: pairReport(results, models),
    decision_us: { p50: micro(0.5), p99: micro(0.99) },
  };
};

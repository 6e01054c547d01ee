// One piece of bench:replay, in a thread of its own: every router over one recording from one start, or two models told apart.
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { datasetOf, type Dataset } from '../src/app/replay/dataset.ts';
import { fixedModels, hullAt, hullOf } from '../src/app/replay/hull.ts';
import { readPriceList } from '../src/app/replay/price-list.ts';
import { replay, seedsUpTo } from '../src/app/replay/replay.ts';
import { type GoalReport, reportOf, type ReplayReport } from '../src/app/replay/report.ts';
import { readRecording } from '../src/app/replay/rows.ts';
import { offeredBy, streamOf } from '../src/app/replay/stream.ts';
import type { CreateRouter } from '../src/app/replay/router.ts';
import { createPriorOf, loadCatalogue } from '../src/market/catalogue.ts';
import { seededRng, systemClock } from '../src/world.ts';
import { BASELINES } from './baselines/baselines.ts';
import { type BenchSet, PAIR_LABELS, PAIR_SEEDS, type Start } from './replay-sets.ts';

export type Job =
  | { readonly kind: 'budgets'; readonly set: BenchSet; readonly start: Start; readonly folder: string }
  | { readonly kind: 'pair'; readonly set: BenchSet; readonly folder: string };

/** The product's name in the tables. */
export const OURS = 'Bourse';
const ROUTERS: readonly (readonly [string, CreateRouter | undefined])[] = [
  [OURS, undefined],
  ...Object.entries(BASELINES),
];
/** Of budgets nobody has published, as steps of the logarithm from the cheapest to the best corner of the hull. */
const STEPS = [0.25, 0.5, 0.75] as const;
const PRICING = join(import.meta.dirname, '../pricing/catalogue.yaml');

const open = async ({ folder, set }: Job, models?: readonly string[]): Promise<Dataset> =>
  datasetOf({
    recording: await readRecording(join(folder, `${set.name}.jsonl.gz`), models),
    prices: await readPriceList(join(import.meta.dirname, 'replay-prices.json')),
    priorOf: createPriorOf(loadCatalogue(PRICING)),
    clock: systemClock,
    needsDollars: true,
  });

const pointsOf = (dataset: Dataset) =>
  fixedModels(offeredBy(streamOf(Uint32Array.from(dataset.prompts.keys()), [], dataset), dataset)).flatMap(
    (point) => point ?? [],
  );

const budgetsFor = ({ budgets }: BenchSet, dataset: Dataset): readonly number[] => {
  const corners = hullOf(pointsOf(dataset));
  const [least, most] = [corners[0]?.usd ?? 0, corners.at(-1)?.usd ?? 0];
  return budgets ?? STEPS.map((step) => Number((least ** (1 - step) * most ** step).toPrecision(2)));
};

type Played = { readonly name: string; readonly report: ReplayReport };

const figures = ({ quality, quality_ci95, cost_usd, lift_over_hull, lift_ci95 }: GoalReport) => ({
  quality,
  quality_ci95,
  cost_usd,
  lift_over_hull,
  lift_ci95,
});

const playBudgets = async (job: Extract<Job, { kind: 'budgets' }>) => {
  const { set, start } = job;
  const dataset = await open(job);
  const budgets = budgetsFor(set, dataset);
  const labels = start === 'warm' ? Math.floor(dataset.prompts.length / 2) : 0;
  const played = ROUTERS.map(([name, createRouter]): Played => {
    const replayed = replay({
      dataset,
      protocol: 'bandit',
      goals: budgets.map((usd) => ({ kind: 'budget', usd })),
      seeds: seedsUpTo(set.seeds),
      labels,
      feedback: { rate: 1, noise: 0 },
      events: [],
      clock: systemClock,
      rngOf: seededRng,
      ...(createRouter ? { createRouter } : {}),
    });
    return { name, report: reportOf({ name: set.name, protocol: 'bandit', seeds: set.seeds, dataset, replayed }) };
  });
  const points = pointsOf(dataset);
  return budgets.map((budget, at) => {
    const results = played.flatMap(({ name, report }) => {
      const result = report.results[at];
      return result ? [{ name, result, report }] : [];
    });
    const first = results[0]?.result;
    return {
      set: set.name,
      start,
      prompts: dataset.prompts.length - labels,
      models: dataset.sellers.length,
      seeds: set.seeds,
      budget_usd: budget,
      coin_flip: hullAt(points, budget),
      best_single: first?.best_single_quality ?? 0,
      random: first?.random_quality ?? 0,
      oracle: first?.oracle_quality ?? 0,
      regret: first?.regret.at(-1) ?? 0,
      decision_us: results[0]?.report.decision_us ?? { p50: 0, p99: 0 },
      routers: Object.fromEntries(results.map(({ name, result }) => [name, figures(result)])),
    };
  });
};

/** Those that believe something of both models at every prompt. */
const TELLERS = [OURS, 'prompt length', 'task labels'];

const playPair = async (job: Extract<Job, { kind: 'pair' }>) => {
  const { weak, strong, name } = job.set;
  const dataset = await open(job, [weak, strong]);
  const labels = Math.min(PAIR_LABELS, Math.floor(dataset.prompts.length / 2));
  const routers = ROUTERS.filter(([router]) => TELLERS.includes(router)).map(([router, createRouter]) => {
    const replayed = replay({
      dataset,
      protocol: 'supervised',
      goals: [{ kind: 'worth', usd: 1 }],
      seeds: seedsUpTo(PAIR_SEEDS),
      labels,
      feedback: { rate: 1, noise: 0 },
      events: [],
      clock: systemClock,
      rngOf: seededRng,
      ...(createRouter ? { createRouter } : {}),
    });
    const { pair } = reportOf({ name, protocol: 'supervised', seeds: PAIR_SEEDS, dataset, replayed });
    return [router, { apgr: pair?.apgr ?? 0, cpt50: pair?.cpt50 ?? 0, cpt80: pair?.cpt80 ?? 0 }] as const;
  });
  return {
    set: name,
    weak,
    strong,
    labels,
    seeds: PAIR_SEEDS,
    prompts: dataset.prompts.length - labels,
    routers: Object.fromEntries(routers),
  };
};

export type BudgetRow = Awaited<ReturnType<typeof playBudgets>>[number];
export type PairRow = Awaited<ReturnType<typeof playPair>>;
export type JobResult = { readonly rows: readonly BudgetRow[]; readonly pairs: readonly PairRow[] };

const play = async (job: Job): Promise<JobResult> =>
  job.kind === 'budgets' ? { rows: await playBudgets(job), pairs: [] } : { rows: [], pairs: [await playPair(job)] };

if (parentPort) parentPort.postMessage(await play(workerData as Job), []);

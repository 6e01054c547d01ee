// A replay of made-up prompts whose structure is known: who must win, what events must do, and the shape that is kept.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contextFreeThompson } from '../../../benchmarks/baselines/context-free.ts';
import { BASELINES } from '../../../benchmarks/baselines/baselines.ts';
import type { Dataset } from '../../../src/app/replay/dataset.ts';
import type { WorldEvent } from '../../../src/app/replay/events.ts';
import { type Goal, periodOf, planFor } from '../../../src/app/replay/objective.ts';
import { openReplay } from '../../../src/app/replay/open.ts';
import { createProduct, freshBeliefs, teach } from '../../../src/app/replay/product.ts';
import { replay, type ReplayInput, seedsUpTo } from '../../../src/app/replay/replay.ts';
import { reportOf } from '../../../src/app/replay/report.ts';
import { reportText } from '../../../src/app/replay/report-text.ts';
import { type Run, run, teachRows } from '../../../src/app/replay/run.ts';
import { replayThreaded } from '../../../src/app/replay/threads.ts';
import { offeredBy, streamOf } from '../../../src/app/replay/stream.ts';
import { createFakeClock } from '../../support/clock.ts';
import { datasetFrom, LARGE, LARGE_USD, SMALL_USD, twoKinds, writeRecording } from '../../support/recording.ts';
import { seededRng } from '../../support/rng.ts';

const SEED = 20_261_124;
const SURE = { rate: 1, noise: 0 };
const folder = mkdtempSync(join(tmpdir(), 'bourse-replay-'));
let dataset: Dataset;
let large: number;
beforeAll(async () => {
  dataset = await datasetFrom(writeRecording(folder, 'two-kinds.jsonl.gz', twoKinds(SEED, 700)));
  large = dataset.sellers.findIndex(({ name }) => name === LARGE);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Halfway between the two models' costs: a coin flip asks the large one every other time. */
const HALFWAY: Goal = { kind: 'budget', usd: (SMALL_USD + LARGE_USD) / 2 };
type Change = Partial<Omit<ReplayInput, 'seeds'>> & { readonly seeds?: number };
const inputOf = ({ seeds = 2, ...change }: Change = {}): ReplayInput => ({
  dataset,
  protocol: 'bandit',
  goals: [HALFWAY],
  seeds: seedsUpTo(seeds),
  labels: 0,
  feedback: SURE,
  events: [],
  clock: createFakeClock(),
  rngOf: seededRng,
  ...change,
});
const scoreOf = (change: Change = {}) => {
  const { results, micros, prompts } = replay(inputOf(change));
  const report = reportOf({
    name: 'two-kinds',
    protocol: change.protocol ?? 'bandit',
    seeds: change.seeds ?? 2,
    dataset,
    replayed: { results, micros, prompts },
  });
  const [first] = report.results;
  if (!first) throw new Error('no result');
  return { report, first };
};

describe('a router that sees what a prompt is about', () => {
  it('beats the coin flip, and the same learner without context, at the same dollars', () => {
    const ours = scoreOf().first;
    const blind = scoreOf({ createRouter: contextFreeThompson }).first;
    expect(ours.lift_over_hull).toBeGreaterThan(0.1);
    expect(ours.quality).toBeGreaterThan(blind.quality + 0.08);
    expect(Math.abs(blind.lift_over_hull)).toBeLessThan(0.05);
    expect(ours.quality).toBeLessThanOrEqual(ours.oracle_quality);
  });

  it('keeps to the budget', () => {
    const { cost_usd, budget_usd = 0 } = scoreOf().first;
    expect(cost_usd).toBeLessThan(budget_usd * 1.05);
  });

  it('starts better where it has learned from labels, and hears nothing of a stream without feedback', () => {
    const quiet = { feedback: { rate: 0, noise: 0 } };
    const cold = scoreOf(quiet).first;
    const warm = scoreOf({ ...quiet, labels: 300 }).first;
    expect(warm.lift_over_hull).toBeGreaterThan(cold.lift_over_hull + 0.05);
  });

  it('tells two models apart: supervised APGR well above chance, RouteLLM’s shares in percent', () => {
    const { report } = scoreOf({ protocol: 'supervised', labels: 300 });
    expect(report.prompts).toBe(400);
    expect(report.pair).toMatchObject({ weak: 'plain/small', strong: 'plain/large' });
    expect(report.pair?.apgr).toBeGreaterThan(0.65);
    expect(report.pair?.cpt50).toBeLessThan(40);
    expect(report.pair?.cpt80).toBeGreaterThan(report.pair?.cpt50 ?? 100);
  });

  it('starts from another recording of the same models, which is not counted', () => {
    const warm = scoreOf({ warm: dataset, feedback: { rate: 0, noise: 0 } });
    expect(warm.report.prompts).toBe(700);
    expect(warm.first.lift_over_hull).toBeGreaterThan(0.1);
  });

  it('holds a floor once it knows its reference', () => {
    const { first } = scoreOf({
      goals: [{ kind: 'floor', share: 0.9, model: LARGE }],
      protocol: 'supervised',
      labels: 300,
    });
    expect(first.quality).toBeGreaterThan(0.9 * first.best_single_quality - 0.03);
    expect(first.cost_usd).toBeLessThan(0.8 * LARGE_USD);
    expect(first.floor).toBe(`0.9:${LARGE}`);
  });
});

describe('the same seed', () => {
  it('gives the same scores in threads as in one', async () => {
    const input = inputOf({ seeds: 3, labels: 500 });
    const files = { data: join(folder, 'two-kinds.jsonl.gz'), needsDollars: true };
    const here = replay(
      inputOf({ seeds: 3, labels: 500, dataset: (await openReplay(files, { clock: createFakeClock() })).dataset }),
    );
    const threaded = await replayThreaded({ input, files, threads: 2 });
    expect(threaded.results).toEqual(here.results);
    expect(threaded.micros).toHaveLength(here.micros.length);
  });

  it('hands on what a thread stumbles over', async () => {
    const files = { data: join(folder, 'gone.jsonl'), needsDollars: true };
    await expect(replayThreaded({ input: inputOf({ seeds: 2 }), files, threads: 2 })).rejects.toThrow(
      /there is no such file/,
    );
  });

  it('gives the same replay, another one another', () => {
    const quality = (rngOf = seededRng) => scoreOf({ seeds: 2, rngOf }).first;
    expect(quality()).toEqual(quality());
    expect(quality((seed) => seededRng(seed + 99)).quality).not.toBe(quality().quality);
  });

  it('draws noise that costs quality', () => {
    const noisy = scoreOf({ feedback: { rate: 0.2, noise: 0.5 } }).first;
    expect(noisy.quality).toBeLessThan(scoreOf().first.quality);
  });
});

describe('the baselines', () => {
  it.each(Object.entries(BASELINES))('%s routes, learns, and spends what it says', (_, createRouter) => {
    const { first } = scoreOf({ createRouter, seeds: 1, labels: 100 });
    const shares = Object.values(first.shares);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
    const expected = (first.shares[LARGE] ?? 0) * (LARGE_USD - SMALL_USD) + SMALL_USD;
    expect(first.cost_usd).toBeCloseTo(expected, 8);
    expect(first.quality).toBeGreaterThan(first.random_quality - 0.15);
  });
});

/** One stream in the file's own order, nothing learned on the way unless `learns`. */
const stage = (goal: Goal, events: readonly WorldEvent[], learns = false): Run => {
  const order = Uint32Array.from(dataset.prompts.keys());
  const labelled = order.subarray(0, 200);
  const stream = streamOf(order.subarray(200), events, dataset);
  const { startMs } = periodOf(stream.order.length);
  const plan = planFor(goal, stream.order.length, dataset);
  const beliefs = freshBeliefs(dataset);
  teachRows({
    dataset,
    rows: labelled,
    plan,
    feedback: SURE,
    rng: seededRng(1),
    startMs,
    teach: (each) => teach(beliefs, dataset, each),
  });
  return run({
    dataset,
    stream,
    offered: offeredBy(stream, dataset),
    plan,
    router: createProduct({ dataset, rng: seededRng(2), learns, beliefs }),
    feedback: SURE,
    rng: seededRng(3),
    clock: createFakeClock(),
    startMs,
  });
};

/** Positions, counted from the first that was not learned from, of prompts of the hard kind. */
const hardPositions = (): number[] =>
  dataset.prompts.slice(200).flatMap(({ task }, position) => (task === 'proof' ? [position] : []));
const askedLarge = ({ chosen }: Run, from: number, to: number): number =>
  chosen.subarray(from, to).filter((model) => model === large).length;

describe('events', () => {
  // A perfect answer is worth less than the large model's surcharge, until its price falls.
  const worth: Goal = { kind: 'worth', usd: 0.0015 };
  const generous: Goal = { kind: 'worth', usd: 0.1 };

  it('a price cut by ten moves the very next request it matters to, and its end moves them back', () => {
    const result = stage(worth, [{ at: 200, until: 400, price: { model: LARGE, times: 0.1 } }]);
    expect(askedLarge(result, 0, 200)).toBe(0);
    const first = hardPositions().find((position) => position >= 200) ?? -1;
    expect(result.chosen[first]).toBe(large);
    expect(result.cost[first]).toBe((LARGE_USD * 1e9) / 10);
    expect(askedLarge(result, 400, 500)).toBe(0);
  });

  it('an outage takes a model out of the quotes until it ends, and costs the fixed model its answers', () => {
    const result = stage(generous, [{ at: 100, until: 300, outage: { model: LARGE } }]);
    expect(askedLarge(result, 0, 100)).toBeGreaterThan(20);
    expect(askedLarge(result, 100, 300)).toBe(0);
    expect(askedLarge(result, 300, 500)).toBeGreaterThan(50);
    const down = scoreOf({ seeds: 1, events: [{ at: 0, outage: { model: LARGE } }] }).first;
    expect(down.best_single_quality).toBeLessThan(0.6);
    expect(down.shares[LARGE]).toBe(0);
  });

  it('an outage of every model is nobody’s answer and nobody’s bill', () => {
    const events = dataset.sellers.map(({ name }): WorldEvent => ({ at: 0, outage: { model: name } }));
    const { first } = scoreOf({ seeds: 1, events });
    expect(first).toMatchObject({ quality: 0, cost_usd: 0, oracle_quality: 0 });
  });

  it('a model that arrives is asked from there on, and judged over what it could answer', () => {
    const result = stage(generous, [{ at: 350, arrives: { model: LARGE } }]);
    expect(askedLarge(result, 0, 350)).toBe(0);
    expect(result.chosen[hardPositions().find((position) => position >= 350) ?? -1]).toBe(large);
    const { first } = scoreOf({ seeds: 1, goals: [generous], events: [{ at: 350, arrives: { model: LARGE } }] });
    expect(first.best_single_quality).toBeGreaterThan(0.85);
    expect(first.shares[LARGE]).toBeLessThan(0.51);
  });

  it('a silent drop of quality is felt in the answers and learned from', () => {
    const drop: WorldEvent = { at: 100, quality: { model: LARGE, times: 0 } };
    const dropped = stage(generous, [drop], true);
    const steady = stage(generous, [], true);
    expect(askedLarge(dropped, 300, 500)).toBeLessThan(0.8 * askedLarge(steady, 300, 500));
    const felt = [...dropped.quality].filter((quality, at) => at >= 100 && dropped.chosen[at] === large && quality > 0);
    expect(felt).toEqual([]);
  });
});

describe('the report', () => {
  it('has the shape that is kept, and no more', () => {
    const { report, first } = scoreOf({ seeds: 2 });
    expect(Object.keys(report)).toEqual([
      'dataset',
      'protocol',
      'prompts',
      'models',
      'seeds',
      'results',
      'pair',
      'decision_us',
    ]);
    expect(Object.keys(first)).toEqual([
      'budget_usd',
      'quality',
      'quality_ci95',
      'cost_usd',
      'hull_quality',
      'best_single_quality',
      'random_quality',
      'oracle_quality',
      'lift_over_hull',
      'lift_ci95',
      'shares',
      'regret',
    ]);
    expect(Object.keys(report.pair ?? {})).toEqual(['weak', 'strong', 'apgr', 'cpt50', 'cpt80']);
    expect(Object.keys(report.decision_us)).toEqual(['p50', 'p99']);
    expect(report).toMatchObject({
      dataset: 'two-kinds',
      protocol: 'bandit',
      prompts: 700,
      models: ['plain/small', 'plain/large'],
      seeds: 2,
    });
    expect(first.regret).toHaveLength(20);
    const [low = 1, high = 0] = first.quality_ci95 ?? [];
    expect(low <= first.quality && first.quality <= high).toBe(true);
    expect(first.lift_over_hull).toBeCloseTo(first.quality - first.hull_quality, 5);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('has no interval for one seed, names the goal, and says the same in text', () => {
    const { report, first } = scoreOf({ seeds: 1, goals: [{ kind: 'worth', usd: 0.01 }] });
    expect(first).toMatchObject({ worth_usd: 0.01, quality_ci95: null, lift_ci95: null });
    const text = reportText(report);
    expect(text).toContain(first.quality.toFixed(4));
    expect(text).toContain('one seed');
    expect(text).toContain(`APGR ${report.pair?.apgr.toFixed(3)}`);
  });

  it('counts regret against the oracle, to the end of the stream', () => {
    const { first } = scoreOf({ seeds: 1 });
    const [last = 0] = first.regret.slice(-1);
    expect(last).toBeCloseTo(700 * (first.oracle_quality - first.quality), 2);
  });
});

// A recording replayed: seeds × goals, each a stream of its own through a fresh router, and what they come to.
import type { Clock, Rng } from '../../core/ports.ts';
import type { Dataset } from './dataset.ts';
import type { WorldEvent } from './events.ts';
import { type Goal, periodOf, planFor, TICK_MS } from './objective.ts';
import { createProduct, freshBeliefs, teach } from './product.ts';
import type { CreateRouter, Labelled, Router } from './router.ts';
import { type Feedback, type Run, run, teachRows } from './run.ts';
import { type Score, scoreOf, type Yardsticks, yardsticksOf } from './score.ts';
import { offeredBy, type Stream, streamOf } from './stream.ts';

/** bandit: learns from what it chose, as it goes · supervised: learns from labelled prompts first, then routes the rest and learns no more. */
export const PROTOCOLS = ['bandit', 'supervised'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Plain data. */
export type Terms = {
  readonly protocol: Protocol;
  readonly goals: readonly Goal[];
  /** Prompts drawn for each seed, learned from in full and left out of the stream. */
  readonly labels: number;
  readonly feedback: Feedback;
};

export type ReplayInput = Terms & {
  readonly dataset: Dataset;
  /** A recording of the same models, learned from in full before the stream. */
  readonly warm?: Dataset;
  readonly events: readonly WorldEvent[];
  readonly seeds: readonly number[];
  readonly clock: Clock;
  readonly rngOf: (seed: number) => Rng;
  /** Another router in the product's place. */
  readonly createRouter?: CreateRouter;
  readonly onRequests?: (count: number) => void;
};

export type GoalRuns = { readonly goal: Goal; readonly scores: readonly Score[] };
export type Replayed = {
  readonly results: readonly GoalRuns[];
  readonly micros: Float64Array;
  readonly prompts: number;
};

/** Each use of chance has a sequence of its own, so that none shifts another. */
const SEQUENCES = { order: 1, router: 2, feedback: 3, labels: 4 } as const;
const SEED_STRIDE = 16;
const rngFor = ({ rngOf }: ReplayInput, seed: number, what: keyof typeof SEQUENCES): Rng =>
  rngOf(seed * SEED_STRIDE + SEQUENCES[what]);

/** Fisher and Yates. */
const shuffled = (count: number, rng: Rng): Uint32Array => {
  const order = Uint32Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(rng.next() * (at + 1));
    const value = order[at] ?? 0;
    order[at] = order[other] ?? 0;
    order[other] = value;
  }
  return order;
};

type Trial = {
  readonly seed: number;
  readonly labelled: Uint32Array;
  readonly stream: Stream;
  readonly yardsticks: Yardsticks;
};

const trialOf = (input: ReplayInput, seed: number): Trial => {
  const { dataset, labels, events } = input;
  const order = shuffled(dataset.prompts.length, rngFor(input, seed, 'order'));
  const stream = streamOf(order.slice(labels), events, dataset);
  return { seed, labelled: order.slice(0, labels), stream, yardsticks: yardsticksOf(offeredBy(stream, dataset)) };
};

const lessonsFor = (
  input: ReplayInput,
  { seed, labelled, stream }: Trial,
  learn: (labelled: Labelled) => void,
): void => {
  const { dataset, warm, feedback, goals } = input;
  const requests = stream.order.length;
  const [goal] = goals;
  if (!goal) return;
  const common = {
    plan: planFor(goal, requests, dataset),
    feedback,
    rng: rngFor(input, seed, 'labels'),
    startMs: periodOf(requests).startMs,
    teach: learn,
  };
  const warmRows = warm ? Uint32Array.from(warm.prompts.keys()) : new Uint32Array();
  if (warm)
    teachRows({ ...common, dataset: warm, rows: warmRows, startMs: common.startMs - labelled.length * TICK_MS });
  teachRows({ ...common, dataset, rows: labelled });
};

/** A router per goal. Where nothing is learned from the stream, what was learned before it is learned once. */
const createRouters = (input: ReplayInput, trial: Trial): (() => Router) => {
  const { dataset, protocol, createRouter } = input;
  const learns = protocol === 'bandit';
  const world = () => ({ dataset, learns, rng: rngFor(input, trial.seed, 'router') });
  if (createRouter)
    return () => {
      const router = createRouter(world());
      lessonsFor(input, trial, router.teach);
      return router;
    };
  const learned = () => {
    const beliefs = freshBeliefs(dataset);
    lessonsFor(input, trial, (labelled) => teach(beliefs, dataset, labelled));
    return beliefs;
  };
  const once = learns ? undefined : learned();
  return () => createProduct({ ...world(), beliefs: once ?? learned() });
};

const runGoal = (input: ReplayInput, trial: Trial, goal: Goal, router: Router): Run => {
  const { dataset, feedback, clock, onRequests } = input;
  const requests = trial.stream.order.length;
  return run({
    dataset,
    stream: trial.stream,
    offered: trial.yardsticks.offered,
    plan: planFor(goal, requests, dataset),
    router,
    feedback,
    rng: rngFor(input, trial.seed, 'feedback'),
    clock,
    startMs: periodOf(requests).startMs,
    ...(onRequests ? { onRequests } : {}),
  });
};

/** Decision times kept, over all runs. */
const MOST_TIMES = 2_000_000;

/** 1, 2, 3 …: the seeds of a replay of so many. */
export const seedsUpTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

/** Deterministic but for the times. */
export const replay = (input: ReplayInput): Replayed => {
  const { goals, seeds, dataset, labels } = input;
  const requests = dataset.prompts.length - labels;
  const micros = new Float64Array(Math.min(MOST_TIMES, requests * seeds.length * goals.length));
  let timed = 0;
  const scores: Score[][] = goals.map(() => []);
  for (const seed of seeds) {
    const trial = trialOf(input, seed);
    const createRouter = createRouters(input, trial);
    goals.forEach((goal, at) => {
      const result = runGoal(input, trial, goal, createRouter());
      scores[at]?.push(scoreOf(result, goal, trial.yardsticks));
      const times = result.micros.subarray(0, micros.length - timed);
      micros.set(times, timed);
      timed += times.length;
    });
  }
  const results = goals.map((goal, at) => ({ goal, scores: scores[at] ?? [] }));
  return { results, micros: micros.subarray(0, timed), prompts: requests };
};

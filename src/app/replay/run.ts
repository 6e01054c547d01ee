// One stream through one router: every request asked in order, answered from the recording, and told of.
import type { Plan } from '../../core/policy.ts';
import type { Clock, Rng } from '../../core/ports.ts';
import type { Dataset } from './dataset.ts';
import { TICK_MS } from './objective.ts';
import type { Answer, Asked, Labelled, Router } from './router.ts';
import { type Offered, type Stream, walk } from './stream.ts';

export type Feedback = {
  /** Share of answers that somebody judges. */
  readonly rate: number;
  /** Standard deviation of what is added to a judgement; clipped to [0,1] afterwards. */
  readonly noise: number;
};

export type RunInput = {
  readonly dataset: Dataset;
  readonly stream: Stream;
  readonly offered: Offered;
  readonly plan: Plan;
  readonly router: Router;
  readonly feedback: Feedback;
  readonly rng: Rng;
  readonly clock: Clock;
  /** Epoch ms of the first request, simulated. */
  readonly startMs: number;
  /** Called after so many further requests. */
  readonly onRequests?: (count: number) => void;
};

/** By position. */
export type Run = {
  /** Column of the model; -1 where nobody could be asked, or nobody was. */
  readonly chosen: Int32Array;
  readonly quality: Float64Array;
  /** Nano-dollars. */
  readonly cost: Float64Array;
  /** Of the whole decision: classify, quote, decide. */
  readonly micros: Float64Array;
  /** Believed quality when it was decided, by position × model; NaN where there was no belief. */
  readonly believed: Float64Array;
};

const PROGRESS_EVERY = 100;

/** Standard normal, by Box and Muller. */
const normal = (rng: Rng): number => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());

/** Always the same number of draws, so that what one router hears does not change what the next one does. */
const judge = (quality: number, { rate, noise }: Feedback, rng: Rng): number | undefined => {
  const heard = rng.next() < rate;
  const error = noise > 0 ? noise * normal(rng) : 0;
  return heard ? Math.min(1, Math.max(0, quality + error)) : undefined;
};

const openAt = ({ models, quality }: Offered, position: number): number[] => {
  const open: number[] = [];
  for (let model = 0; model < models; model++)
    if (!Number.isNaN(quality[position * models + model] ?? Number.NaN)) open.push(model);
  return open;
};

export const run = (input: RunInput): Run => {
  const { dataset, stream, offered, plan, router, feedback, rng, clock, startMs, onRequests } = input;
  const { models, length } = offered;
  const result: Run = {
    chosen: new Int32Array(length).fill(-1),
    quality: new Float64Array(length),
    cost: new Float64Array(length),
    micros: new Float64Array(length),
    believed: new Float64Array(length * models).fill(Number.NaN),
  };
  const answerOf = (position: number, row: number, model: number): Answer => {
    const place = position * models + model;
    const ok = offered.down[place] === 0;
    const quality = offered.quality[place] ?? 0;
    const heard = judge(quality, feedback, rng);
    return {
      model,
      ok,
      cost: offered.cost[place] ?? 0,
      tokens: dataset.tokens[row * models + model] ?? 1,
      reward: ok ? heard : undefined,
    };
  };
  walk(stream, (position, row, weather) => {
    if (position % PROGRESS_EVERY === 0 && position > 0) onRequests?.(PROGRESS_EVERY);
    const prompt = dataset.prompts[row];
    const open = openAt(offered, position);
    if (!prompt || open.length === 0) return;
    const asked: Asked = { requestId: `q${row}`, at: startMs + position * TICK_MS, plan, prompt, open, weather };
    const from = clock.elapsed();
    const model = router.decide(asked, result.believed.subarray(position * models, (position + 1) * models));
    result.micros[position] = prompt.micros + (clock.elapsed() - from) * 1000;
    if (model < 0) return;
    const answer = answerOf(position, row, model);
    router.settle(asked, answer);
    result.chosen[position] = model;
    result.quality[position] = offered.quality[position * models + model] ?? 0;
    result.cost[position] = answer.cost;
  });
  onRequests?.(length - PROGRESS_EVERY * Math.floor(Math.max(0, length - 1) / PROGRESS_EVERY));
  return result;
};

export type TeachInput = {
  readonly dataset: Dataset;
  /** Rows that are learned from in full, in the order they are. */
  readonly rows: Uint32Array;
  readonly plan: Plan;
  readonly feedback: Pick<Feedback, 'noise'>;
  readonly rng: Rng;
  readonly startMs: number;
  readonly teach: (labelled: Labelled) => void;
};

/** Everything every model answered, as lessons from just before the stream. */
export const teachRows = ({ dataset, rows, plan, feedback, rng, startMs, teach }: TeachInput): void => {
  const models = dataset.sellers.length;
  rows.forEach((row, at) => {
    const prompt = dataset.prompts[row];
    if (!prompt) return;
    for (let model = 0; model < models; model++) {
      const place = row * models + model;
      const quality = dataset.quality[place] ?? Number.NaN;
      if (Number.isNaN(quality)) continue;
      const reward = judge(quality, { rate: 1, noise: feedback.noise }, rng) ?? quality;
      teach({
        requestId: `w${row}-${model}`,
        at: startMs - (rows.length - at) * TICK_MS,
        plan,
        prompt,
        model,
        cost: dataset.cost[place] ?? 0,
        tokens: dataset.tokens[place] ?? 1,
        reward,
      });
    }
  });
};

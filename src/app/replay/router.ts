// What is asked of anything that routes a replay, ours or a simpler one that it is held against.
import type { Plan } from '../../core/policy.ts';
import type { Rng } from '../../core/ports.ts';
import type { Dataset, Prompt } from './dataset.ts';
import type { Weather } from './stream.ts';

/** One request: everything a router may know of it, and nothing of what the answers would be. */
export type Asked = {
  readonly requestId: string;
  /** Epoch ms, simulated. */
  readonly at: number;
  readonly plan: Plan;
  readonly prompt: Prompt;
  /** Columns of the models that could answer. */
  readonly open: readonly number[];
  readonly weather: Weather;
};

/** What came of it. */
export type Answer = {
  readonly model: number;
  /** False: the model was down. */
  readonly ok: boolean;
  /** Nano-dollars. */
  readonly cost: number;
  readonly tokens: number;
  /** What somebody says of it, [0,1]; nobody where undefined. */
  readonly reward: number | undefined;
};

/** Of one model on one prompt, learned before the stream. */
export type Labelled = {
  readonly requestId: string;
  readonly at: number;
  readonly plan: Plan;
  readonly prompt: Prompt;
  readonly model: number;
  readonly cost: number;
  readonly tokens: number;
  readonly reward: number;
};

export type Router = {
  /** @param believed is filled with the believed quality of each open model, where the router has one. @returns the column of the chosen model; -1: the request is refused */
  decide(asked: Asked, believed: Float64Array): number;
  /** The stream goes on: what the last decision cost and, where feedback is learned from, how good it was. */
  settle(asked: Asked, answer: Answer): void;
  teach(labelled: Labelled): void;
};

export type RouterWorld = {
  readonly dataset: Dataset;
  readonly rng: Rng;
  /** False: the stream teaches nothing; only what it costs is heard. */
  readonly learns: boolean;
};
export type CreateRouter = (world: RouterWorld) => Router;

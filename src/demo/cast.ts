// The models of the simulated world: invented names, what each is good at, and its manners.
import { type Capabilities, type ModelKey, modelKey } from '../core/offer.ts';
import type { Task } from '../core/profile.ts';

export type SimModel = {
  readonly model: ModelKey;
  readonly about: string;
  /** The difficulty at which it is right half the time, per task. */
  readonly ability: Readonly<Record<Task, number>>;
  /** Length of its answers against the usual. */
  readonly verbosity: number;
  /** Reasoning tokens per token of answer; 0 for a model that does not reason. */
  readonly thinking: number;
  /** Its tokens against four characters each. */
  readonly tokenizer: number;
  readonly capabilities: Capabilities;
  /** Tokens, prompt and answer together. */
  readonly context: number;
};

const abilities = ([chat, code, math, extract, summarize, translate, write, reason, agent]: readonly [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
]): Readonly<Record<Task, number>> => ({ chat, code, math, extract, summarize, translate, write, reason, agent });

const all: Capabilities = { tools: true, vision: false, json: true, reasoning: false };
const reasoning: Capabilities = { ...all, reasoning: true };
const plain: Capabilities = { ...all, tools: false, json: false };

const manner = { verbosity: 1, thinking: 0, tokenizer: 1, capabilities: all, context: 131_072 };

/** Ability columns: chat, code, math, extract, summarize, translate, write, reason, agent. */
export const MODELS: readonly SimModel[] = [
  {
    ...manner,
    model: modelKey('quarry/granite-large'),
    about: 'the frontier: good at everything, and dear',
    ability: abilities([1.2, 1.1, 1.1, 1.2, 1.2, 1.2, 1.2, 1.1, 1.15]),
    context: 200_000,
  },
  {
    ...manner,
    model: modelKey('quarry/granite-small'),
    about: 'writes and talks nearly as well as its big sister',
    ability: abilities([0.95, 0.85, 0.8, 0.92, 0.95, 0.9, 1.05, 0.85, 0.9]),
    verbosity: 0.9,
    context: 200_000,
  },
  {
    ...manner,
    model: modelKey('lumen/spark-pro'),
    about: 'thinks long: best at mathematics and reasoning, wordy and plain elsewhere',
    ability: abilities([0.8, 0.95, 1.25, 0.85, 0.8, 0.85, 0.75, 1.25, 0.9]),
    thinking: 0.8,
    tokenizer: 0.95,
    capabilities: reasoning,
    context: 1_000_000,
  },
  {
    ...manner,
    model: modelKey('lumen/spark-mini'),
    about: 'small and cheap: fine when it is easy, lost when it is hard',
    ability: abilities([0.7, 0.65, 0.6, 0.95, 0.75, 0.95, 0.65, 0.58, 0.65]),
    tokenizer: 0.95,
    context: 1_000_000,
  },
  {
    ...manner,
    model: modelKey('foundry/anvil-coder'),
    about: 'very good at code, and at nothing else',
    ability: abilities([0.62, 1.2, 0.95, 0.75, 0.62, 0.58, 0.55, 0.75, 0.85]),
    verbosity: 1.1,
  },
  {
    ...manner,
    model: modelKey('tidal/current-70b'),
    about: 'the popular all-rounder, sold by three hosts',
    ability: abilities([0.95, 0.85, 0.8, 0.92, 0.95, 0.9, 0.92, 0.82, 0.88]),
    tokenizer: 1.05,
  },
  {
    ...manner,
    model: modelKey('meadow/clover-8b'),
    about: 'tiny: small talk and the plainest text work',
    ability: abilities([0.5, 0.38, 0.32, 0.48, 0.48, 0.48, 0.42, 0.32, 0.3]),
    verbosity: 0.85,
    tokenizer: 1.1,
    capabilities: plain,
    context: 32_768,
  },
  {
    ...manner,
    model: modelKey('summit/obelisk-1'),
    about: 'bad at its price',
    ability: abilities([0.85, 0.75, 0.7, 0.85, 0.8, 0.8, 0.8, 0.75, 0.75]),
    verbosity: 1.3,
    thinking: 0.5,
    capabilities: reasoning,
  },
];

const modelsByKey = new Map(MODELS.map((model) => [model.model, model]));

export const simModel = (key: ModelKey): SimModel => {
  const found = modelsByKey.get(key);
  if (!found) throw new RangeError(`no such simulated model: ${key}`);
  return found;
};

// What is true in the simulated world: how good each model is at each request, and how much it says. Nobody hands it to the router.
import type { ModelKey } from '../core/offer.ts';
import type { Task } from '../core/profile.ts';
import { simModel } from './cast.ts';
import { drawsFor, logNormal, normal } from './draw.ts';
import type { Price } from './stalls.ts';

/** What a request really is; the router sees only its text. */
export type Subject = { readonly id: string; readonly task: Task; readonly difficulty: number };

/** Tokens of one call, disjoint. */
export type Tokens = {
  readonly input: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly text: number;
  readonly reasoning: number;
};

export type Truth = {
  /** In [0,1]: logistic in ability − difficulty, with a quirk of its own for every model and request. */
  quality(model: ModelKey, subject: Subject): number;
  /** What the model would answer to this request when nobody caps it. */
  answerTokens(model: ModelKey, subject: Subject): { readonly text: number; readonly reasoning: number };
};

/** How fast quality falls as difficulty passes ability. */
const SLOPE = 11;
/** Standard deviation, in logits, of what a model makes of one request beyond its ability. */
const QUIRK = 0.4;
/** Spread of answer lengths, as the standard deviation of the logarithm. */
const LENGTH_SPREAD = 0.3;

/** Tokens of a usual answer of middling difficulty. */
const USUAL_TOKENS: Readonly<Record<Task, number>> = {
  chat: 350,
  code: 900,
  math: 600,
  extract: 200,
  summarize: 350,
  translate: 300,
  write: 900,
  reason: 800,
  agent: 120,
};

export const createTruth = (seed: number): Truth => ({
  quality: (model, { id, task, difficulty }) => {
    const quirk = QUIRK * normal(drawsFor(seed, 'quality', model, id));
    return 1 / (1 + Math.exp(-SLOPE * (simModel(model).ability[task] - difficulty) - quirk));
  },
  answerTokens: (model, { id, task, difficulty }) => {
    const { verbosity, thinking } = simModel(model);
    const rng = drawsFor(seed, 'tokens', model, id);
    const median = USUAL_TOKENS[task] * (0.85 + 0.3 * difficulty) * verbosity;
    const text = Math.max(1, Math.round(logNormal(rng, { median, sigma: LENGTH_SPREAD })));
    return { text, reasoning: Math.round(text * thinking * (0.5 + difficulty)) };
  },
});

/** Every message costs a few tokens around its text. */
const TOKENS_PER_MESSAGE = 4;

/** Prompt tokens as this model's provider counts them. */
export const promptTokens = (
  model: ModelKey,
  { characters, messages }: { characters: number; messages: number },
): number => Math.ceil((characters / 4) * simModel(model).tokenizer) + TOKENS_PER_MESSAGE * messages;

/** Writing to a prompt cache costs a quarter more than reading the prompt plainly. */
const CACHE_WRITE = 1.25;

/** Dollars. */
export const dollarsOf = ({ input, cached, cacheWrite, text, reasoning }: Tokens, price: Price): number =>
  ((input + CACHE_WRITE * cacheWrite) * price.input + cached * price.cached + (text + reasoning) * price.output) / 1e6;

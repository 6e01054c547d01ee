// What another policy would have come to on logged traffic: doubly robust means of quality and dollars, with what they rest on. Pure.
import { around, type Interval, meanAndError } from './interval.ts';

/** One model of a logged request: who chose it how often, and what it was expected to give. */
export type Option = {
  readonly model: string;
  /** Probability that the model went first when the request was served, and that it would under the policy under test. */
  readonly logged: number;
  readonly tested: number;
  /** Quality believed at that time, in [0,1]. */
  readonly quality: number;
  /** Expected dollars at the offers either would call, weighted by their chances. */
  readonly loggedUsd: number;
  readonly testedUsd: number;
};

/** A logged request, decided again. */
export type Trial = {
  /** Every model either policy gives a chance, once. */
  readonly options: readonly Option[];
  /** The model that went first when it was served. */
  readonly taken: string;
  /** What it was expected to cost at the offer that went first, and what it cost, all attempts together. */
  readonly expectedUsd: number;
  readonly usd: number;
  /** In [0,1], where somebody has judged the answer. */
  readonly reward?: number;
};

export type Compared = {
  readonly logged: Interval;
  readonly tested: Interval;
  /** tested − logged, request by request. */
  readonly difference: Interval;
  /** Kish's effective sample: how many requests of an experiment of one's own it is worth. */
  readonly effective: number;
};

export type Estimate = {
  readonly requests: number;
  readonly judged: number;
  /** One, where the logged probabilities are what was really drawn by. */
  readonly meanWeight: { readonly mean: number; readonly error: number };
  /** Part of the tested policy's choices that the log gave no chance: of these only what was believed is known. */
  readonly unsupported: number;
  /** Models of that part, the largest first. */
  readonly untried: readonly { readonly model: string; readonly share: number }[];
  /** Dollars per request. */
  readonly usd: Compared;
  /** Absent where nobody has judged anything. */
  readonly quality?: Compared;
};

/** A chance below this is none: what was drawn by it once in two thousand requests would decide everything. */
const LEAST_CHANCE = 1 / 2_000;
const isTried = ({ logged }: Option): boolean => logged >= LEAST_CHANCE;

const sumOver = (options: readonly Option[], value: (option: Option) => number): number =>
  options.reduce((sum, option) => sum + value(option), 0);

/** One request's part in the means of both policies; their expectations are the true values if the log's probabilities are right. */
type Part = { readonly logged: number; readonly tested: number };

/** By how much choices the log gave no chance could be off, mean per request: of them only what was believed is known. */
type Doubt = { readonly below: number; readonly above: number };

const widened = ({ mean, low, high }: Interval, { below, above }: Doubt): Interval => ({
  mean,
  low: low - below,
  high: high + above,
});

const compared = (parts: readonly Part[], weights: readonly number[], doubt: Doubt): Compared => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const squares = weights.reduce((total, weight) => total + weight ** 2, 0);
  return {
    logged: around(parts.map(({ logged }) => logged)),
    tested: widened(around(parts.map(({ tested }) => tested)), doubt),
    difference: widened(around(parts.map(({ logged, tested }) => tested - logged)), doubt),
    effective: squares > 0 ? sum ** 2 / squares : 0,
  };
};

type Weighed = { readonly trial: Trial; readonly taken: Option; readonly weight: number };

const weigh = (trial: Trial): Weighed | undefined => {
  const taken = trial.options.find(({ model }) => model === trial.taken);
  if (!taken) return undefined;
  return { trial, taken, weight: isTried(taken) ? taken.tested / taken.logged : 0 };
};

/** The bill where the tested policy would have called another seller of the same model: the same tokens, at that seller's prices. */
const repriced = ({ usd, expectedUsd }: Trial, { testedUsd, tested }: Option): number =>
  tested > 0 && expectedUsd > 0 ? (usd * testedUsd) / expectedUsd : usd;

const dollarsOf = ({ trial, taken, weight }: Weighed): Part => ({
  logged: sumOver(trial.options, ({ logged, loggedUsd }) => logged * loggedUsd) + trial.usd - taken.loggedUsd,
  tested:
    sumOver(trial.options, ({ tested, testedUsd }) => tested * testedUsd) +
    weight * (repriced(trial, taken) - taken.testedUsd),
});

/** How often an answer of each model was judged: models whose answers are judged more often must not count for more. */
const judgedShares = (weighed: readonly Weighed[]): ReadonlyMap<string, number> =>
  new Map(
    [...Map.groupBy(weighed, ({ trial }) => trial.taken)].map(([model, own]) => [
      model,
      own.filter(({ trial }) => trial.reward !== undefined).length / own.length,
    ]),
  );

const qualityOf =
  (shares: ReadonlyMap<string, number>) =>
  ({ trial, taken, weight }: Weighed): Part => {
    const { options, reward } = trial;
    const miss = reward === undefined ? 0 : (reward - taken.quality) / (shares.get(trial.taken) ?? 1);
    return {
      logged: sumOver(options, ({ logged, quality }) => logged * quality) + miss,
      tested: sumOver(options, ({ tested, quality }) => tested * quality) + weight * miss,
    };
  };

/** Quality may be nothing or perfect, a bill nothing or twice what was expected. */
const doubtIn = (weighed: readonly Weighed[], kind: 'quality' | 'usd'): Doubt => {
  const mean = (off: (option: Option) => number): number =>
    weighed.reduce(
      (sum, { trial }) =>
        sum +
        sumOver(
          trial.options.filter((option) => !isTried(option)),
          off,
        ),
      0,
    ) / Math.max(1, weighed.length);
  if (kind === 'usd') {
    const bill = mean(({ tested, testedUsd }) => tested * testedUsd);
    return { below: bill, above: bill };
  }
  return {
    below: mean(({ tested, quality }) => tested * quality),
    above: mean(({ tested, quality }) => tested * (1 - quality)),
  };
};

const untriedIn = (trials: readonly Trial[]): Estimate['untried'] => {
  const shares = new Map<string, number>();
  for (const { options } of trials)
    for (const option of options)
      if (!isTried(option) && option.tested > 0)
        shares.set(option.model, (shares.get(option.model) ?? 0) + option.tested / trials.length);
  return [...shares].map(([model, share]) => ({ model, share })).sort((a, b) => b.share - a.share);
};

/**
 * Doubly robust off-policy estimates (Dudík, Langford & Li 2011): what was believed of every option, weighted by the tested policy, plus the
 * miss of what was taken, weighted by tested over logged probability. The belief is the one of that instant, made of the past alone, so
 * nothing is fitted on what it is held against. An action is a model: which seller answers changes the bill, and bills can be made anew.
 * That somebody judges an answer may depend on the model, and beyond that on nothing (weighting by the share judged).
 */
export const estimate = (trials: readonly Trial[]): Estimate => {
  const weighed = trials.flatMap((trial) => weigh(trial) ?? []);
  const judged = weighed.filter(({ trial }) => trial.reward !== undefined);
  const untried = untriedIn(trials);
  const usd = compared(
    weighed.map(dollarsOf),
    weighed.map(({ weight }) => weight),
    doubtIn(weighed, 'usd'),
  );
  const quality = compared(
    weighed.map(qualityOf(judgedShares(weighed))),
    judged.map(({ weight }) => weight),
    doubtIn(weighed, 'quality'),
  );
  return {
    requests: weighed.length,
    judged: judged.length,
    meanWeight: meanAndError(weighed.map(({ weight }) => weight)),
    unsupported: untried.reduce((sum, { share }) => sum + share, 0),
    untried,
    usd,
    ...(judged.length > 0 ? { quality } : {}),
  };
};

// What exploration may do: who may win by a draw, and what a day's exploring has cost.
import type { Decision, Estimate, Quote } from '../core/decision.ts';
import { addUsd, type NanoUsd, nanoUsd, usdOf, ZERO_USD } from '../core/money.ts';
import type { Exploration, Plan } from '../core/policy.ts';

/** Models that may contend in one draw: those that could be worth most. Bounds the work of a decision. */
export const CONTENDERS = 24;
const DAY_MS = 86_400_000;
/** Policies whose exploration is counted. */
const POLICIES = 1_000;

/** A quote with what is believed of its model. Dollars. */
export type Judged = {
  readonly quote: Quote;
  readonly quality: Estimate;
  /** Cost and the price of its time: what does not depend on quality. */
  readonly price: number;
  /** At the mean of quality. */
  readonly utility: number;
};

/** What choosing this instead costs on top, at expected tokens. */
export const extraOver = (chosen: Quote, greedy: Quote): NanoUsd => nanoUsd(Math.max(0, chosen.cost - greedy.cost));

/** Of offers in any order, the first of each model. */
export const firstOfEachModel = (ranked: readonly Judged[]): Judged[] => {
  const seen = new Set<string>();
  return ranked.filter(({ quote }) => {
    const fresh = !seen.has(quote.offer.model);
    seen.add(quote.offer.model);
    return fresh;
  });
};

export type ContenderInput = {
  /** Best mean utility first. Not empty. */
  readonly ranked: readonly Judged[];
  readonly explore: Exploration;
  /** What exploring may still cost. */
  readonly left: NanoUsd;
  readonly exchangeRate: number;
};

/**
 * The best offer of each model that may win a draw: the greedy choice always, others when their believed quality reaches the floor and what they
 * cost on top fits into what is left of the day's dollars. Only the greedy choice when nothing is left.
 */
export const contendersOf = ({ ranked, explore, left, exchangeRate }: ContenderInput): readonly Judged[] => {
  const models = firstOfEachModel(ranked);
  const [greedy, ...others] = models;
  if (!greedy) return [];
  if (left <= 0) return [greedy];
  const least = explore.floor * Math.max(...models.map(({ quality }) => quality.mean));
  const hope = ({ utility, quality }: Judged): number => utility + 2 * exchangeRate * quality.sd;
  const allowed = others
    .filter(({ quality, quote }) => quality.mean >= least && extraOver(quote, greedy.quote) <= left)
    .sort((a, b) => hope(b) - hope(a));
  return [greedy, ...allowed.slice(0, CONTENDERS - 1)];
};

/** While what is believed of a contender is this unsure, the policy's share is so many times as large: a new model is tried in tens of requests, not in hundreds. */
const UNSURE_SD = 0.12;
const UNSURE_TIMES = 5;
export const shareOf = (share: number, contenders: readonly Judged[]): number =>
  contenders.some(({ quality }) => quality.sd > UNSURE_SD) ? Math.min(1, UNSURE_TIMES * share) : share;

const utilityAtMean = (plan: Plan, exchangeRate: number, quote: Quote, mean: number): number =>
  exchangeRate * mean - usdOf(quote.cost) - (usdOf(plan.priceOfASecond) * quote.totalMs) / 1000;

/** What this decision spends on exploring: the expected cost of the chosen offer above the one the means would have chosen. */
export const explorationCost = ({ ladder, reason, plan, exchangeRate }: Decision): NanoUsd => {
  const [chosen] = ladder;
  if (reason !== 'explored' || !chosen) return ZERO_USD;
  const valueOf = ({ quote, quality }: (typeof ladder)[number]): number =>
    utilityAtMean(plan, exchangeRate, quote, quality.mean);
  const greedy = ladder.reduce((best, rung) => (valueOf(rung) > valueOf(best) ? rung : best), chosen);
  return extraOver(chosen.quote, greedy.quote);
};

export type ExplorationSpend = {
  /** Spent on exploring by this policy on the UTC day of `at` (epoch ms). */
  spent(policy: string, at: number): NanoUsd;
  add(decision: Decision): void;
  /** The same, of a decision made elsewhere. */
  spend(policy: string, cost: NanoUsd, at: number): void;
};

/** Counts in memory; days are UTC. What was explored before a restart is told by whoever opens the learner. */
export const createExplorationSpend = (): ExplorationSpend => {
  const days = new Map<string, { day: number; spent: NanoUsd }>();
  const spent = (policy: string, at: number): NanoUsd => {
    const entry = days.get(policy);
    return entry?.day === Math.floor(at / DAY_MS) ? entry.spent : ZERO_USD;
  };
  const spend = (policy: string, cost: NanoUsd, at: number): void => {
    if (cost === 0) return;
    const total = addUsd(spent(policy, at), cost);
    days.delete(policy);
    days.set(policy, { day: Math.floor(at / DAY_MS), spent: total });
    const [oldest] = days.keys();
    if (days.size > POLICIES && oldest !== undefined) days.delete(oldest);
  };
  return { spent, spend, add: (decision) => spend(decision.policy, explorationCost(decision), decision.at) };
};

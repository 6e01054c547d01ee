// The exchange rate of each policy: how many dollars a unit of quality is worth right now. Deterministic; time is handed in.
import type { Decision } from '../core/decision.ts';
import { type NanoUsd, nanoUsd, usdOf } from '../core/money.ts';
import type { Objective, Plan } from '../core/policy.ts';
import { type Books, createBooks } from './books.ts';
import { explorationCost } from './exploration.ts';
import {
  allowance,
  braked,
  type Budget,
  chose,
  correct,
  createPace,
  enter,
  explorableOf,
  type Pace,
  purseOf,
  save,
  savedFor,
} from './pace.ts';
import type { Purse } from './purse.ts';

/** Before anything has been seen: a cent for the whole of quality, which separates small models from large ones on ordinary requests. */
export const COLD_RATE = 0.01;
/** A hundredth of quality is never worth more than a dollar. */
export const MOST_RATE = 100;
const LEAST_RATE = 1e-7;
/** Halvings of the rate's logarithm: to a thousandth; fewer when the last rate is near. */
const HALVINGS = 15;
const HALVINGS_NEAR = 11;
const NEAR = 4;
/** The rate is found anew after so many requests (at each one while there are fewer in the window), or so long after the last time. */
const RESOLVE_EVERY = 20;
const RESOLVE_AFTER_MS = 300_000;
/** Policies kept; the one unused longest goes first. */
const POLICIES = 1_000;

type Floor = Extract<Objective, { kind: 'floor' }>;

export type Pacer = {
  /** V, dollars per unit of quality; 0 for objectives that do not weigh quality. */
  rate(policy: string, plan: Plan, at: number): number;
  /** What exploring may cost on top in one decision, as far as the objective bounds it. */
  explorable(policy: string, plan: Plan): NanoUsd | undefined;
  /** What one request may cost, as far as the objective bounds it. */
  purse(policy: string, plan: Plan, at: number): Purse | undefined;
  /** @param reference believed quality of the floor's model on this request; without it the ladder is looked through for that model */
  observe(decision: Decision, reference?: number): void;
  settle(settled: Settled): void;
};

export type Settled = {
  readonly policy: string;
  readonly plan: Plan;
  readonly cost: NanoUsd;
  /** What the offer that answered was expected to cost, where one answered. */
  readonly expected?: NanoUsd;
  /** When it was decided; its period bears the cost. */
  readonly at: number;
};

type Turn = { readonly below: number; readonly above: number };

const bisect = (holds: (rate: number) => boolean, from: Turn, halvings: number): Turn => {
  let { below, above } = from;
  for (let step = 0; step < halvings; step++) {
    const middle = Math.sqrt(below * above);
    if (holds(middle)) below = middle;
    else above = middle;
  }
  return { below, above };
};

/** The point between LEAST_RATE and MOST_RATE where `holds` changes; `holds` is true below it. @param last where it was found before */
const turningPoint = (holds: (rate: number) => boolean, last: number | undefined): Turn => {
  const near = { below: (last ?? 0) / NEAR, above: (last ?? 0) * NEAR };
  if (near.below > LEAST_RATE && near.above < MOST_RATE && holds(near.below) && !holds(near.above))
    return bisect(holds, near, HALVINGS_NEAR);
  return bisect(holds, { below: LEAST_RATE, above: MOST_RATE }, HALVINGS);
};

/**
 * The largest V (least λ = 1/V) at which the window's predicted mean cost is at most the allowance: the one-dimensional dual of the budget, re-solved
 * every so often. A ceiling: when more money buys no quality the choice stays cheap at any V and money is left over.
 */
const rateForBudget = (pace: Pace, each: number): number => {
  const affordable = (rate: number): boolean => pace.window.prospect(rate).cost <= each;
  if (affordable(MOST_RATE)) return MOST_RATE;
  return affordable(LEAST_RATE) ? turningPoint(affordable, pace.solved?.rate).below : 0;
};

/** The least V at which the window's predicted mean quality is the stated share of the reference's. */
const rateForFloor = (pace: Pace, { share }: Floor): number => {
  const wanted = share * pace.window.reference();
  const misses = (rate: number): boolean => pace.window.prospect(rate).quality < wanted;
  if (misses(MOST_RATE)) return MOST_RATE;
  return misses(LEAST_RATE) ? turningPoint(misses, pace.solved?.rate).above : 0;
};

const isFresh = ({ solved, window, unsolved, period }: Pace, objective: string, at: number): boolean =>
  solved !== undefined &&
  solved.objective === objective &&
  solved.period === period &&
  unsolved < Math.min(RESOLVE_EVERY, window.size()) &&
  at - solved.at < RESOLVE_AFTER_MS;

const referenceOf = ({ ladder }: Decision, { of }: Floor): number | undefined =>
  ladder.find(({ quote }) => quote.offer.model === of)?.quality.mean;

/** One pace per policy and kind of objective: rules of a policy share its budget, and an edited amount keeps what was spent. */
const createPaces = (): ((policy: string, objective: Objective) => Pace) => {
  const paces = new Map<string, Pace>();
  return (policy, { kind }) => {
    const key = `${kind} ${policy}`;
    const pace = paces.get(key) ?? createPace();
    paces.delete(key);
    paces.set(key, pace);
    const [oldest] = paces.keys();
    if (paces.size > POLICIES && oldest !== undefined) paces.delete(oldest);
    return pace;
  };
};

/** A decision that is acted upon joins the window. */
const note = (pace: Pace, decision: Decision, objective: Budget | Floor, reference: number | undefined): void => {
  if (objective.kind === 'budget') save(pace, objective, explorationCost(decision));
  const [chosen] = decision.ladder;
  if (chosen) chose(pace, chosen.quote.cost);
  pace.arrivals += 1;
  pace.unsolved += 1;
  pace.window.add(decision, objective.kind === 'floor' ? (reference ?? referenceOf(decision, objective)) : undefined);
};

export type PacerDeps = {
  /** How many processes spend from each budget now: what is left of it is shared among them. Absent: one. */
  readonly replicas?: (() => number) | undefined;
  /** Absent: what is settled here is all that is spent. */
  readonly books?: Books | undefined;
};

export const createPacer = ({ replicas = () => 1, books = createBooks() }: PacerDeps = {}): Pacer => {
  const paceFor = createPaces();
  /** As of now. */
  const paceOf = (policy: string, objective: Budget | Floor, at: number): Pace => {
    const pace = paceFor(policy, objective);
    if (objective.kind === 'budget') enter(pace, objective, at, books.spent(policy, objective, at));
    return pace;
  };

  const solve = (policy: string, objective: Budget | Floor, at: number): number => {
    const pace = paceOf(policy, objective, at);
    const text = JSON.stringify(objective);
    if (pace.solved && isFresh(pace, text, at)) return pace.solved.rate;
    if (pace.window.size() === 0) return COLD_RATE;
    const each = objective.kind === 'budget' ? allowance(pace, objective, at) / replicas() : 0;
    const rate = objective.kind === 'budget' ? rateForBudget(pace, braked(pace, each)) : rateForFloor(pace, objective);
    const explorable = savedFor(each, pace.window.prospect(LEAST_RATE).cost);
    pace.solved = { objective: text, period: pace.period, at, rate, each, explorable };
    pace.unsolved = 0;
    return rate;
  };

  return {
    rate: (policy, { objective }, at) => {
      switch (objective.kind) {
        case 'worth':
          return usdOf(objective.amount);
        case 'budget':
        case 'floor':
          return solve(policy, objective, at);
        case 'order':
        case 'cheapest':
        case 'fastest':
          return 0;
        default: {
          const never: never = objective;
          return never;
        }
      }
    },
    explorable: (policy, { objective }) =>
      objective.kind === 'budget' ? explorableOf(paceFor(policy, objective)) : undefined,
    purse: (policy, { objective }, at) => {
      if (objective.kind !== 'budget') return undefined;
      const { small, saved } = purseOf(paceOf(policy, objective, at), objective, at);
      return { small, saved: nanoUsd(Math.floor(saved / replicas())) };
    },
    observe: (decision, reference) => {
      const { objective } = decision.plan;
      // A request pinned to one offer says nothing of what a rate would choose.
      if ((objective.kind === 'budget' || objective.kind === 'floor') && decision.reason !== 'pinned')
        note(paceOf(decision.policy, objective, decision.at), decision, objective, reference);
    },
    settle: ({ policy, plan: { objective }, cost, expected, at }) => {
      if (objective.kind !== 'budget') return;
      if (expected !== undefined) correct(paceFor(policy, objective), cost, expected);
      books.settled?.(policy, objective, at, cost);
    },
  };
};

// The exchange rate of each policy: how many dollars a unit of quality is worth right now. Deterministic; time is handed in.
import type { Decision } from '../core/decision.ts';
import { addUsd, type NanoUsd, usdOf, ZERO_USD } from '../core/money.ts';
import type { Objective, Plan } from '../core/policy.ts';
import { createWindow, type Window } from './window.ts';

/** Before anything has been seen: a cent for the whole of quality, which separates small models from large ones on ordinary requests. */
export const COLD_RATE = 0.01;
/** A hundredth of quality is never worth more than a dollar. */
export const MOST_RATE = 100;
const LEAST_RATE = 1e-7;
/** Halvings of the rate's logarithm: to one part in a million. */
const HALVINGS = 26;
/** The rate is found anew after so many requests (at each one while there are fewer in the window), or so long after the last time. */
const RESOLVE_EVERY = 20;
const RESOLVE_AFTER_MS = 60_000;
/** Arrivals assumed before any are seen: a thousand a period, worth five requests of experience. */
const PRIOR_ARRIVALS = 5;
const PRIOR_PER_PERIOD = 1_000;
/** Requests what is left must last for, however late in the period it is: nobody gets all of it. */
const LEAST_EXPECTED = 20;
/** Policies kept; the one unused longest goes first. */
const POLICIES = 1_000;

type Budget = Extract<Objective, { kind: 'budget' }>;
type Floor = Extract<Objective, { kind: 'floor' }>;

type Pace = {
  readonly window: Window;
  period: number;
  spent: NanoUsd;
  /** Requests in this period, and how many a millisecond there were in the last whole one. */
  arrivals: number;
  lastArrivalsPerMs: number;
  unsolved: number;
  /** What the rate was found for, when, and the rate. */
  solved?: { readonly objective: string; readonly period: number; readonly at: number; readonly rate: number };
};

export type Pacer = {
  /** V, dollars per unit of quality; 0 for objectives that do not weigh quality. */
  rate(policy: string, plan: Plan, at: number): number;
  /** @param reference believed quality of the floor's model on this request; without it the ladder is looked through for that model */
  observe(decision: Decision, reference?: number): void;
  /** What a settled request cost. `at` is when it was settled; its period bears the cost. */
  settle(settled: { readonly policy: string; readonly plan: Plan; readonly cost: NanoUsd; readonly at: number }): void;
};

/** Budgets run in periods counted from the epoch, so a day is a UTC day. */
const enter = (pace: Pace, { periodMs }: Budget, at: number): void => {
  const period = Math.floor(at / periodMs);
  if (period <= pace.period) return;
  pace.lastArrivalsPerMs = period === pace.period + 1 ? pace.arrivals / periodMs : 0;
  pace.period = period;
  pace.spent = ZERO_USD;
  pace.arrivals = 0;
};

/** Dollars each request still expected in this period may cost. The busier of the recent rate of arrival and the last period's is expected to go on. */
const allowance = (pace: Pace, { amount, periodMs }: Budget, at: number): number => {
  const left = usdOf(amount) - usdOf(pace.spent);
  const since = pace.window.since() ?? at;
  const recent = (pace.window.size() + PRIOR_ARRIVALS) / (at - since + (PRIOR_ARRIVALS * periodMs) / PRIOR_PER_PERIOD);
  const timeLeft = (pace.period + 1) * periodMs - at;
  return left / Math.max(LEAST_EXPECTED, Math.max(recent, pace.lastArrivalsPerMs) * timeLeft);
};

/** The point between LEAST_RATE and MOST_RATE where `holds` changes, by bisection of the logarithm; `holds` is true below it. */
const turningPoint = (holds: (rate: number) => boolean): { readonly below: number; readonly above: number } => {
  let below = LEAST_RATE;
  let above = MOST_RATE;
  for (let step = 0; step < HALVINGS; step++) {
    const middle = Math.sqrt(below * above);
    if (holds(middle)) below = middle;
    else above = middle;
  }
  return { below, above };
};

/**
 * The largest V (least λ = 1/V) at which the window's predicted mean cost is at most the allowance: the one-dimensional dual of the budget, re-solved
 * every so often. A ceiling: when more money buys no quality the choice stays cheap at any V and money is left over.
 */
const rateForBudget = (pace: Pace, budget: Budget, at: number): number => {
  const each = allowance(pace, budget, at);
  const affordable = (rate: number): boolean => pace.window.prospect(rate).cost <= each;
  if (affordable(MOST_RATE)) return MOST_RATE;
  return affordable(LEAST_RATE) ? turningPoint(affordable).below : 0;
};

/** The least V at which the window's predicted mean quality is the stated share of the reference's. */
const rateForFloor = (pace: Pace, { share }: Floor): number => {
  const wanted = share * pace.window.reference();
  const misses = (rate: number): boolean => pace.window.prospect(rate).quality < wanted;
  if (misses(MOST_RATE)) return MOST_RATE;
  return misses(LEAST_RATE) ? turningPoint(misses).above : 0;
};

const createPace = (): Pace => ({
  window: createWindow(),
  period: Number.NEGATIVE_INFINITY,
  spent: ZERO_USD,
  arrivals: 0,
  lastArrivalsPerMs: 0,
  unsolved: 0,
});

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

export const createPacer = (): Pacer => {
  const paceOf = createPaces();

  const solve = (policy: string, objective: Budget | Floor, at: number): number => {
    const pace = paceOf(policy, objective);
    if (objective.kind === 'budget') enter(pace, objective, at);
    const text = JSON.stringify(objective);
    if (pace.solved && isFresh(pace, text, at)) return pace.solved.rate;
    if (pace.window.size() === 0) return COLD_RATE;
    const rate = objective.kind === 'budget' ? rateForBudget(pace, objective, at) : rateForFloor(pace, objective);
    pace.solved = { objective: text, period: pace.period, at, rate };
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
    observe: (decision, reference) => {
      const { objective } = decision.plan;
      // A request pinned to one offer says nothing of what a rate would choose.
      if ((objective.kind !== 'budget' && objective.kind !== 'floor') || decision.reason === 'pinned') return;
      const pace = paceOf(decision.policy, objective);
      if (objective.kind === 'budget') enter(pace, objective, decision.at);
      pace.arrivals += 1;
      pace.unsolved += 1;
      pace.window.add(
        decision,
        objective.kind === 'floor' ? (reference ?? referenceOf(decision, objective)) : undefined,
      );
    },
    settle: ({ policy, plan: { objective }, cost, at }) => {
      if (objective.kind !== 'budget') return;
      const pace = paceOf(policy, objective);
      enter(pace, objective, at);
      if (Math.floor(at / objective.periodMs) === pace.period) pace.spent = addUsd(pace.spent, cost);
    },
  };
};

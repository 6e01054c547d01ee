// How a budget is going: what is spent and left of its period, how costs turned out next to what was expected, what exploring may still cost.
import { type NanoUsd, nanoFromUsd, usdOf, ZERO_USD } from '../core/money.ts';
import type { Objective } from '../core/policy.ts';
import { type Window as Period, windowAt } from '../core/window.ts';
import type { Purse } from './purse.ts';
import { createWindow, WINDOW, type Window } from './window.ts';

/** Arrivals assumed before any are seen: a thousand a period, worth five requests of experience, less as the window fills: a busy policy is not held to it. */
const PRIOR_ARRIVALS = 5;
const PRIOR_PER_PERIOD = 1_000;
/** Requests what is left must last for, however late in the period it is: nobody gets all of it. */
const LEAST_EXPECTED = 5;
/** Expected costs are corrected by what settled requests cost next to what was expected of them: over so many, starting from so many that cost as expected. */
const CORRECTED_OVER = 300;
const CORRECTION_PRIOR = 30;
const CORRECTION_MOST = 2;
/**
 * What a request adds to the money for exploring: a share of its allowance, and a share of what the allowance leaves above the cheapest choices. So
 * the first requests of a tight budget cannot buy the dearest model, and a budget that pays for nothing but the cheapest is overdrawn by half a percent at most.
 */
const EXPLORED_OF_ALL = 0.005;
const EXPLORED_OF_SPARE = 0.2;
/** Most that is saved up, as a share of the period's amount. */
const SAVED_MOST = 0.05;

/**
 * The window knows beliefs as they were. When a belief moves and requests are much alike, all of them may change sides at once; so what was chosen
 * lately is watched too, and an excess over the allowance is answered before the window has turned over.
 */
const BRAKED_OVER = 150;
const BRAKED_FROM = 1.5;

const DEAR = 4;
/** What an answer cost beyond so many allowances above what was expected is an accident of its own and no error of all expectations. */
const ACCIDENT = 10;

export type Budget = Extract<Objective, { kind: 'budget' }>;

export type Pace = {
  readonly window: Window;
  /** The window of the calendar that is running. */
  period: Period;
  /** Settled and under way in it, when it was last looked at. */
  spent: NanoUsd;
  /** Requests in this period, and how many a millisecond there were in the last whole one. */
  arrivals: number;
  lastArrivalsPerMs: number;
  unsolved: number;
  /** Of settled requests, each counting less the more came after it: how many, dollars expected, dollars paid. */
  settled: number;
  expected: number;
  paid: number;
  /** Expected dollars of recent choices: a mean that looks back over BRAKED_OVER requests. */
  recent: number;
  /** Saved up for exploring; dollars. */
  explorable: number;
  /** What the rate was found for, when, and the rate; for budgets also what a request adds to the money for exploring. */
  solved?: Solved;
};

export type Solved = {
  readonly objective: string;
  readonly period: Period;
  readonly at: number;
  readonly rate: number;
  /** Dollars each request still expected may cost; of budgets only. */
  readonly each: number;
  readonly explorable: number;
};

const NEVER: Period = { start: Number.NEGATIVE_INFINITY, end: Number.NEGATIVE_INFINITY };

export const createPace = (): Pace => ({
  window: createWindow(),
  period: NEVER,
  spent: ZERO_USD,
  arrivals: 0,
  lastArrivalsPerMs: 0,
  unsolved: 0,
  settled: 0,
  expected: 0,
  paid: 0,
  recent: 0,
  explorable: 0,
});

/**
 * Turns to the period that `at` (epoch ms) lies in, wherever the clock has gone. Nothing of one period is carried over into the next but how busy it was.
 * @param spent what has been spent in that period
 */
export const enter = (pace: Pace, { periodMs }: Budget, at: number, spent: NanoUsd): void => {
  pace.spent = spent;
  const { start, end } = pace.period;
  if (at >= start && at < end) return;
  const next = windowAt(periodMs, at);
  pace.lastArrivalsPerMs = next.start === end ? pace.arrivals / (end - start) : 0;
  pace.period = next;
  pace.arrivals = 0;
};

/** Dollars paid for a dollar expected. A chosen offer is likelier to be one whose cost was guessed too low. */
const correction = ({ settled, expected, paid }: Pace): number => {
  const prior = (CORRECTION_PRIOR * expected) / Math.max(1, settled);
  const ratio = expected > 0 ? (paid + prior) / (expected + prior) : 1;
  return Math.min(CORRECTION_MOST, Math.max(1 / CORRECTION_MOST, ratio));
};

/** Dollars each request still expected in this period may cost. The busier of the recent rate of arrival and the last period's is expected to go on. */
export const allowance = (pace: Pace, { amount }: Budget, at: number): number => {
  const left = usdOf(amount) - usdOf(pace.spent);
  const since = pace.window.since() ?? at;
  const { start, end } = pace.period;
  const seen = pace.window.size();
  const assumed = PRIOR_ARRIVALS * (1 - seen / (WINDOW + 1));
  const recent = (seen + assumed) / (at - since + (assumed * (end - start)) / PRIOR_PER_PERIOD);
  const timeLeft = end - at;
  return left / Math.max(LEAST_EXPECTED, Math.max(recent, pace.lastArrivalsPerMs) * timeLeft) / correction(pace);
};

export const correct = (pace: Pace, cost: NanoUsd, expected: NanoUsd): void => {
  const kept = 1 - 1 / CORRECTED_OVER;
  pace.settled = kept * pace.settled + 1;
  pace.expected = kept * pace.expected + usdOf(expected);
  const most = usdOf(expected) + ACCIDENT * (pace.solved?.each ?? 0);
  pace.paid = kept * pace.paid + Math.min(usdOf(cost), most);
};

/**
 * A dear offer, one that costs DEAR allowances above the cheapest for the request, is bought out of what has come in of the amount by now and is not spent.
 * One that is borrowed for has to be made good for by many requests going cheap, and these lose more than it wins.
 */
export const purseOf = (pace: Pace, budget: Budget, at: number): Purse => {
  const { start, end } = pace.period;
  const gone = Math.min(1, Math.max(0, (at - start) / (end - start)));
  return {
    small: nanoFromUsd(DEAR * Math.max(0, allowance(pace, budget, at))),
    saved: nanoFromUsd(Math.max(0, gone * usdOf(budget.amount) - usdOf(pace.spent))),
  };
};

export const chose = (pace: Pace, cost: NanoUsd): void => {
  pace.recent += (usdOf(cost) - pace.recent) / Math.min(BRAKED_OVER, pace.window.size() + 1);
};

/** The allowance, lower while recent choices were far above it. */
export const braked = ({ recent }: Pace, allowed: number): number =>
  allowed > 0 && recent > BRAKED_FROM * allowed ? (allowed * BRAKED_FROM * allowed) / recent : allowed;

/** What each request adds to the money for exploring. @param cheapest mean cost of always taking the cheapest */
export const savedFor = (allowed: number, cheapest: number): number =>
  EXPLORED_OF_ALL * Math.max(0, allowed) + EXPLORED_OF_SPARE * Math.max(0, allowed - cheapest);

export const save = (pace: Pace, { amount }: Budget, extra: NanoUsd): void => {
  const saved = pace.explorable + (pace.solved?.explorable ?? 0) - usdOf(extra);
  pace.explorable = Math.min(SAVED_MOST * usdOf(amount), saved);
};

export const explorableOf = ({ explorable }: Pace): NanoUsd => nanoFromUsd(Math.max(0, explorable));

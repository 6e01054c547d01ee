// Which counters a request stands on: caps it must find room in before it is sent, and budgets that only count it. All per calendar window in UTC.
import type { Caller } from '../core/ask.ts';
import { type NanoUsd, nanoUsd, ZERO_USD } from '../core/money.ts';
import type { Objective, Plan, Policy, SpendLimit } from '../core/policy.ts';
import type { Hold } from '../core/ports.ts';
import { PERIODS_MS, periodOf, windowAt } from '../core/window.ts';

/** A counter must not go before its window does, and the longest is a month of 31 days. */
const lengthOf = (periodMs: number): number => (periodOf(periodMs) === 'month' ? 31 * PERIODS_MS.day : periodMs);

/**
 * Counted from its last change, a counter is kept for two windows and an hour: requests that began in it settle after it, and a clock that
 * was set back by no more than a window comes to it once more.
 */
const keptFor = (periodMs: number): number => 2 * lengthOf(periodMs) + PERIODS_MS.hour;

/** Names the counter with its window: policy/support/day/2026-11-24T00:00:00.000Z. */
export const counterOf = (counter: string, periodMs: number, at: number): string =>
  `${counter}/${periodOf(periodMs) ?? `${periodMs}ms`}/${new Date(windowAt(periodMs, at).start).toISOString()}`;

export type CountQuestion = {
  /** Names the counter without its window: policy/support. */
  readonly counter: string;
  readonly periodMs: number;
  /** Epoch ms. */
  readonly at: number;
  readonly amount: NanoUsd;
};

/** Counts, and refuses nothing. */
export const countOn = ({ counter, periodMs, at, amount }: CountQuestion): Hold => ({
  key: counterOf(counter, periodMs, at),
  amount,
  ttlMs: keptFor(periodMs),
});

/** A hold, and when its window ends: then there is room again for certain. */
export type SpendHold = Hold & { readonly resetsAt: number };

export type LimitQuestion = {
  readonly counter: string;
  readonly limit: SpendLimit;
  /** Epoch ms. */
  readonly at: number;
  /** Upper bound of what is to be spent. */
  readonly amount: NanoUsd;
};

/** Pure. */
export const holdOn = ({ counter, limit, at, amount }: LimitQuestion): SpendHold => ({
  ...countOn({ counter, periodMs: limit.periodMs, at, amount }),
  // A soft limit only asks whether it is reached.
  ...(limit.soft ? { limit: nanoUsd(Math.max(0, limit.amount - 1)), amount: ZERO_USD } : { limit: limit.amount }),
  resetsAt: windowAt(limit.periodMs, at).end,
});

export type Budget = Extract<Objective, { kind: 'budget' }>;

/** What a budget steers by: all requests of its policy. */
export const budgetCounter = (policy: string): string => `budget/${policy}`;

const budgets = new WeakMap<Policy, readonly Budget[]>();

/** The budgets a policy and its rules pace themselves by, one for each length of period. Whatever rule a request falls under, all of them count it. */
export const budgetsOf = (policy: Policy): readonly Budget[] => {
  const known = budgets.get(policy);
  if (known) return known;
  const all = [policy.plan.objective, ...policy.rules.flatMap(({ change }) => change.objective ?? [])];
  const found = all.filter((objective): objective is Budget => objective.kind === 'budget');
  const each = found.filter(({ periodMs }, at) => found.findIndex((other) => other.periodMs === periodMs) === at);
  budgets.set(policy, each);
  return each;
};

export type SpendQuestion = {
  /** Name of the policy: its counter is shared by all its rules. */
  readonly policy: string;
  readonly plan: Pick<Plan, 'limits'>;
  readonly caller?: Pick<Caller, 'id' | 'spend'>;
  /** Epoch ms. */
  readonly at: number;
  /** Upper bound of what the request may cost. */
  readonly amount: NanoUsd;
};

/** The caps a request stands under, beside the provider's, which is known only call by call. */
export const holdsFor = ({ policy, plan, caller, at, amount }: SpendQuestion): readonly SpendHold[] => {
  const { spend } = plan.limits;
  return [
    ...(spend ? [holdOn({ counter: `policy/${policy}`, limit: spend, at, amount })] : []),
    ...(caller?.spend ? [holdOn({ counter: `key/${caller.id}`, limit: caller.spend, at, amount })] : []),
  ];
};

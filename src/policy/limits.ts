// Which counters a request must find room in before it is sent: caps on spend of its policy and its key, per calendar window in UTC.
import type { Caller } from '../core/ask.ts';
import { type NanoUsd, nanoUsd, ZERO_USD } from '../core/money.ts';
import type { Plan, SpendLimit } from '../core/policy.ts';
import type { Hold } from '../core/ports.ts';
import { PERIODS_MS, periodOf } from './units.ts';

/** A request that began in one window may settle in the next: its counter outlives the window by this much. */
const SLACK_MS = PERIODS_MS.hour;
/** Days in the longest month: a counter must not go before its month does. */
const LONGEST_MONTH_MS = 31 * PERIODS_MS.day;

type Window = { readonly start: number; readonly end: number; readonly lengthMs: number };

/** Hours and days begin as in UTC, weeks on Monday, months on the first; any other length counts from the epoch. */
const windowAt = (periodMs: number, at: number): Window => {
  const date = new Date(at);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const period = periodOf(periodMs);
  if (period === 'month')
    return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1), lengthMs: LONGEST_MONTH_MS };
  const sinceMonday = (date.getUTCDay() + 6) % 7;
  const start = period === 'week' ? Date.UTC(year, month, day - sinceMonday) : Math.floor(at / periodMs) * periodMs;
  return { start, end: start + periodMs, lengthMs: periodMs };
};

/** Epoch ms at which the window that `at` lies in began. */
export const windowStart = (periodMs: number, at: number): number => windowAt(periodMs, at).start;

/** A hold, and when its window ends: then there is room again for certain. */
export type SpendHold = Hold & { readonly resetsAt: number };

export type LimitQuestion = {
  /** Names the counter without its window: policy/support. */
  readonly counter: string;
  readonly limit: SpendLimit;
  /** Epoch ms. */
  readonly at: number;
  /** Upper bound of what is to be spent. */
  readonly amount: NanoUsd;
};

/** Pure. Keys read policy/support/day/2026-11-24T00:00:00.000Z. */
export const holdOn = ({ counter, limit, at, amount }: LimitQuestion): SpendHold => {
  const { start, end, lengthMs } = windowAt(limit.periodMs, at);
  const period = periodOf(limit.periodMs) ?? `${limit.periodMs}ms`;
  return {
    key: `${counter}/${period}/${new Date(start).toISOString()}`,
    // A soft limit only asks whether it is reached.
    ...(limit.soft
      ? { limit: nanoUsd(Math.max(0, limit.amount - 1)), amount: ZERO_USD }
      : { limit: limit.amount, amount }),
    ttlMs: lengthMs + SLACK_MS,
    resetsAt: end,
  };
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

/** Whose spend a request counts as, beside the provider's, which is known only call by call. A `budget` objective steers and stops nothing. */
export const holdsFor = ({ policy, plan, caller, at, amount }: SpendQuestion): readonly SpendHold[] => {
  const { spend } = plan.limits;
  return [
    ...(spend ? [holdOn({ counter: `policy/${policy}`, limit: spend, at, amount })] : []),
    ...(caller?.spend ? [holdOn({ counter: `key/${caller.id}`, limit: caller.spend, at, amount })] : []),
  ];
};

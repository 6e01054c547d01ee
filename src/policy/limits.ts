// Which counters a request must find room in before it is sent: the policy's cap on spend, per calendar window in UTC.
import type { NanoUsd } from '../core/money.ts';
import type { Plan } from '../core/policy.ts';
import type { Hold } from '../core/ports.ts';
import { PERIODS_MS, periodOf } from './units.ts';

/** A request that began in one window may settle in the next: its counter outlives the window by this much. */
const SLACK_MS = PERIODS_MS.hour;
/** Days in the longest month: a counter must not go before its month does. */
const LONGEST_MONTH_MS = 31 * PERIODS_MS.day;

type Window = { readonly start: number; readonly lengthMs: number };

/** Hours and days begin as in UTC, weeks on Monday, months on the first; any other length counts from the epoch. */
const windowAt = (periodMs: number, at: number): Window => {
  const date = new Date(at);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const period = periodOf(periodMs);
  if (period === 'month') return { start: Date.UTC(year, month), lengthMs: LONGEST_MONTH_MS };
  const sinceMonday = (date.getUTCDay() + 6) % 7;
  if (period === 'week') return { start: Date.UTC(year, month, day - sinceMonday), lengthMs: periodMs };
  return { start: Math.floor(at / periodMs) * periodMs, lengthMs: periodMs };
};

/** Epoch ms at which the window that `at` lies in began. */
export const windowStart = (periodMs: number, at: number): number => windowAt(periodMs, at).start;

export type SpendQuestion = {
  /** Name of the policy: its counter is shared by all its rules. */
  readonly policy: string;
  readonly plan: Plan;
  /** Epoch ms. */
  readonly at: number;
  /** Upper bound of what the request may cost. */
  readonly amount: NanoUsd;
};

/**
 * Pure. A `budget` objective steers and reserves nothing; only `limits.spend` stops requests.
 * Keys read policy/support/day/2026-11-24T00:00:00.000Z.
 */
export const holdsFor = ({ policy, plan, at, amount }: SpendQuestion): readonly Hold[] => {
  const { spend } = plan.limits;
  if (!spend) return [];
  const { start, lengthMs } = windowAt(spend.periodMs, at);
  const period = periodOf(spend.periodMs) ?? `${spend.periodMs}ms`;
  return [
    {
      key: `policy/${policy}/${period}/${new Date(start).toISOString()}`,
      limit: spend.amount,
      amount,
      ttlMs: lengthMs + SLACK_MS,
    },
  ];
};

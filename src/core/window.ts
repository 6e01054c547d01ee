// Windows of the calendar in UTC: the one definition that limits, budgets, their counters and the ledger's questions go by.

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A month counts as thirty days where a length is needed; its windows follow the calendar. */
export const PERIODS_MS = { hour: HOUR, day: DAY, week: 7 * DAY, month: 30 * DAY } as const;
export type Period = keyof typeof PERIODS_MS;

export const PERIODS: readonly Period[] = ['hour', 'day', 'week', 'month'];

export const periodOf = (periodMs: number): Period | undefined =>
  PERIODS.find((period) => PERIODS_MS[period] === periodMs);

/** Epoch ms: from `start` up to and not including `end`. */
export type Window = { readonly start: number; readonly end: number };

/** The one that `at` (epoch ms) lies in. Hours and days begin as in UTC, weeks on Monday, months on the first; any other length counts from the epoch. */
export const windowAt = (periodMs: number, at: number): Window => {
  const date = new Date(at);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const period = periodOf(periodMs);
  if (period === 'month') return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
  const sinceMonday = (date.getUTCDay() + 6) % 7;
  const start = period === 'week' ? Date.UTC(year, month, day - sinceMonday) : Math.floor(at / periodMs) * periodMs;
  return { start, end: start + periodMs };
};

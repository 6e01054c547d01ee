// A day's requests and money added up from the bodies of its rows: what the sums the database makes of columns must be equal to.
import { OVERHEAD } from '../core/decision.ts';
import type { SpendRow } from '../core/ledger.ts';
import type { Attempt } from '../core/outcome.ts';
import { decode } from './codec.ts';
import type { RequestRows } from './request-rows.ts';

const DAY_MS = 86_400_000n;

export type DayTotals = Pick<SpendRow, 'key' | 'requests' | 'failed' | 'attempts' | 'ambiguous'> & {
  readonly cost: bigint;
  readonly ambiguousCost: bigint;
};

const NOTHING = { requests: 0, failed: 0, attempts: 0, ambiguous: 0, cost: 0n, ambiguousCost: 0n };

export const addTotals = (a: DayTotals | undefined, b: DayTotals): DayTotals => {
  const { requests, failed, attempts, ambiguous, cost, ambiguousCost } = a ?? NOTHING;
  return {
    key: b.key,
    requests: requests + b.requests,
    failed: failed + b.failed,
    attempts: attempts + b.attempts,
    ambiguous: ambiguous + b.ambiguous,
    cost: cost + b.cost,
    ambiguousCost: ambiguousCost + b.ambiguousCost,
  };
};

/** Undefined where a body does not decode: that is named elsewhere. */
const attemptsOf = ({ attempts }: RequestRows): readonly Attempt[] => {
  const effective = attempts.filter((row, index) => row.attempt !== attempts[index - 1]?.attempt);
  return effective.flatMap(({ body }) => {
    try {
      return [decode(body) as Attempt];
    } catch {
      return [];
    }
  });
};

const totalsOfOne = (rows: RequestRows): DayTotals => {
  const attempts = attemptsOf(rows);
  const ambiguous = attempts.filter(({ costStatus }) => costStatus === 'ambiguous');
  const sum = (of: readonly Attempt[]): bigint => of.reduce((total, { cost }) => total + BigInt(cost), 0n);
  const cost = sum(attempts) - sum(ambiguous);
  const [outcome] = rows.outcomes;
  // A probe is money and no request.
  const counts = outcome !== undefined && !OVERHEAD.some((reason) => reason === rows.decision.reason);
  return {
    key: new Date(Number(rows.decision.at / DAY_MS) * Number(DAY_MS)).toISOString().slice(0, 10),
    requests: counts ? 1 : 0,
    failed: counts && outcome.status === 'failed' ? 1 : 0,
    attempts: attempts.length,
    ambiguous: ambiguous.length,
    cost,
    ambiguousCost: sum(ambiguous),
  };
};

export const totalsOf = (requests: readonly RequestRows[]): readonly DayTotals[] => {
  const days = new Map<string, DayTotals>();
  for (const rows of requests) {
    const one = totalsOfOne(rows);
    if (one.attempts > 0 || one.requests > 0) days.set(one.key, addTotals(days.get(one.key), one));
  }
  return [...days.values()];
};

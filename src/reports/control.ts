// What the control group says: the difference in cost per request between the holdout and the rest, measured, with its interval.
import type { SpendRow } from '../core/ledger.ts';
import { usdOf } from '../core/money.ts';

/** A mean of costs in dollars, and the variance of that mean. */
type Mean = { readonly count: number; readonly mean: number; readonly variance: number };

export type Measured = {
  readonly holdout: number;
  readonly routed: number;
  /** Dollars a request cost more in the holdout than where we chose; negative: we cost more. */
  readonly perRequest: number;
  readonly perRequestInterval: readonly [low: number, high: number];
  /** The same over all routed requests. */
  readonly saved: number;
  readonly interval: readonly [low: number, high: number];
  /** Too few requests in the holdout for the interval to be believed. */
  readonly thin: boolean;
};

/** Below this many a sum of skewed costs is not nearly normal. */
const ENOUGH = 30;
/** 97.5 % quantile of the normal distribution: an interval of 95 %. */
const Z = 1.959964;

const meanOf = (row: SpendRow): Mean | undefined => {
  if (row.requests < 2) return undefined;
  const mean = (usdOf(row.cost) - usdOf(row.overheadCost)) / row.requests;
  const spread = Math.max(0, row.costSquares - row.requests * mean ** 2) / (row.requests - 1);
  return { count: row.requests, mean, variance: spread / row.requests };
};

type Parts = Pick<Measured, 'holdout' | 'routed' | 'perRequest' | 'saved' | 'thin'> & { readonly error: number };

const around = (middle: number, error: number): readonly [number, number] => [middle - Z * error, middle + Z * error];

const measuredOf = ({ error, ...parts }: Parts): Measured => ({
  ...parts,
  perRequestInterval: around(parts.perRequest, error / Math.max(1, parts.routed)),
  interval: around(parts.saved, error),
});

const compare = (routed: SpendRow, holdout: SpendRow | undefined): Parts | undefined => {
  const [ours, theirs] = [meanOf(routed), holdout && meanOf(holdout)];
  if (!ours || !theirs) return undefined;
  const perRequest = theirs.mean - ours.mean;
  return {
    holdout: theirs.count,
    routed: ours.count,
    perRequest,
    saved: perRequest * ours.count,
    error: Math.sqrt(ours.variance + theirs.variance) * ours.count,
    thin: theirs.count < ENOUGH,
  };
};

/** Welch: two means with variances of their own, a normal 95 % interval. undefined without at least two requests on each side. */
export const measure = (routed: SpendRow, holdout: SpendRow | undefined): Measured | undefined => {
  const parts = compare(routed, holdout);
  return parts && measuredOf(parts);
};

export type Group = { readonly routed: SpendRow; readonly holdout: SpendRow | undefined };

/** Over several groups the savings are added, not the requests pooled: groups with other holdout shares would bias a pooled mean. */
export const measureTogether = (groups: readonly Group[]): Measured | undefined => {
  const parts = groups.flatMap(({ routed, holdout }) => compare(routed, holdout) ?? []);
  if (parts.length === 0) return undefined;
  const add = (pick: (part: Parts) => number): number => parts.reduce((sum, part) => sum + pick(part), 0);
  const [routed, saved] = [add((part) => part.routed), add((part) => part.saved)];
  return measuredOf({
    holdout: add((part) => part.holdout),
    routed,
    perRequest: saved / routed,
    saved,
    error: Math.sqrt(add((part) => part.error ** 2)),
    thin: parts.some((part) => part.thin),
  });
};

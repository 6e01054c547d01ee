// The best that could have been chosen by somebody who knew every outcome and paid the same price for a dollar on every request.
import type { Point } from './hull.ts';
import type { Offered } from './stream.ts';

/** Halvings of the logarithm of λ, from one ten-billionth of quality a dollar to ten billion. */
const HALVINGS = 80;
const LEAST_LAMBDA = 1e-10;
const MOST_LAMBDA = 1e10;

export type Oracle = Point & {
  /** Price of a dollar in quality. */
  readonly lambda: number;
  /** Quality by position; 0 where nobody could be asked. */
  readonly qualities: Float64Array;
};

/** argmax q − λ·c at each position, the cheaper where two are level. */
export const oracleAt = ({ models, length, quality, cost }: Offered, lambda: number): Oracle => {
  const qualities = new Float64Array(length);
  let sum = 0;
  let dollars = 0;
  for (let position = 0; position < length; position++) {
    let best = Number.NEGATIVE_INFINITY;
    let got = 0;
    let paid = 0;
    for (let place = position * models; place < (position + 1) * models; place++) {
      const value = quality[place] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      const usd = (cost[place] ?? 0) / 1e9;
      const utility = value - lambda * usd;
      if (utility < best || (utility === best && usd >= paid)) continue;
      [best, got, paid] = [utility, value, usd];
    }
    qualities[position] = got;
    sum += got;
    dollars += paid;
  }
  const count = Math.max(1, length);
  return { lambda, qualities, quality: sum / count, usd: dollars / count };
};

/**
 * The Lagrangian oracle of a budget: argmax q − λ·c with the least λ ≥ 0 whose mean cost is at most the budget. Where even the cheapest answers cost more,
 * the cheapest.
 */
export const oracleFor = (offered: Offered, budgetUsd: number): Oracle => {
  const free = oracleAt(offered, 0);
  if (free.usd <= budgetUsd) return free;
  let [below, above] = [LEAST_LAMBDA, MOST_LAMBDA];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = Math.sqrt(below * above);
    if (oracleAt(offered, middle).usd > budgetUsd) below = middle;
    else above = middle;
  }
  return oracleAt(offered, above);
};

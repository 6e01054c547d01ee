// How far apart two prices of one offer are, and what a step of that size can be: a move, a slip, an error of the unit.
import type { Rate } from '../core/price.ts';
import { powerOfTenBetween } from './plausibility.ts';
import { basePrice, sameMainPrices } from './rates.ts';

/** Steps of a main price, new against old or old against new. */
export const STEP = { holds: 3, needsSecond: 10, unitError: 100 } as const;

export type Step = {
  readonly kind: 'none' | 'small' | 'large' | 'huge' | 'unit_error' | 'to_free' | 'from_free';
  readonly factor: number;
  /** What makes it a unit error. */
  readonly why?: string;
};

const pairsOf = (before: readonly Rate[], after: readonly Rate[]) =>
  (['input', 'output'] as const).map((meter) => ({
    old: basePrice(before, meter) ?? 0,
    now: basePrice(after, meter) ?? 0,
  }));

const factorOf = (a: number, b: number): number => (a > 0 && b > 0 ? Math.max(a, b) / Math.min(a, b) : 1);

/** How far two lists of rates are apart, judged on plain input and output. */
export const stepBetween = (before: readonly Rate[], after: readonly Rate[]): Step => {
  const pairs = pairsOf(before, after);
  const factor = Math.max(...pairs.map(({ old, now }) => factorOf(old, now)));
  for (const { old, now } of pairs) {
    const power = powerOfTenBetween(old, now);
    if (power) return { kind: 'unit_error', factor, why: `10^${power} from the price before` };
  }
  if (factor >= STEP.unitError) return { kind: 'unit_error', factor, why: `a step of ${Math.round(factor)}×` };
  if (pairs.some(({ old, now }) => old > 0 && now === 0)) return { kind: 'to_free', factor };
  if (pairs.some(({ old, now }) => old === 0 && now > 0)) return { kind: 'from_free', factor };
  if (factor >= STEP.needsSecond) return { kind: 'huge', factor };
  if (factor >= STEP.holds) return { kind: 'large', factor };
  return { kind: sameMainPrices(before, after) ? 'none' : 'small', factor };
};

/** By how much the main price that fell most has fallen; 1 when none did. */
export const cutBetween = (before: readonly Rate[], after: readonly Rate[]): number =>
  Math.max(1, ...pairsOf(before, after).map(({ old, now }) => (old > 0 && now > 0 ? old / now : 1)));

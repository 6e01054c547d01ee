// Lines other than plain input and output: caches, cliffs, tiers. No second source speaks for them, so a wild one does not come in with the rest.
import { picoUsdPerUnit } from '../core/money.ts';
import type { Rate } from '../core/price.ts';
import { powerOfTenBetween } from './plausibility.ts';
import { basePrice, isConditional, lineIdentity, sameRates } from './rates.ts';
import { STEP } from './steps.ts';

type Lines = readonly Rate[];

/** Lines that were seen and not all believed, and since when. */
export type Waiting = { readonly rates: Lines; readonly firstSeenAt: number };

export type Steadied = {
  /** What is believed: the old line where one moved too far. */
  readonly rates: Lines;
  /** What is charged for lines that wait, where that is more. */
  readonly dearer: Lines;
  /** What was kept back, in words. */
  readonly reasons: readonly string[];
};

const isMain = ({ meter, tier, when }: Rate): boolean => (meter === 'input' || meter === 'output') && !tier && !when;

const priceOf = (rate: Rate | undefined): number => rate?.price ?? 0;

/** By how much a line has moved beyond what plain input has: a list that is cut by half is cut in all its lines. */
const stepOf = (old: number, now: number, scale: number): number => Math.max(now / (old * scale), (old * scale) / now);

type Moved = { readonly kept: boolean; readonly dearer?: Rate };

/** What becomes of a line that both lists have. A rise acts at once, up to ten times what it was. */
const judgeLine = (old: Rate, now: Rate, { scale, stood }: { scale: number; stood: boolean }): Moved => {
  if (priceOf(old) <= 0) return { kept: false };
  if (priceOf(now) <= 0) return { kept: true };
  const step = stepOf(priceOf(old), priceOf(now), scale);
  if (step >= STEP.unitError || powerOfTenBetween(priceOf(old) * scale, priceOf(now))) return { kept: true };
  if (step < STEP.holds || stood) return { kept: false };
  if (priceOf(now) <= priceOf(old)) return { kept: true };
  return {
    kept: true,
    dearer: { ...now, price: picoUsdPerUnit(Math.min(priceOf(now), priceOf(old) * STEP.needsSecond)) },
  };
};

/** A line that is no longer stated is missed where it made something dearer: above a cliff, or for each request. */
const isMissed = (old: Rate, before: Lines): boolean => {
  if (!isConditional(old)) return old.meter === 'request' || old.meter === 'search';
  return priceOf(old) > (basePrice(before, old.meter) ?? 0);
};

/**
 * The candidate's lines with those put back that moved too far beside the plain prices: ≥ 100×, a power of ten, or gone silent keep the old
 * line; 3× and more do until the same list has stood, and the dearer is charged meanwhile.
 */
export const steadied = (accepted: Lines, candidate: Lines, stood: boolean): Steadied => {
  const scaleOf = (rate: Rate): number => {
    const meter = rate.meter === 'output' || rate.meter === 'reasoning' ? 'output' : 'input';
    const [old, now] = [basePrice(accepted, meter) ?? 0, basePrice(candidate, meter) ?? 0];
    return old > 0 && now > 0 ? now / old : 1;
  };
  const before = new Map(accepted.filter((rate) => !isMain(rate)).map((rate) => [lineIdentity(rate), rate]));
  const seen = new Set(candidate.map(lineIdentity));
  const reasons: string[] = [];
  const dearer: Rate[] = [];
  const kept = (old: Rate): Rate => {
    reasons.push(`${old.meter}${old.when ? ' under a condition' : ''} keeps ${priceOf(old) / 1e6}: it moved by itself`);
    return old;
  };
  /** A condition nobody knew of: what it makes dearer is charged at once, and believed when it has stood. */
  const waits = (now: Rate): Lines => {
    reasons.push(`${now.meter} under a new condition waits`);
    if (priceOf(now) > (basePrice(candidate, now.meter) ?? 0)) dearer.push(now);
    return [];
  };
  const lines = candidate.flatMap((now): Lines => {
    const old = before.get(lineIdentity(now));
    if (!old) return isConditional(now) && !stood ? waits(now) : [now];
    const moved = judgeLine(old, now, { scale: scaleOf(now), stood });
    if (moved.dearer) dearer.push(moved.dearer);
    return [moved.kept ? kept(old) : now];
  });
  const missed = [...before.values()].filter(
    (old) => !seen.has(lineIdentity(old)) && !stood && isMissed(old, accepted),
  );
  // Believed as it was; where the base has risen above it meanwhile, the base is what a long prompt costs at least.
  for (const old of missed) {
    const base = isConditional(old) ? (basePrice(candidate, old.meter) ?? 0) : 0;
    if (base > priceOf(old)) dearer.push({ ...old, price: picoUsdPerUnit(base) });
  }
  return { rates: missed.length > 0 ? [...lines, ...missed.map(kept)] : lines, dearer, reasons };
};

const byPrice = (a: Rate, b: Rate): number => priceOf(a) - priceOf(b);

/** The sheet's lines with those that wait at the dearer price. The last condition that holds is charged, so the dearest comes last. */
export const withDearer = (rates: Lines, dearer: Lines): Lines => {
  if (dearer.length === 0) return rates;
  const waiting = new Map(dearer.map((rate) => [lineIdentity(rate), rate]));
  const stated = new Set(rates.map(lineIdentity));
  const lines = rates.map((rate) => {
    const other = waiting.get(lineIdentity(rate));
    return other && priceOf(other) > priceOf(rate) ? other : rate;
  });
  const all = [...lines, ...dearer.filter((rate) => !stated.has(lineIdentity(rate)))];
  return [...all.filter((rate) => !isConditional(rate)), ...all.filter(isConditional).toSorted(byPrice)];
};

/** The same list again: since when has it been waiting? */
export const waitingSince = (waiting: Waiting | undefined, rates: Lines, observedAt: number): Waiting =>
  waiting && sameRates(waiting.rates, rates) ? waiting : { rates, firstSeenAt: observedAt };

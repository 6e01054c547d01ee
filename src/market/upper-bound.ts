// The dearer of two sheets, line by line: what routing and reservations use while a change is in quarantine.
import { STAND_IN } from '../core/cost.ts';
import { METERS, type Meter, type Rate } from '../core/price.ts';
import { basePrice, isConditional, lineIdentity } from './rates.ts';

type Lines = readonly Rate[];

/** A meter the sheet is silent about, written out as the lines that stand in for it. */
const spelledOut = (rates: Lines, meters: readonly Meter[]): Lines =>
  meters.reduce<Lines>((lines, meter) => {
    const standIn = STAND_IN[meter];
    if (!standIn || basePrice(lines, meter) !== undefined) return lines;
    const copied = lines.filter((rate) => rate.meter === standIn && !rate.tier).map((rate) => ({ ...rate, meter }));
    // First, so that the meter's own conditional lines still come after them.
    return [...copied, ...lines];
  }, rates);

const lineOf = (rates: Lines, identity: string): Rate | undefined =>
  rates.findLast((rate) => lineIdentity(rate) === identity);

/** A line with a condition or tier that only one sheet has: in the other, its base price is what is charged there. */
const alone = (rate: Rate, other: Lines): Rate => {
  const base = basePrice(other, rate.meter);
  return typeof base === 'number' && (rate.price ?? -1) < base ? { ...rate, price: base } : rate;
};

const byPrice = (a: Rate, b: Rate): number => (a.price ?? -1) - (b.price ?? -1);

/**
 * Rates under which any use costs at least as much as under either list. A known price stands against an unknown one, so that a feed that
 * falls silent cannot take an offer off the market. Conditional lines come cheapest first, because the last that matches is charged.
 */
export const dearerOf = (a: Lines, b: Lines): Lines => {
  const named = new Set([...a, ...b].map((rate) => rate.meter));
  // A meter may stand on one that itself stands on another: a one-hour cache write on a five-minute one, that on input.
  const meters = METERS.filter((meter) => named.has(meter) || [...named].some((other) => STAND_IN[other] === meter));
  const left = spelledOut(a, meters);
  const right = spelledOut(b, meters);
  const identities = [...new Set([...left, ...right].map(lineIdentity))];
  const lines = identities.flatMap((identity): Rate[] => {
    const one = lineOf(left, identity);
    const two = lineOf(right, identity);
    if (one && two) return [byPrice(one, two) >= 0 ? one : two];
    if (one) return [alone(one, right)];
    return two ? [alone(two, left)] : [];
  });
  return [...lines.filter((rate) => !isConditional(rate)), ...lines.filter(isConditional).toSorted(byPrice)];
};

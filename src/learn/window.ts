// What recent requests could have had: per request the offers worth taking at any exchange rate, and what a rate would make of them all.
import type { Decision } from '../core/decision.ts';
import { usdOf } from '../core/money.ts';

/** Requests remembered; old enough to average, young enough to follow a change of traffic or price. */
export const WINDOW = 600;

/** An offer as pacing sees it: believed quality, expected dollars, and dollars with the price of its time. */
type Option = { readonly quality: number; readonly cost: number; readonly price: number };

/** Nobody pays more for less: options by price, each better than the last, each step buying less quality a dollar than the one before. */
export const hullOf = (options: readonly Option[]): readonly Option[] => {
  const slope = (a: Option, b: Option): number => (b.quality - a.quality) / (b.price - a.price);
  const hull: Option[] = [];
  for (const option of options.toSorted((a, b) => a.price - b.price || b.quality - a.quality)) {
    const last = hull.at(-1);
    if (last && option.quality <= last.quality) continue;
    if (last && option.price === last.price) hull.pop();
    for (let end = hull.at(-1), before = hull.at(-2); end && before; end = hull.at(-1), before = hull.at(-2)) {
      if (slope(before, end) > slope(end, option)) break;
      hull.pop();
    }
    hull.push(option);
  }
  return hull;
};

const optionsOf = ({ ladder, plan }: Decision): Option[] =>
  ladder.map(({ quote, quality }) => {
    const cost = usdOf(quote.cost);
    return { quality: quality.mean, cost, price: cost + (usdOf(plan.priceOfASecond) * quote.totalMs) / 1000 };
  });

/** The hull's option with the most V·quality − price; the cheaper where two are level. */
const bestAt = (hull: readonly Option[], rate: number): Option | undefined => {
  let [best] = hull;
  for (let at = 1; at < hull.length; at++) {
    const option = hull[at];
    if (!best || !option || rate * (option.quality - best.quality) <= option.price - best.price) break;
    best = option;
  }
  return best;
};

/** What a rate makes of the window: means per request. */
export type Prospect = { readonly quality: number; readonly cost: number };

export type Window = {
  /** @param reference quality the policy measures itself by on this request, where it does */
  add(decision: Decision, reference: number | undefined): void;
  prospect(rate: number): Prospect;
  /** Mean of the references; 0 without any. */
  reference(): number;
  size(): number;
  /** Epoch ms of the oldest request. */
  since(): number | undefined;
};

type Seen = { readonly at: number; readonly hull: readonly Option[]; readonly reference: number | undefined };

export const createWindow = (): Window => {
  const seen: Seen[] = [];
  return {
    add: (decision, reference) => {
      seen.push({ at: decision.at, hull: hullOf(optionsOf(decision)), reference });
      if (seen.length > WINDOW) seen.shift();
    },
    prospect: (rate) => {
      let quality = 0;
      let cost = 0;
      for (const { hull } of seen) {
        const best = bestAt(hull, rate);
        quality += best?.quality ?? 0;
        cost += best?.cost ?? 0;
      }
      const count = Math.max(1, seen.length);
      return { quality: quality / count, cost: cost / count };
    },
    reference: () => {
      const stated = seen.flatMap(({ reference }) => (reference === undefined ? [] : [reference]));
      return stated.reduce((sum, quality) => sum + quality, 0) / Math.max(1, stated.length);
    },
    size: () => seen.length,
    since: () => seen[0]?.at,
  };
};

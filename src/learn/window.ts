// What recent requests could have had: per request the offers worth taking at any exchange rate, and what a rate would make of them all.
import type { Decision } from '../core/decision.ts';
import { usdOf } from '../core/money.ts';

/** Requests remembered; old enough to average, young enough to follow a change of traffic or price. */
export const WINDOW = 600;
/** What a request counts next to the one after it, halving every hundred: beliefs of older ones are out of date. */
const FADE = 2 ** (-1 / 100);

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

/** @param hope standard deviations by which quality is believed better than its mean */
const optionsOf = ({ ladder, plan }: Decision, hope: number): Option[] =>
  ladder.map(({ quote, quality }) => {
    const cost = usdOf(quote.cost);
    const price = cost + (usdOf(plan.priceOfASecond) * quote.totalMs) / 1000;
    return { quality: quality.mean + hope * quality.sd, cost, price };
  });

/** What the request could have had if beliefs moved against its cheapest offer and for all others: what an unsure belief may do next. */
const unsureHullOf = (decision: Decision): readonly Option[] => {
  const [cheapest, ...dearer] = optionsOf(decision, 1).toSorted((a, b) => a.price - b.price || b.quality - a.quality);
  if (!cheapest) return [];
  const cautious = optionsOf(decision, -1).find(({ price }) => price === cheapest.price) ?? cheapest;
  return hullOf([cautious, ...dearer]);
};

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

/**
 * Requests whose beliefs are taken to be unsure, beside those seen. A window of few requests that all look alike would otherwise allow any rate, and
 * the first lesson that tells two models apart would send everything to the dearest.
 */
const UNSURE = 20;
/** Requests seen after which they speak for themselves. */
const SURE_FROM = 200;

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

type Seen = {
  readonly at: number;
  readonly hull: readonly Option[];
  readonly reference: number | undefined;
};

/** Models remembered as known; beyond it all are forgotten. */
const MODELS = 2_000;

export const createWindow = (): Window => {
  const seen: Seen[] = [];
  // Of the last few requests.
  const unsure: (readonly Option[])[] = [];
  const known = new Set<string>();
  /** A model that was not there before makes older requests out of date: they do not know what could be spent on it. */
  const forgetWithout = ({ ladder }: Decision): void => {
    const before = known.size;
    if (before > MODELS) known.clear();
    for (const { quote } of ladder) known.add(quote.offer.model);
    if (known.size === before) return;
    seen.length = 0;
    unsure.length = 0;
  };
  return {
    add: (decision, reference) => {
      forgetWithout(decision);
      seen.push({ at: decision.at, hull: hullOf(optionsOf(decision, 0)), reference });
      unsure.push(unsureHullOf(decision));
      if (unsure.length > UNSURE) unsure.shift();
      if (seen.length > WINDOW) seen.shift();
    },
    prospect: (rate) => {
      let quality = 0;
      let cost = 0;
      let weight = 1;
      let total = 0;
      for (let index = seen.length - 1; index >= 0; index--) {
        const best = bestAt(seen[index]?.hull ?? [], rate);
        quality += weight * (best?.quality ?? 0);
        cost += weight * (best?.cost ?? 0);
        total += weight;
        weight *= FADE;
      }
      let feared = 0;
      for (const hull of unsure) feared += bestAt(hull, rate)?.cost ?? 0;
      const doubts = UNSURE * Math.max(0, 1 - seen.length / SURE_FROM);
      const fear = (doubts * feared) / Math.max(1, unsure.length);
      return { quality: quality / Math.max(1, total), cost: (cost + fear) / Math.max(1, total + doubts) };
    },
    reference: () => {
      const stated = seen.flatMap(({ reference }) => (reference === undefined ? [] : [reference]));
      return stated.reduce((sum, quality) => sum + quality, 0) / Math.max(1, stated.length);
    },
    size: () => seen.length,
    since: () => seen[0]?.at,
  };
};

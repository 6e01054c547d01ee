// All sellers of one model beside each other: who is worse than another in everything, and how far apart they are. Pure.
import { median } from 'simple-statistics';
import { usdPerMillion } from '../core/money.ts';
import type { Meter, PriceSheet } from '../core/price.ts';

/** The everyday rate of a meter: standard tier, no conditions. USD per million tokens; null where nobody says. */
export const plainRate = (sheet: PriceSheet | undefined, meter: Meter): number | null => {
  const rate = sheet?.rates.findLast(
    (line) => line.meter === meter && (line.tier ?? 'standard') === 'standard' && line.when === undefined,
  );
  return rate && rate.price !== null ? usdPerMillion(rate.price) : null;
};

/** Three tokens read for one written: the mix prices are usually compared at. */
export const BLEND = '3 input : 1 output';

/** USD per million tokens of the blend, at everyday rates; null where one of the two is not known. */
export const blendedRate = (sheet: PriceSheet | undefined): number | null => {
  const [input, output] = [plainRate(sheet, 'input'), plainRate(sheet, 'output')];
  return input === null || output === null ? null : Number(((3 * input + output) / 4).toPrecision(12));
};

/** What a seller is compared by; null: nobody knows. */
export type Standing = {
  readonly offer: string;
  readonly blended: number | null;
  readonly firstTokenMs: number | null;
  readonly tokensPerSecond: number | null;
  readonly uptime: number | null;
};

/** Larger is better; undefined: not known of both. */
const gains = (a: Standing, b: Standing): readonly (number | undefined)[] => {
  const gain = (mine: number | null, theirs: number | null): number | undefined =>
    mine === null || theirs === null ? undefined : mine - theirs;
  return [
    gain(b.blended, a.blended),
    gain(b.firstTokenMs, a.firstTokenMs),
    gain(a.tokensPerSecond, b.tokensPerSecond),
    gain(a.uptime, b.uptime) ?? (b.uptime === null ? 0 : undefined),
  ];
};

/** At least as good in price, first token, speed and uptime, and better in one. What is not known of both excuses the weaker one. */
const dominates = (a: Standing, b: Standing): boolean => {
  const all = gains(a, b);
  return all.every((gain) => gain !== undefined && gain >= 0) && all.some((gain) => gain !== undefined && gain > 0);
};

/** The cheapest of those that are better in everything, by offer; absent: nobody is, or nobody can tell. */
export const dominatedBy = (sellers: readonly Standing[]): ReadonlyMap<string, string> => {
  const cheapestFirst = sellers.toSorted((a, b) => (a.blended ?? Infinity) - (b.blended ?? Infinity));
  return new Map(
    sellers.flatMap((seller): [string, string][] => {
      const better = cheapestFirst.find((other) => dominates(other, seller));
      return better ? [[seller.offer, better.offer]] : [];
    }),
  );
};

const ratio = (above: number, below: number): number | null =>
  below > 0 ? Number((above / below).toPrecision(4)) : null;

/** Of blended prices. undefined: nobody has one. */
export const spreadOf = (prices: readonly number[]) => {
  if (prices.length === 0) return undefined;
  const [least, middle, most] = [Math.min(...prices), median([...prices]), Math.max(...prices)];
  return {
    sellers: prices.length,
    cheapest_usd_per_million: least,
    median_usd_per_million: middle,
    dearest_usd_per_million: most,
    dearest_over_cheapest: ratio(most, least),
    cheapest_below_median: middle > 0 ? Number((1 - least / middle).toPrecision(4)) : null,
  };
};

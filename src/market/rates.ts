// Reading rate lines: base prices, what a line is about, and whether two sheets charge the same.
import type { PicoUsdPerUnit } from '../core/money.ts';
import type { Meter, Rate } from '../core/price.ts';

/** Two prices within this are the same price: rounding and dated exchange rates differ by less. */
export const SAME_PRICE = 0.002;

/** The standard price of a meter without conditions: undefined when the sheet is silent, null when charged but unknown. */
export const basePrice = (rates: readonly Rate[], meter: Meter): PicoUsdPerUnit | null | undefined =>
  rates.findLast((rate) => rate.meter === meter && !rate.tier && !rate.when)?.price;

/** What a line is about: meter, tier and conditions. Two lines with one identity say different prices of one thing. */
export const lineIdentity = ({ meter, tier, when }: Rate): string => {
  const cliff = when?.promptTokens;
  const window = when?.utcMinutes;
  const conditions = `${cliff ? `${cliff.op}${cliff.tokens}` : ''}|${window ? `${window.start}-${window.end}` : ''}`;
  return `${meter}|${tier ?? ''}|${conditions}`;
};

export const isConditional = (rate: Rate): boolean => rate.when !== undefined;

export const samePrice = (a: number | null | undefined, b: number | null | undefined): boolean =>
  typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) <= SAME_PRICE * Math.max(a, b);

/** Do two lists of rates charge the same for plain input and output? */
export const sameMainPrices = (a: readonly Rate[], b: readonly Rate[]): boolean =>
  samePrice(basePrice(a, 'input'), basePrice(b, 'input')) && samePrice(basePrice(a, 'output'), basePrice(b, 'output'));

/** The same lines with the same prices, in whatever order. */
export const sameRates = (a: readonly Rate[], b: readonly Rate[]): boolean => {
  const text = (rates: readonly Rate[]) =>
    rates
      .map((rate) => `${lineIdentity(rate)}=${rate.price}`)
      .toSorted()
      .join();
  return a === b || (a.length === b.length && text(a) === text(b));
};

/** "0.59/0.79": input and output in dollars per million, for reasons people read. */
export const pricePair = (rates: readonly Rate[]): string => {
  const show = (price: number | null | undefined) => (typeof price === 'number' ? String(price / 1e6) : '?');
  return `${show(basePrice(rates, 'input'))}/${show(basePrice(rates, 'output'))}`;
};

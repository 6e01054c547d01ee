// From what a feed states to rates: absent stays absent, null stays unknown, zero is free only where the feed can mean it.
import { STAND_IN } from '../../core/cost.ts';
import { picoUsdPerUnit } from '../../core/money.ts';
import type { Meter, Rate, ServiceTier } from '../../core/price.ts';
import { type Currency, nativeOf } from '../currency.ts';
import { picoOf, timesDecimal } from './decimal.ts';

/** Raw prices by meter, as the feed wrote them: undefined is silence, null is "charged, amount unknown". */
export type Stated = { readonly [M in Meter]?: unknown };

type Conditions = NonNullable<Rate['when']>;

export type Statement = {
  readonly stated: Stated;
  /** Power of ten from the feed's unit to pico-dollars. */
  readonly scale: number;
  /** Meters in another unit than the rest: per request, per search. */
  readonly scales?: { readonly [M in Meter]?: number };
  readonly tier?: ServiceTier;
  readonly when?: Conditions;
  /** Absent: dollars. */
  readonly currency?: Currency;
};

export type Lines = { readonly rates: readonly Rate[]; readonly faults: readonly string[] };

const lineOf = (meter: Meter, price: number | null, { tier, when, currency }: Statement): Rate => ({
  meter,
  ...(price === null
    ? { price }
    : currency
      ? nativeOf({ meter, pico: price, currency })
      : { price: picoUsdPerUnit(price) }),
  ...(tier && tier !== 'standard' ? { tier } : {}),
  ...(when ? { when } : {}),
});

const MAIN: ReadonlySet<string> = new Set<Meter>(['input', 'output']);

/** One statement to rate lines. A meter that cannot be read is a fault and has no line: it is silent, not free. */
export const linesOf = (statement: Statement): Lines => {
  const rates: Rate[] = [];
  const faults: string[] = [];
  for (const [name, raw] of Object.entries(statement.stated)) {
    if (raw === undefined) continue;
    const meter = name as Meter;
    if (raw === null) {
      // Unknown, but no dearer than what stands in for it: then that is charged, which a line without a price would prevent.
      if (STAND_IN[meter] === undefined) rates.push(lineOf(meter, null, statement));
      continue;
    }
    const pico = picoOf(raw, statement.scales?.[meter] ?? statement.scale);
    if (pico === undefined) faults.push(`${meter} is not a number`);
    else if (pico < 0) faults.push(`${meter} is negative`);
    // Feeds write 0 for "no such meter": 1 126 rows of two feeds have a free cache read beside a paid input.
    else if (pico > 0 || MAIN.has(meter)) rates.push(lineOf(meter, pico, statement));
  }
  return { rates, faults };
};

/** Does the row name a price for both directions of a chat? */
const mainPrice = (rates: readonly Rate[], meter: Meter): number | null | undefined =>
  rates.find((rate) => rate.meter === meter && !rate.tier && !rate.when)?.price;

/**
 * Why a row cannot be used, or undefined.
 * @param zeroMeansFree false where the feed also writes 0 for "unknown" and "in a subscription"
 */
export const unusable = ({ rates, faults }: Lines, zeroMeansFree: boolean): string | undefined => {
  const broken = faults.find((fault) => fault.startsWith('input') || fault.startsWith('output'));
  if (broken) return broken;
  const input = mainPrice(rates, 'input');
  const output = mainPrice(rates, 'output');
  if (input === undefined || output === undefined) return 'no price for input and output';
  const zeros = [input, output].filter((price) => price === 0).length;
  if (zeros === 2 && !zeroMeansFree) return 'zero that may mean unknown or subscription';
  return zeros === 1 ? 'one direction is zero' : undefined;
};

export const joinLines = (parts: readonly Lines[]): Lines => ({
  rates: parts.flatMap((part) => part.rates),
  faults: parts.flatMap((part) => part.faults),
});

/** Every line times a decimal factor: a discount, a surcharge. Undefined where a price leaves the safe range. */
export const scaledLines = ({ rates, faults }: Lines, factor: string): Lines | undefined => {
  const scaled: Rate[] = [];
  for (const rate of rates) {
    const price = rate.price === null ? null : timesDecimal(rate.price, factor);
    if (price === undefined) return undefined;
    scaled.push({ ...rate, price: price === null ? null : picoUsdPerUnit(price) });
  }
  return { rates: scaled, faults };
};

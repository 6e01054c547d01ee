// Money is whole numbers: prices in pico-dollars per unit, one calculation in pico-dollars, every stored amount in nano-dollars.
import type { Brand } from './brand.ts';

/** A price: pico-dollars (1e-12 USD) per token or other unit. $1 per million tokens is exactly 1 000 000. */
export type PicoUsdPerUnit = Brand<number, 'PicoUsdPerUnit'>;
/** The exact result of one cost calculation, in pico-dollars. Safe to $9 007. */
export type PicoUsd = Brand<number, 'PicoUsd'>;
/** An amount: nano-dollars (1e-9 USD). Safe to $9.0 million, so sums over long ranges belong in SQL integers or bigint. */
export type NanoUsd = Brand<number, 'NanoUsd'>;

const whole = (value: number, what: string): number => {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${what} must be a whole number ≥ 0, got ${value}`);
  return value;
};

export const picoUsdPerUnit = (value: number): PicoUsdPerUnit => whole(value, 'a price') as PicoUsdPerUnit;
export const picoUsd = (value: number): PicoUsd => whole(value, 'a cost') as PicoUsd;
export const nanoUsd = (value: number): NanoUsd => whole(value, 'an amount') as NanoUsd;

export const ZERO_USD: NanoUsd = nanoUsd(0);

/** Rounds half up. Applied once per attempt, never inside a calculation. */
export const nanoFromPico = (pico: PicoUsd): NanoUsd => nanoUsd(Math.floor((pico + 500) / 1000));

export const addUsd = (a: NanoUsd, b: NanoUsd): NanoUsd => nanoUsd(a + b);

/** Dollars as a float, for display, JSON and utilities; never for sums. */
export const usdOf = (amount: NanoUsd): number => amount / 1e9;

/** Dollars → whole nano-dollars; throws on a negative or non-finite number. */
export const nanoFromUsd = (usd: number): NanoUsd => nanoUsd(Math.round(usd * 1e9));

/**
 * A price given as USD per million units, as decimal text or a JSON number, to whole pico-dollars per unit.
 * Float noise (0.16999999999999998) rounds away: 99.8 % of published prices are exact at six decimals.
 */
export const priceFromUsdPerMillion = (usdPerMillion: number | string): PicoUsdPerUnit => {
  // Number('') is 0, and a blank is not a free model.
  const value = typeof usdPerMillion === 'string' ? Number(usdPerMillion.trim() || Number.NaN) : usdPerMillion;
  if (!Number.isFinite(value)) throw new RangeError(`not a price: ${usdPerMillion}`);
  return picoUsdPerUnit(Math.round(value * 1e6));
};

export const usdPerMillion = (price: PicoUsdPerUnit): number => price / 1e6;

/** "$12.30", "$0.0042", "$0.00000285": four significant digits below a dollar. */
export const formatUsd = (amount: NanoUsd): string => {
  const usd = usdOf(amount);
  if (usd === 0) return '$0';
  return usd >= 1
    ? `$${usd.toFixed(2)}`
    : `$${Number(usd.toPrecision(4)).toFixed(12).replace(/0+$/, '').replace(/\.$/, '')}`;
};

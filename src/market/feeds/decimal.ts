// Decimal text or a JSON number to whole pico-dollars without going through a float: rounded once, half to even.

/** Longer than any honest price; a bound on the work a feed can make us do. */
const LONGEST = 40;
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;

/** What one unit of a feed is worth in powers of ten of a pico-dollar. */
export const USD_PER_TOKEN = 12;
export const USD_PER_THOUSAND = 9;
export const USD_PER_MILLION = 6;
/** A hundredth of a cent per million, which is a cent per hundred million. */
export const TEN_THOUSANDTH_USD_PER_MILLION = 2;

const halfEven = (digits: bigint, divisor: bigint): bigint => {
  const whole = digits / divisor;
  const twice = (digits % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && whole % 2n === 1n);
  return up ? whole + 1n : whole;
};

/**
 * @param value decimal text, or a JSON number, which is taken by its shortest decimal form (0.16999999999999998 rounds to 0.17)
 * @param scale the power of ten that turns the feed's unit into pico-dollars per unit
 * @returns a whole number, negative when the text says so; undefined for anything that is not a finite decimal
 */
export const picoOf = (value: unknown, scale: number): number | undefined => {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  const parts = text.length <= LONGEST ? DECIMAL.exec(text) : null;
  if (!parts) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const digits = BigInt(whole + fraction);
  const shift = Number(exponent) - fraction.length + scale;
  const pico = shift >= 0 ? digits * 10n ** BigInt(shift) : halfEven(digits, 10n ** BigInt(-shift));
  const number = Number(pico) * (sign === '-' ? -1 : 1);
  return Number.isSafeInteger(number) ? number + 0 : undefined;
};

/**
 * A whole amount times a decimal fraction, exact and rounded once.
 * @returns undefined where the fraction is no decimal or the product leaves the safe range
 */
export const timesDecimal = (whole: number, fraction: string | number): number | undefined => {
  const text = String(fraction);
  const parts = text.length <= LONGEST ? DECIMAL.exec(text) : null;
  if (!parts || parts[1] === '-') return undefined;
  const [, , digits = '', decimals = '', exponent = '0'] = parts;
  const shift = Number(exponent) - decimals.length;
  const product = BigInt(whole) * BigInt(digits + decimals);
  const number = Number(shift >= 0 ? product * 10n ** BigInt(shift) : halfEven(product, 10n ** BigInt(-shift)));
  return Number.isSafeInteger(number) ? number : undefined;
};

/** A whole number of 10^-places as plain decimal text: 1230000 at six places is 1.23. */
export const decimalText = (whole: number, places: number): string => {
  const digits = String(whole).padStart(places + 1, '0');
  const decimals = digits.slice(-places).replace(/0+$/, '');
  return decimals === '' ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${decimals}`;
};

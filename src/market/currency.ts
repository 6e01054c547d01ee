// Prices in other money: what one of a currency is worth, from when and from whom; an old rate makes a price stale, none makes it no price.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { picoUsdPerUnit } from '../core/money.ts';
import type { Meter, NativeAmount, PriceSheet, Rate } from '../core/price.ts';
import { decimalText, timesDecimal } from './feeds/decimal.ts';

export type Currency = {
  /** ISO 4217. */
  readonly code: string;
  /** Dollars for one, decimal text. */
  readonly usd: string;
  /** The day of the rate, epoch ms. */
  readonly at: number;
  readonly source: string;
};
export type Currencies = ReadonlyMap<string, Currency>;

const DAY_MS = 24 * 3600 * 1000;
/** Currencies move by about two percent in a month: by then a converted price is no longer known within what feeds agree on. */
export const RATE_STALE_MS = 31 * DAY_MS;
/** What an old rate leaves of the confidence in a price. */
const STALE_RATE = 0.7;
const PER_USE: ReadonlySet<Meter> = new Set<Meter>(['request', 'search']);

export const CURRENCY_CODE = /^[A-Z]{3}$/;

/** As written in pricing/currencies.yaml and under `prices.currencies` of bourse.yaml. */
export const CurrencyEntry = z
  .strictObject({
    usd: z.number().positive().max(1_000_000).describe('Dollars for one of it.'),
    date: z.iso.date().describe('The day of the rate.'),
    source: z.string().min(1).max(200).describe('Who says so.'),
  })
  .describe('What one of a currency is worth.');
const MOST_CURRENCIES = 200;
export const CurrencyEntries = z
  .record(z.string().regex(CURRENCY_CODE, 'write a currency as its three letters, such as CNY'), CurrencyEntry)
  .refine((entries) => Object.keys(entries).length <= MOST_CURRENCIES, `at most ${MOST_CURRENCIES} currencies`);
const File = z.strictObject({ version: z.literal(1), currencies: CurrencyEntries });

export const currenciesOf = (entries: z.output<typeof CurrencyEntries>): Currencies =>
  new Map(
    Object.entries(entries).map(([code, { usd, date, source }]) => [
      code,
      { code, usd: String(usd), at: Date.parse(`${date}T00:00:00Z`), source },
    ]),
  );

/** @throws when the file is not of that form */
export const loadCurrencies = (path: string | URL): Currencies =>
  currenciesOf(File.parse(parse(readFileSync(path, 'utf8'))).currencies);

/**
 * A price in native pico-units as dollars, with what it was.
 * @throws RangeError when the product is no price
 */
export const nativeOf = ({
  meter,
  pico,
  currency: { code, usd, at, source },
}: {
  readonly meter: Meter;
  readonly pico: number;
  readonly currency: Currency;
}): Pick<Rate, 'price'> & { readonly native: NativeAmount } => {
  const amount = decimalText(pico, PER_USE.has(meter) ? 12 : 6);
  return {
    price: picoUsdPerUnit(timesDecimal(pico, usd) ?? Number.NaN),
    native: { currency: code, amount, usd, rateAt: at, source },
  };
};

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const converted = ({ rates }: PriceSheet): NativeAmount | undefined => {
  const natives = rates.flatMap((rate) => rate.native ?? []);
  return natives.toSorted((a, b) => a.rateAt - b.rateAt)[0];
};

/** A sheet with a converted price says from what; when the exchange rate is old it is `stale`, however fresh the price. */
export const withCurrencyAge = (sheet: PriceSheet | undefined, at: number): PriceSheet | undefined => {
  const native = sheet && converted(sheet);
  if (!sheet || !native) return sheet;
  const how = `converted from ${native.currency} at ${native.usd} of ${day(native.rateAt)} (${native.source})`;
  const age = at - native.rateAt;
  if (age <= RATE_STALE_MS) return { ...sheet, reasons: [...sheet.reasons, how] };
  return {
    ...sheet,
    status: 'stale',
    confidence: sheet.confidence * STALE_RATE,
    reasons: [`the exchange rate is ${Math.floor(age / DAY_MS)} days old`, ...sheet.reasons, how],
  };
};

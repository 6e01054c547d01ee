// What bourse.yaml says of prices: a price in dollars or other money, which feeds are read, what currencies are worth.
import { z } from 'zod';
import type { PicoUsdPerUnit } from '../core/money.ts';
import { CurrencyEntries } from '../market/currency.ts';
import { measured } from '../policy/fields.ts';
import * as unit from '../policy/units.ts';

/** A price in another currency, per million tokens; converted when its rate is known. */
export type NativePrice = { readonly currency: string; readonly amount: string };

const NATIVE = /^([A-Z]{3}) (\d+(?:\.\d+)?)\/M$/;

const LIST_PRICE: unit.Unit<PicoUsdPerUnit | NativePrice> = {
  ...unit.PRICE,
  what: 'a price per million tokens in dollars, or in a currency by its letters (CNY 2/M)',
  pattern: String.raw`${unit.PRICE.pattern}|[A-Z]{3} \d{1,9}(?:\.\d{1,6})?/M`,
  read: (text) => {
    const [, currency, amount] = NATIVE.exec(text) ?? [];
    return currency !== undefined && amount !== undefined ? { currency, amount } : unit.PRICE.read(text);
  },
  write: (price) => (typeof price === 'object' ? `${price.currency} ${price.amount}/M` : unit.PRICE.write(price)),
};

export const offerPrice = z
  .strictObject({
    input: measured(LIST_PRICE).describe('Per million tokens of prompt, such as $0.10/M or EUR 0.09/M; $0/M: free.'),
    output: measured(LIST_PRICE).describe('Per million tokens of answer.'),
    cached_input: measured(LIST_PRICE).optional().describe('Per million tokens read from the provider’s cache.'),
  })
  .describe('List price. An offer without a price is not routable in auto.');

const isOff = (value: unknown): boolean => value === 'off' || value === false;

const feed = z.strictObject({
  every: measured(unit.DURATION).optional().describe('How often it is read, such as 15m.'),
  url: z.url().optional().describe('Where it is, if not at its usual place.'),
  file: z.string().optional().describe('A local file instead.'),
  off: z.boolean().optional().describe('Not read. `name: off` says the same.'),
});

/** Stands for every feed that is not named. */
export const OTHERS = 'others';

const feeds = z
  .preprocess(
    (value) => (isOff(value) ? { [OTHERS]: { off: true } } : value),
    z.record(
      z.string(),
      z.preprocess((value) => (isOff(value) ? { off: true } : (value ?? {})), feed),
    ),
  )
  .describe('What is named here is changed or added to what is read anyway; `others: off` leaves only what is named.');

export const pricesSection = z
  .strictObject({ feeds: feeds.optional(), currencies: CurrencyEntries.optional() })
  .default({})
  .describe('Where live prices come from, and what other currencies are worth in dollars.');

export type FeedEntry = z.output<typeof feed>;

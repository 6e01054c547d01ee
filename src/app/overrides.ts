// The operator's own prices: files of overrides, what bourse.yaml declares beside an offer, and what other currencies are worth.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { OfferEntry } from '../config/file.ts';
import { type Currencies, currenciesOf, loadCurrencies } from '../market/currency.ts';
import { type Override, parseOverrides, rateOf, unknownCurrencies, withUnknown } from '../market/feeds/local-file.ts';

const SHIPPED = join(import.meta.dirname, '../../pricing/currencies.yaml');

/** The rates that ship, under those of bourse.yaml. */
export const currenciesIn = ({ prices }: Pick<Config, 'prices'>): Currencies =>
  new Map([...loadCurrencies(SHIPPED), ...currenciesOf(prices.currencies ?? {})]);

type Price = NonNullable<OfferEntry['price']>;
const METERS = ['input', 'output', 'cached_input'] as const;

const writtenAs = (price: Price['input'] | undefined): string | undefined =>
  typeof price === 'object' ? `${price.currency} ${price.amount}/M` : undefined;

const declaredOverride = (offer: string, price: Price, currencies: Currencies): Override => {
  const unknown = unknownCurrencies(
    METERS.map((meter) => writtenAs(price[meter])),
    currencies,
  );
  return {
    offers: offer,
    matcher: new RegExp(`^${offer.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 'i'),
    rates: METERS.flatMap((meter) => {
      const stated = price[meter];
      if (stated === undefined) return [];
      return typeof stated === 'object'
        ? [rateOf(meter, `${stated.currency} ${stated.amount}/M`, currencies)]
        : [{ meter, price: stated }];
    }),
    from: 0,
    until: Number.MAX_SAFE_INTEGER,
    reason: withUnknown('declared in bourse.yaml', unknown),
  };
};

/**
 * What bourse.yaml declares beside an offer, which never runs out, and then the files.
 * @throws Error when an entry of a file is wrong
 */
export const overridesOf = async (config: Pick<Config, 'prices' | 'providers'>): Promise<readonly Override[]> => {
  const currencies = currenciesIn(config);
  const files = Object.values(config.prices.feeds ?? {}).flatMap(({ file, off }) => (off ? [] : (file ?? [])));
  const read = await Promise.all(files.map(async (file) => parseOverrides(await readFile(file, 'utf8'), currencies)));
  const skipped = read.flatMap((each) => each.skipped);
  if (skipped.length > 0) throw new Error(`overrides: ${skipped.join('; ')}`);
  const declared = config.providers.flatMap(({ name, offers }) =>
    offers.flatMap(({ model, price }) => (price ? [declaredOverride(`${name}:${model}`, price, currencies)] : [])),
  );
  return [...declared, ...read.flatMap((each) => each.overrides)];
};

// The operator's own prices: contracts, discounts and self-hosted models, in a strict YAML file that wins over everything.
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { picoUsdPerUnit } from '../../core/money.ts';
import type { Meter, Rate } from '../../core/price.ts';
import { type Currencies, nativeOf } from '../currency.ts';
import { picoOf, USD_PER_MILLION, USD_PER_TOKEN } from './decimal.ts';
import type { FeedSpec } from './parsed.ts';

export const LOCAL_FILE: FeedSpec = {
  name: 'override',
  url: 'pricing/overrides.yaml',
  lineage: 'operator',
  precedence: -1,
  unit: '$ per million tokens, written $0.10/M, or CNY 2/M; per use for request and search, $0.005; or free',
  silence: 'a meter that is not named keeps what the market says; a currency without a rate is charged but unknown',
  licence: 'your own',
};

/** What the file says of the offers a pattern names, while it holds. */
export type Override = {
  /** An offer key, with `*` for any run of characters. */
  readonly offers: string;
  readonly matcher: RegExp;
  readonly rates: readonly Rate[];
  /** Applied to every market rate that `rates` does not replace. */
  readonly multiplier?: number;
  /** Epoch ms; half-open. */
  readonly from: number;
  readonly until: number;
  readonly reason: string;
};
export type Overrides = { readonly overrides: readonly Override[]; readonly skipped: readonly string[] };

/** An override is a promise somebody made; it has to be looked at again. */
const DEFAULT_LIFE_MS = 90 * 24 * 3600 * 1000;
const MOST_OVERRIDES = 2000;

const PER_USE: ReadonlySet<string> = new Set<Meter>(['request', 'search']);
const PRICE = /^(?:\$|([A-Z]{3}) )(\d+(?:\.\d+)?)(\/M)?$/;

const price = z
  .string()
  .regex(
    /^free$|^(?:\$|[A-Z]{3} )\d+(?:\.\d+)?(?:\/M)?$/,
    'write a price as $0.10/M, CNY 2/M, as $0.005 per use, or free',
  );
const date = z.iso.date().transform((text) => Date.parse(`${text}T00:00:00Z`));
const EntrySchema = z
  .strictObject({
    offer: z
      .string()
      .regex(/^[a-z0-9*._-]+:[a-z0-9*._:@/-]+$/i, 'write an offer as provider:author/name; * matches any'),
    price: z
      .strictObject({
        input: price,
        output: price,
        cached_input: price,
        cache_write_5m: price,
        cache_write_1h: price,
        reasoning: price,
        audio_input: price,
        audio_output: price,
        image_input: price,
        image_output: price,
        request: price,
        search: price,
      })
      .partial()
      .optional(),
    multiplier: z.number().min(0.01).max(10).optional(),
    from: date,
    until: date.optional(),
    reason: z.string().min(1).max(300),
  })
  .refine((entry) => entry.price || entry.multiplier, 'name a price or a multiplier');

/**
 * A written price as a rate line. In a currency without a dollar rate it is charged but unknown, so that the offer is not routable.
 * @throws RangeError on a wrong form, or a per-token price written per use
 */
export const rateOf = (meter: Meter, written: string, currencies: Currencies): Rate => {
  if (written === 'free') return { meter, price: picoUsdPerUnit(0) };
  const perUse = PER_USE.has(meter);
  const [, code, amount, perMillion] = PRICE.exec(written) ?? [];
  const fits = (perMillion === undefined) === perUse;
  const pico = fits ? picoOf(amount, perUse ? USD_PER_TOKEN : USD_PER_MILLION) : undefined;
  if (pico === undefined)
    throw new RangeError(`${meter}: ${perUse ? 'write it per use, $0.005' : 'write it per million, $0.10/M'}`);
  if (code === undefined || code === 'USD') return { meter, price: picoUsdPerUnit(pico) };
  const currency = currencies.get(code);
  return { meter, ...(currency ? nativeOf({ meter, pico, currency }) : { price: null }) };
};

/** Codes among written prices that have no dollar rate. */
export const unknownCurrencies = (
  written: readonly (string | undefined)[],
  currencies: Currencies,
): readonly string[] => {
  const codes = written.flatMap((each) => PRICE.exec(each ?? '')?.[1] ?? []);
  return [...new Set(codes)].filter((code) => code !== 'USD' && !currencies.has(code));
};

/** What a reason has to add where a price could not be converted. */
export const withUnknown = (reason: string, codes: readonly string[]): string =>
  codes.length === 0
    ? reason
    : `${reason}; ${codes.join(' and ')} has no dollar rate here, so the offer is not routable`;

const SPECIAL = /[.+?^${}()|[\]\\]/g;
const matcherOf = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll(SPECIAL, '\\$&').replaceAll('*', '.*')}$`, 'i');

const overrideOf = (entry: unknown, currencies: Currencies): Override => {
  const { offer, price: prices = {}, multiplier, from, until, reason: stated } = EntrySchema.parse(entry);
  const rates = Object.entries(prices).flatMap(([meter, written]) =>
    written === undefined ? [] : [rateOf(meter as Meter, written, currencies)],
  );
  const reason = withUnknown(stated, unknownCurrencies(Object.values(prices), currencies));
  const end = until ?? from + DEFAULT_LIFE_MS;
  const matcher = matcherOf(offer);
  return { offers: offer, matcher, rates, ...(multiplier ? { multiplier } : {}), from, until: end, reason };
};

const reasonOf = (error: unknown): string => {
  if (error instanceof z.ZodError)
    return error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ');
  return error instanceof Error ? error.message : 'cannot be read';
};

/**
 * Reads `{ version: 1, overrides: [...] }`. An entry that is wrong is left out with its line and reason.
 * @throws when the text is not YAML or not that shape
 */
export const parseOverrides = (text: string, currencies: Currencies = new Map()): Overrides => {
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault) throw new SyntaxError(`overrides: ${fault.message}`);
  const shape = z.strictObject({
    version: z.literal(1),
    overrides: z.array(z.unknown()).max(MOST_OVERRIDES).nullish(),
  });
  const file = shape.parse(document.toJS({ maxAliasCount: 0 }));
  const overrides: Override[] = [];
  const skipped: string[] = [];
  for (const [index, entry] of (file.overrides ?? []).entries()) {
    try {
      overrides.push(overrideOf(entry, currencies));
    } catch (error) {
      skipped.push(`overrides.${index}: ${reasonOf(error)}`);
    }
  }
  return { overrides, skipped };
};

// The live table as the API shows it: an offer, its prices in dollars, how it has been doing.
import { z } from 'zod';
import { isPriced } from '../core/cost.ts';
import { usdPerMillion } from '../core/money.ts';
import type { Offer, OfferKey } from '../core/offer.ts';
import type { NativeAmount, PriceSheet, Rate } from '../core/price.ts';
import type { BillCheck } from '../core/price-history.ts';
import { plainRate } from '../reports/sellers.ts';

export type ListedOffer = {
  readonly offer: Offer;
  /** false: nobody configured its seller; absent: somebody did. */
  readonly configured?: boolean;
  /** Absent: without a price, so not routable. */
  readonly sheet?: PriceSheet;
  readonly live?: {
    /** Breaker: closed, open, trial or ramp. */
    readonly state: string;
    readonly firstTokenMs?: number;
    readonly firstTokenMsP95?: number;
    readonly tokensPerSecond?: number;
    /** Own calls, or a feed while it is fresh. */
    readonly latencyFrom?: 'measured' | 'feed';
    /** Epoch ms of the latest own call. */
    readonly measuredAt?: number;
    /** Share of calls answered, 0..1. */
    readonly uptime?: number;
  };
  /** How its seller's own bills compare with the sheet, where it sends any. */
  readonly bills?: BillCheck;
};

/** What the routes read of the market. */
export type MarketBoard = {
  readonly offers: () => readonly ListedOffer[];
  /** Everybody known to sell a model, configured or not; empty: nobody is. */
  readonly sellers: (model: string) => readonly ListedOffer[];
  /** Known models that somebody may have meant, the nearest first. */
  readonly nearest: (model: string) => readonly string[];
  /** Versions of one offer's sheet, oldest first. */
  readonly history: (offer: OfferKey) => readonly PriceSheet[];
};

export const rateSchema = z.object({
  meter: z.string(),
  usd_per_million: z.number().nullable().optional().describe('Tokens. null: charged, but nobody says how much'),
  usd_each: z.number().nullable().optional().describe('Requests and searches'),
  tier: z.string(),
  above_prompt_tokens: z.number().optional().describe('Applies to prompts larger than this many tokens'),
  utc_minutes: z.object({ start: z.number(), end: z.number() }).optional(),
  native: z
    .object({
      currency: z.string(),
      amount: z.string().describe('As it was stated, per million or per use'),
      usd: z.string().describe('Dollars for one of the currency'),
      rate_date: z.string(),
      source: z.string(),
    })
    .optional()
    .describe('Only where the price was converted'),
});

export const sheetSchema = z.object({
  offer: z.string(),
  revision: z.string(),
  status: z.enum(['override', 'verified', 'single', 'disputed', 'held', 'stale']),
  confidence: z.number(),
  effective_from: z.iso.datetime(),
  observed_at: z.iso.datetime(),
  sources: z.array(z.object({ feed: z.string(), revision: z.string(), observed_at: z.iso.datetime() })),
  reasons: z.array(z.string()),
  rates: z.array(rateSchema),
});

export const priceSchema = z.object({
  offer: z.string(),
  model: z.string(),
  provider: z.string(),
  routable: z.boolean().describe('Has a price; without one an offer is never chosen'),
  input_usd_per_million: z.number().nullable(),
  output_usd_per_million: z.number().nullable(),
  age_seconds: z.number().nullable().describe('Since the price was last observed'),
  context: z.number(),
  state: z.string().nullable(),
  first_token_ms: z.number().nullable(),
  tokens_per_second: z.number().nullable(),
  billed_ratio: z
    .number()
    .nullable()
    .describe('Dollars its seller billed per dollar of the sheet; null where it sends no bills'),
  billed_calls: z.number().describe('Bills that were compared, the last 100 at most; from 20 on they count'),
  sheet: sheetSchema.nullable(),
});

type RateView = z.infer<typeof rateSchema>;
export type SheetView = z.infer<typeof sheetSchema>;
export type PriceView = z.infer<typeof priceSchema>;

const isoOf = (ms: number): string => new Date(ms).toISOString();

const priceOf = ({ meter, price }: Rate): Pick<RateView, 'usd_per_million' | 'usd_each'> => {
  if (meter === 'request' || meter === 'search') return { usd_each: price === null ? null : price / 1e12 };
  return { usd_per_million: price === null ? null : usdPerMillion(price) };
};

const nativeView = ({ currency, amount, usd, rateAt, source }: NativeAmount): RateView['native'] => ({
  currency,
  amount,
  usd,
  rate_date: isoOf(rateAt).slice(0, 10),
  source,
});

export const rateView = (rate: Rate): RateView => {
  const cliff = rate.when?.promptTokens;
  const window = rate.when?.utcMinutes;
  return {
    meter: rate.meter,
    ...priceOf(rate),
    tier: rate.tier ?? 'standard',
    ...(cliff ? { above_prompt_tokens: cliff.op === 'gt' ? cliff.tokens : cliff.tokens - 1 } : {}),
    ...(window ? { utc_minutes: { start: window.start, end: window.end } } : {}),
    ...(rate.native ? { native: nativeView(rate.native) } : {}),
  };
};

export const sheetView = (sheet: PriceSheet): SheetView => ({
  offer: sheet.offer,
  revision: sheet.revision,
  status: sheet.status,
  confidence: sheet.confidence,
  effective_from: isoOf(sheet.effectiveFrom),
  observed_at: isoOf(sheet.observedAt),
  sources: sheet.sources.map(({ feed, revision, observedAt }) => ({ feed, revision, observed_at: isoOf(observedAt) })),
  reasons: [...sheet.reasons],
  rates: sheet.rates.map(rateView),
});

/** An offer nobody prices, or whose price nobody knows, is never chosen. */
export const isRoutable = ({ sheet }: { readonly sheet?: PriceSheet | undefined }): boolean =>
  sheet !== undefined && isPriced(sheet);

export const priceView = ({ offer, sheet, live, bills }: ListedOffer, now: number): PriceView => ({
  offer: offer.key,
  model: offer.model,
  provider: offer.provider,
  routable: isRoutable({ sheet }),
  input_usd_per_million: plainRate(sheet, 'input'),
  output_usd_per_million: plainRate(sheet, 'output'),
  age_seconds: sheet ? Math.max(0, Math.round((now - sheet.observedAt) / 1000)) : null,
  context: offer.context,
  state: live?.state ?? null,
  first_token_ms: live?.firstTokenMs ?? null,
  tokens_per_second: live?.tokensPerSecond ?? null,
  billed_ratio: bills?.ratio ?? null,
  billed_calls: bills?.calls ?? 0,
  sheet: sheet ? sheetView(sheet) : null,
});

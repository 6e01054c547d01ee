// The live table as the API shows it: an offer, its prices in dollars, how it has been doing.
import { z } from 'zod';
import { isPriced } from '../core/cost.ts';
import { usdPerMillion } from '../core/money.ts';
import type { Offer, OfferKey } from '../core/offer.ts';
import type { PriceSheet, Rate } from '../core/price.ts';

export type ListedOffer = {
  readonly offer: Offer;
  /** Absent: without a price, so not routable. */
  readonly sheet?: PriceSheet;
  readonly live?: {
    /** Breaker: closed, open, trial or ramp. */
    readonly state: string;
    readonly firstTokenMs?: number;
    readonly tokensPerSecond?: number;
  };
};

/** What the routes read of the market. */
export type MarketBoard = {
  readonly offers: () => readonly ListedOffer[];
  /** Versions of one offer's sheet, oldest first. */
  readonly history: (offer: OfferKey) => readonly PriceSheet[];
};

const rateSchema = z.object({
  meter: z.string(),
  usd_per_million: z.number().nullable().optional().describe('Tokens. null: charged, but nobody says how much'),
  usd_each: z.number().nullable().optional().describe('Requests and searches'),
  tier: z.string(),
  above_prompt_tokens: z.number().optional().describe('Applies to prompts larger than this many tokens'),
  utc_minutes: z.object({ start: z.number(), end: z.number() }).optional(),
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

const rateView = (rate: Rate): RateView => {
  const cliff = rate.when?.promptTokens;
  const window = rate.when?.utcMinutes;
  return {
    meter: rate.meter,
    ...priceOf(rate),
    tier: rate.tier ?? 'standard',
    ...(cliff ? { above_prompt_tokens: cliff.op === 'gt' ? cliff.tokens : cliff.tokens - 1 } : {}),
    ...(window ? { utc_minutes: { start: window.start, end: window.end } } : {}),
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

/** The everyday rate of a meter: standard tier, no conditions. USD per million tokens. */
export const plainRate = (sheet: PriceSheet | undefined, meter: 'input' | 'output'): number | null => {
  const rate = sheet?.rates.find(
    (line) => line.meter === meter && (line.tier ?? 'standard') === 'standard' && line.when === undefined,
  );
  return rate && rate.price !== null ? usdPerMillion(rate.price) : null;
};

/** An offer nobody prices, or whose price nobody knows, is never chosen. */
export const isRoutable = ({ sheet }: { readonly sheet?: PriceSheet | undefined }): boolean =>
  sheet !== undefined && isPriced(sheet);

export const priceView = ({ offer, sheet, live }: ListedOffer, now: number): PriceView => ({
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
  sheet: sheet ? sheetView(sheet) : null,
});

// What an offer charges: disjoint meters, the rates on them, and where the numbers came from.
import type { PicoUsdPerUnit } from './money.ts';
import type { OfferKey } from './offer.ts';

/** Disjoint units of use. Adapters turn provider usage into these; no token is counted under two meters. */
export const METERS = [
  'input',
  'cached_input',
  'cache_write_5m',
  'cache_write_1h',
  'audio_input',
  'image_input',
  'output',
  'reasoning',
  'audio_output',
  'image_output',
  'request',
  'search',
] as const;
export type Meter = (typeof METERS)[number];

/** Units used per meter; a meter that is not named was not used. Whole numbers ≥ 0. */
export type Usage = { readonly [M in Meter]?: number };

export const INPUT_METERS = [
  'input',
  'cached_input',
  'cache_write_5m',
  'cache_write_1h',
  'audio_input',
  'image_input',
] as const satisfies readonly Meter[];
export const OUTPUT_METERS = [
  'output',
  'reasoning',
  'audio_output',
  'image_output',
] as const satisfies readonly Meter[];

/** Providers repeat usage as it grows: the larger number of each meter is the later one. */
export const mergeUsage = (before: Usage, now: Usage): Usage => {
  const merged: { [M in Meter]?: number } = { ...before };
  for (const meter of METERS) {
    const units = now[meter];
    if (units !== undefined) merged[meter] = Math.max(merged[meter] ?? 0, units);
  }
  return merged;
};

const sum = (usage: Usage, meters: readonly Meter[]): number => {
  let total = 0;
  for (const meter of meters) total += usage[meter] ?? 0;
  return total;
};
/** Every prompt token, cached or not: what context-length cliffs look at. */
export const inputTokensOf = (usage: Usage): number => sum(usage, INPUT_METERS);
export const outputTokensOf = (usage: Usage): number => sum(usage, OUTPUT_METERS);

export type ServiceTier = 'standard' | 'batch' | 'flex' | 'priority';

/** What a price was before it was dollars. */
export type NativeAmount = {
  /** ISO 4217, such as CNY. */
  readonly currency: string;
  /** As it was stated, per million tokens or per use. */
  readonly amount: string;
  /** Dollars for one of the currency, the day they were worth that (epoch ms), and who says so. */
  readonly usd: string;
  readonly rateAt: number;
  readonly source: string;
};

export type Rate = {
  readonly meter: Meter;
  /** null: charged, but unknown. 0: explicitly free. A meter with no rate at all: the sheet is silent. */
  readonly price: PicoUsdPerUnit | null;
  /** Present where the price was converted. */
  readonly native?: NativeAmount;
  /** Absent: standard. */
  readonly tier?: ServiceTier;
  /** A line with conditions applies only when all of them hold; later matching lines win. */
  readonly when?: {
    /** A cliff: when the whole prompt is past it, every token pays this rate. */
    readonly promptTokens?: { readonly op: 'gt' | 'gte'; readonly tokens: number };
    /** Minutes after midnight UTC, half-open, may wrap midnight. */
    readonly utcMinutes?: { readonly start: number; readonly end: number };
  };
};

/** verified: independent sources agree · single: one source · disputed: they differ, precedence won · held: a change waits in quarantine. */
export type PriceStatus = 'override' | 'verified' | 'single' | 'disputed' | 'held' | 'stale';

export type PriceSource = { readonly feed: string; readonly revision: string; readonly observedAt: number };

/** The rates of an offer from an instant on. Versions are append-only: `effectiveFrom` is the seller's time, `observedAt` ours. */
export type PriceSheet = {
  readonly offer: OfferKey;
  /** Identifies this version in the ledger, so that a report can be recomputed. */
  readonly revision: string;
  readonly rates: readonly Rate[];
  /** Epoch ms. */
  readonly effectiveFrom: number;
  readonly observedAt: number;
  readonly status: PriceStatus;
  /** 0..1 */
  readonly confidence: number;
  readonly sources: readonly PriceSource[];
  /** Why it stands as it does: dissent, quarantine, an override. */
  readonly reasons: readonly string[];
  /** Above 1: the seller's own bills come to this many times what the rates say. The rates stand; what is expected and set aside is raised. */
  readonly raisedBy?: number;
};

/** "1000000/2000000": plain input and output in pico-dollars. Bills are compared with the sheet for as long as these stand. */
export const mainPricesOf = (rates: readonly Rate[]): string =>
  (['input', 'output'] as const)
    .map((meter) => rates.findLast((rate) => rate.meter === meter && !rate.tier && !rate.when)?.price ?? '?')
    .join('/');

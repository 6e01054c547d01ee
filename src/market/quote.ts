// From offers to quotes: what this request is expected to cost and to take at each, and who is out of the question, and why.
import type { DialectName } from '../core/dialect.ts';
import { costOf, isPriced } from '../core/cost.ts';
import type { Quote, Rejection } from '../core/decision.ts';
import { nanoFromPico } from '../core/money.ts';
import type { ModelKey, Offer, OfferKey } from '../core/offer.ts';
import type { Plan } from '../core/policy.ts';
import type { PriceSheet } from '../core/price.ts';
import type { Profile } from '../core/profile.ts';
import { AFTER_PRICING, BEFORE_PRICING, firstFailure } from './constraints.ts';
import type { HealthView } from './health.ts';
import type { LatencyEstimate } from './latency.ts';

export type TokenForecast = { readonly mean: number; readonly p90: number };

/** The market at one instant, handed in so that a quote is a pure function of it. */
export type Floor = {
  /** Epoch ms of the request's start. */
  readonly at: number;
  readonly sheetOf: (offer: OfferKey) => PriceSheet | undefined;
  readonly latencyOf: (offer: OfferKey) => LatencyEstimate;
  readonly healthOf: (offer: OfferKey) => HealthView;
  readonly tokensOf: (model: ModelKey) => TokenForecast;
  /** The offer that served this conversation last, and the tokens it has in cache. */
  readonly lastServed: { readonly offer: OfferKey; readonly cachedTokens: number } | undefined;
  /** Uniform in [0,1): lets an offer that is coming back take its share. */
  readonly luck: number;
};

export type Inquiry = { readonly plan: Plan; readonly profile: Profile; readonly dialect: DialectName };

export type Quotes = { readonly quotes: readonly Quote[]; readonly rejected: readonly Rejection[] };

const capOf = (offer: Offer, { plan, profile }: Inquiry): number =>
  Math.min(profile.maxOutputTokens ?? Infinity, plan.limits.outputTokens ?? Infinity, offer.maxOutput ?? Infinity);

/** What an offer is expected to cost and take; undefined without a usable price. An unpriced offer is never routable. */
export const quoteOffer = (offer: Offer, inquiry: Inquiry, floor: Floor): Quote | undefined => {
  const sheet = floor.sheetOf(offer.key);
  if (!sheet || !isPriced(sheet)) return undefined;
  const { profile } = inquiry;
  const forecast = floor.tokensOf(offer.model);
  const cap = capOf(offer, inquiry);
  const outputTokens = Math.round(Math.min(forecast.mean, cap));
  const outputTokensP90 = Math.round(Math.min(forecast.p90, cap));
  const known = floor.lastServed?.offer === offer.key ? floor.lastServed.cachedTokens : 0;
  const cachedTokens = Math.min(known, profile.inputTokens);
  const expected = { input: profile.inputTokens - cachedTokens, cached_input: cachedTokens, output: outputTokens };
  const worst = { input: profile.inputTokens, output: outputTokensP90 };
  const latency = floor.latencyOf(offer.key);
  return {
    offer,
    sheet,
    inputTokens: profile.inputTokens,
    cachedTokens,
    outputTokens,
    outputTokensP90,
    cost: nanoFromPico(costOf(expected, sheet, floor.at).pico),
    costP90: nanoFromPico(costOf(worst, sheet, floor.at).pico),
    firstTokenMs: latency.firstTokenMs,
    firstTokenMsP95: latency.firstTokenMsP95,
    totalMs: latency.firstTokenMs + (outputTokens / latency.tokensPerSecond) * 1000,
  };
};

const isUp = (health: HealthView, luck: number): boolean => health.share >= 1 || luck < health.share;

/**
 * Hard constraints first, then dollars. When health alone would leave nobody, the sick are asked all the same: an offer that may
 * answer beats a certain refusal.
 */
export const quoteAll = (offers: readonly Offer[], inquiry: Inquiry, floor: Floor): Quotes => {
  const able: Quote[] = [];
  const rejected: Rejection[] = [];
  for (const offer of offers) {
    const subject = { offer, require: inquiry.plan.require, profile: inquiry.profile, dialect: inquiry.dialect };
    const before = firstFailure(BEFORE_PRICING, subject);
    const quote = before ? undefined : quoteOffer(offer, inquiry, floor);
    if (!quote) {
      rejected.push({ offer: offer.key, ...(before ?? { by: 'price', detail: 'has no known price' }) });
      continue;
    }
    const measured = floor.latencyOf(offer.key).samples >= 1;
    const after = firstFailure(AFTER_PRICING, { ...subject, quote, measured });
    if (after) rejected.push({ offer: offer.key, ...after });
    else able.push(quote);
  }
  const up = able.filter((quote) => isUp(floor.healthOf(quote.offer.key), floor.luck));
  if (up.length === 0 || up.length === able.length) return { quotes: able, rejected };
  const down = able.filter((quote) => !up.includes(quote));
  const sick = down.map((quote): Rejection => {
    const { state, why } = floor.healthOf(quote.offer.key);
    return { offer: quote.offer.key, by: 'health', detail: why ? `${state}: ${why}` : state };
  });
  return { quotes: up, rejected: [...rejected, ...sick] };
};

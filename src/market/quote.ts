// From offers to quotes: what this request is expected to cost and to take at each, and who is out of the question, and why.
import type { DialectName } from '../core/dialect.ts';
import { costOf, expectedBill, isPriced } from '../core/cost.ts';
import type { Quote, Rejection } from '../core/decision.ts';
import { nanoFromPico } from '../core/money.ts';
import type { ModelKey, Offer, OfferKey } from '../core/offer.ts';
import type { Plan } from '../core/policy.ts';
import type { PriceSheet } from '../core/price.ts';
import type { Profile } from '../core/profile.ts';
import { AFTER_PRICING, BEFORE_PRICING, firstFailure } from './constraints.ts';
import type { HealthView } from './health.ts';
import { type LatencyEstimate, timeFor } from './latency-estimate.ts';

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
  /** Whether the seller's own budget has room for the call, as far as is known; absent: always. */
  readonly canPay?: ((quote: Quote, inquiry: Inquiry) => boolean) | undefined;
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
  const { choices = 1 } = profile;
  const outputTokens = choices * Math.round(Math.min(forecast.mean, cap));
  const outputTokensP90 = choices * Math.round(Math.min(forecast.p90, cap));
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
    cost: nanoFromPico(expectedBill(costOf(expected, sheet, floor.at), sheet)),
    costP90: nanoFromPico(expectedBill(costOf(worst, sheet, floor.at), sheet)),
    firstTokenMs: latency.firstTokenMs,
    firstTokenMsP95: latency.firstTokenMsP95,
    totalMs: timeFor(outputTokens, latency),
  };
};

const isUp = (health: HealthView, luck: number): boolean => health.share >= 1 || luck < health.share;

/** When every offer is left alone, one request in ten is sent all the same: so they are never all given up, nor all overrun. */
const PANIC_SHARE = 0.1;

type Standing = { readonly quote: Quote; readonly health: HealthView; readonly isPaid: () => boolean };

/**
 * Who of the able is asked: the healthy; else those that are coming back; else all of them or, mostly, nobody. One whose seller cannot be
 * paid is no reason to leave those alone that rest: with it alone nobody would answer.
 */
const askable = (able: readonly Standing[], luck: number): readonly Standing[] => {
  const asked = [
    able.filter(({ health }) => isUp(health, luck)),
    able.filter(({ health }) => health.state === 'ramp'),
    luck < PANIC_SHARE ? able : [],
  ];
  const isHopeless = (): boolean => able.every(({ isPaid }) => !isPaid());
  return asked.find((some) => some.some(({ isPaid }) => isPaid()) || (some.length > 0 && isHopeless())) ?? [];
};

const sickness = ({ quote: { offer }, health: { state, why, untilMs }, isPaid }: Standing): Rejection =>
  state !== 'closed' || isPaid()
    ? {
        offer: offer.key,
        by: 'health',
        detail: why ? `${state}: ${why}` : state,
        ...(untilMs === undefined ? {} : { untilMs }),
      }
    : { offer: offer.key, by: 'budget', detail: `the budget of ${offer.provider} is spent` };

/** Hard constraints first, then dollars, then health. */
export const quoteAll = (offers: readonly Offer[], inquiry: Inquiry, floor: Floor): Quotes => {
  const able: Standing[] = [];
  const rejected: Rejection[] = [];
  for (const offer of offers) {
    const subject = { offer, require: inquiry.plan.require, profile: inquiry.profile, dialect: inquiry.dialect };
    const before = firstFailure(BEFORE_PRICING, subject);
    const quote = before ? undefined : quoteOffer(offer, inquiry, floor);
    if (!quote) {
      rejected.push({ offer: offer.key, ...(before ?? { by: 'price', detail: 'has no known price' }) });
      continue;
    }
    const latency = inquiry.plan.require.firstTokenMs === undefined ? undefined : floor.latencyOf(offer.key);
    const after = firstFailure(AFTER_PRICING, { ...subject, quote, firstToken: latency?.judged });
    if (after) rejected.push({ offer: offer.key, ...after });
    else {
      // Asked where it matters only: mostly the first is up and can be paid.
      const isPaid = (): boolean => floor.canPay?.(quote, inquiry) ?? true;
      able.push({ quote, health: floor.healthOf(offer.key), isPaid });
    }
  }
  const asked = askable(able, floor.luck);
  const quotes = asked.map(({ quote }) => quote);
  if (asked.length === able.length) return { quotes, rejected };
  const left = able.filter((each) => !asked.includes(each));
  return { quotes, rejected: [...rejected, ...left.map(sickness)] };
};

// The live table: offers with their prices, latency and health, asked once per request.
import type { DialectName } from '../core/dialect.ts';
import type { Quote } from '../core/decision.ts';
import type { ModelKey, Offer, OfferKey } from '../core/offer.ts';
import type { Plan } from '../core/policy.ts';
import type { Clock, Rng } from '../core/ports.ts';
import type { PriceSheet } from '../core/price.ts';
import type { Profile } from '../core/profile.ts';
import type { Conversations } from './conversations.ts';
import type { Health } from './health.ts';
import type { Latency } from './latency.ts';
import { type Floor, type Inquiry, quoteAll, quoteOffer, type Quotes, type TokenForecast } from './quote.ts';

export type MarketDeps = {
  readonly offers: readonly Offer[];
  readonly sheetOf: (offer: OfferKey, at: number) => PriceSheet | undefined;
  /** The offer whose list price a policy's baseline is measured at, sold here or not. */
  readonly referenceOffer: (model: ModelKey) => Offer | undefined;
  readonly matches: (patterns: readonly string[], model: ModelKey) => boolean;
  readonly latency: Latency;
  readonly health: Health;
  readonly conversations: Conversations;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Whether the seller's own budget has room for the call; absent: always. */
  readonly canPay?: Floor['canPay'];
};

export type MarketQuestion = {
  readonly plan: Plan;
  readonly profile: Profile;
  readonly dialect: DialectName;
  readonly tokensOf: (model: ModelKey) => TokenForecast;
  readonly at: number;
};

export const createMarket = (deps: MarketDeps) => {
  /** Offers per list of patterns; a policy's list is the same array for as long as the policy lives. */
  const matching = new WeakMap<readonly string[], readonly Offer[]>();
  const offersFor = (patterns: readonly string[]): readonly Offer[] => {
    const known = matching.get(patterns);
    if (known) return known;
    const found = deps.offers.filter((offer) => deps.matches(patterns, offer.model));
    matching.set(patterns, found);
    return found;
  };

  const floorAt = ({ profile, tokensOf, at }: MarketQuestion, luck: number): Floor => ({
    at,
    sheetOf: (offer) => deps.sheetOf(offer, at),
    latencyOf: (offer) => deps.latency.estimate({ offer, inputTokens: profile.inputTokens, stream: profile.stream }),
    healthOf: (offer) => deps.health.view(offer),
    tokensOf,
    lastServed: deps.conversations.lastServed(profile.conversation),
    luck,
    canPay: deps.canPay,
  });

  const baselineOf = (inquiry: Inquiry, floor: Floor): Quote | undefined => {
    const model = inquiry.plan.feedback.baseline;
    const offer = model && deps.referenceOffer(model);
    return offer && quoteOffer(offer, inquiry, floor);
  };

  return {
    quote(question: MarketQuestion): Quotes & { readonly baseline?: Quote } {
      const inquiry: Inquiry = { plan: question.plan, profile: question.profile, dialect: question.dialect };
      const floor = floorAt(question, deps.rng.next());
      const baseline = baselineOf(inquiry, floor);
      return { ...quoteAll(offersFor(question.plan.models), inquiry, floor), ...(baseline ? { baseline } : {}) };
    },

    /**
     * The same quotes as if the offers in doubt were as fast as they may well be, the sick left out and no luck needed: what probes
     * are chosen from. Changes nothing, and draws no random number.
     */
    prospects(question: MarketQuestion, inDoubt: (offer: OfferKey) => boolean): Quotes {
      const inquiry: Inquiry = { plan: question.plan, profile: question.profile, dialect: question.dialect };
      const usual = floorAt(question, 0);
      const { inputTokens, stream } = question.profile;
      const latencyOf = (offer: OfferKey) =>
        inDoubt(offer) ? deps.latency.hopeful({ offer, inputTokens, stream }) : usual.latencyOf(offer);
      return quoteAll(offersFor(question.plan.models), inquiry, { ...usual, latencyOf });
    },

    /** One offer, no constraint asked. undefined: it has no price. */
    quoteOf(offer: Offer, question: MarketQuestion): Quote | undefined {
      const inquiry: Inquiry = { plan: question.plan, profile: question.profile, dialect: question.dialect };
      return quoteOffer(offer, inquiry, floorAt(question, 0));
    },

    offersFor,
  };
};

export type Market = ReturnType<typeof createMarket>;

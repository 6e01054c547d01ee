// What flows from the market through the learner to dispatch and the ledger.
import type { NanoUsd } from './money.ts';
import type { Offer, OfferKey } from './offer.ts';
import type { Plan } from './policy.ts';
import type { PriceSheet } from './price.ts';
import type { Profile } from './profile.ts';

/** An offer judged for one profile, before anything is believed of its quality. */
export type Quote = {
  readonly offer: Offer;
  readonly sheet: PriceSheet;
  readonly inputTokens: number;
  /** Of the input, what this offer is expected to read from its cache. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly outputTokensP90: number;
  /** At the expected tokens, live price, with caching. */
  readonly cost: NanoUsd;
  /** At the P90 of output tokens, nothing cached. */
  readonly costP90: NanoUsd;
  readonly firstTokenMs: number;
  readonly firstTokenMsP95: number;
  /** Expected time to the last token. */
  readonly totalMs: number;
};

/** Hard constraints in the order they are tested; the first that fails names the reason. */
export const CONSTRAINTS = [
  'model',
  'provider',
  'price',
  'capability',
  'feature',
  'context',
  'data',
  'region',
  'price_ceiling',
  'max_cost',
  'first_token',
  'health',
  'budget',
] as const;
export type Constraint = (typeof CONSTRAINTS)[number];

export type Rejection = {
  readonly offer: OfferKey;
  readonly by: Constraint;
  readonly detail: string;
  /** Epoch ms at which it may be asked again, where that is known. */
  readonly untilMs?: number;
};

/** A belief about quality at this profile: mean and standard deviation in reward units. */
export type Estimate = { readonly mean: number; readonly sd: number };

/** A quote with what is believed, drawn and concluded. Utilities are in dollars. */
export type Ranked = {
  readonly quote: Quote;
  readonly quality: Estimate;
  /** The draw of this decision (the mean itself when nothing was sampled). */
  readonly drawn: number;
  readonly utility: number;
  /** Probability that this offer would be first, over the random numbers of this decision. */
  readonly probability: number;
};

/** probe: a call of our own to see how an offer does; judge: one to hear what a model thinks of an answer. Nobody asked for these. */
export type Reason = 'objective' | 'explored' | 'holdout' | 'pinned' | 'fallback_only' | 'probe' | 'judge';
/** Reasons of calls that answer nobody: money, and no request. */
export const OVERHEAD: readonly Reason[] = ['probe', 'judge'];

export type Decision = {
  readonly requestId: string;
  /** Epoch ms. */
  readonly at: number;
  readonly policy: string;
  readonly policyHash: string;
  /** 1-based number of the rule that matched, or 0. */
  readonly rule: number;
  readonly plan: Plan;
  readonly profile: Profile;
  /** Best first; dispatch walks it and never leaves it. */
  readonly ladder: readonly Ranked[];
  readonly rejected: readonly Rejection[];
  readonly reason: Reason;
  /** Marginal probability with which ladder[0] was chosen. */
  readonly probability: number;
  /** V: dollars per unit of quality at this moment. */
  readonly exchangeRate: number;
  /** What the policy's baseline would have been quoted, where it is on sale. */
  readonly baseline?: Quote;
};

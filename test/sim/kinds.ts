// What can happen in a simulated world, as plain data: everything a seed decides before the first request arrives.
import type { OfferKey } from '../../src/core/offer.ts';
import type { NanoUsd } from '../../src/core/money.ts';
import type { Billing } from '../../src/core/ports.ts';

/** Kinds of trouble. Every seed has a random half of them; a shrunk one has fewer. */
export const TROUBLES = [
  'slow',
  'limited',
  'errors',
  'hanging',
  'cut',
  'garbled',
  'refusing',
  'picky',
  'locked',
  'store',
  'ledger',
  'feeds',
  'prices',
  'steps',
  'leaving',
  'deadlines',
  'budgets',
  'unpriced',
] as const;
export type Trouble = (typeof TROUBLES)[number];

/** How a seller is for a while; named after the trouble that brings it, or fine. */
export type Regime =
  | 'fine'
  | Extract<Trouble, 'slow' | 'limited' | 'errors' | 'hanging' | 'cut' | 'garbled' | 'refusing' | 'picky' | 'locked'>;

/** A stretch of simulated time, elapsed ms, half-open. */
export type Stretch = { readonly fromMs: number; readonly toMs: number };

export type SellerPlan = {
  readonly name: string;
  readonly billing: Billing;
  readonly regimes: readonly (Stretch & { readonly regime: Regime })[];
  /** On what may be spent there. */
  readonly spend?: NanoUsd;
};

export type RequestPlan = {
  readonly n: number;
  readonly atMs: number;
  readonly policy: string;
  readonly prompt: number;
  readonly stream: boolean;
  readonly tools: boolean;
  readonly explore: 'allowed' | 'never';
  readonly capped: boolean;
  readonly maxOutputTokens?: number;
  readonly deadlineMs?: number;
  /** Ms after arrival at which the client leaves. */
  readonly goneMs?: number;
  /** The client waits so long between frames. */
  readonly pauseMs: number;
  /** [0,1], said some seconds after the answer. */
  readonly score?: number;
};

/** A feed's reading that is not as it should be: unit: so many times the price · silent: no row · failed: no reading. */
export type FeedSlip = {
  readonly feed: number;
  readonly reading: number;
  readonly offer: OfferKey | 'all';
  readonly slip: { readonly times: number } | 'unknown' | 'silent' | 'failed';
};

export type PriceMove = { readonly atMs: number; readonly offer: OfferKey; readonly times: number };

export type Scenario = {
  readonly seed: number;
  readonly troubles: ReadonlySet<Trouble>;
  readonly sellers: readonly SellerPlan[];
  readonly requests: readonly RequestPlan[];
  readonly slips: readonly FeedSlip[];
  readonly moves: readonly PriceMove[];
  /** Offers of which no feed knows what the answer costs. */
  readonly unpriced: readonly OfferKey[];
  readonly steps: readonly { readonly atMs: number; readonly byMs: number }[];
  readonly storeAway: readonly Stretch[];
  readonly ledgerAway: readonly Stretch[];
  /** A note given to the ledger outlives the process at once. */
  readonly keepsCalls: boolean;
};

export type PlayOptions = {
  readonly seed: number;
  readonly requests: number;
  readonly without?: readonly Trouble[];
  /** Name of a planted bug. */
  readonly bug?: string;
};

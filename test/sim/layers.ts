// Where a planted bug can sit: between two parts of the product, in place of what one hands the other.
import type { OfferKey } from '../../src/core/offer.ts';
import type { Clock, Ledger, Provider, Store } from '../../src/core/ports.ts';
import type { PriceSheet } from '../../src/core/price.ts';
import type { OfferHealth } from '../../src/dispatch/pursuit.ts';
import type { Dispatch } from '../../src/dispatch/dispatch.ts';
import type { Learner } from '../../src/learn/learner.ts';
import type { Health } from '../../src/market/health.ts';
import type { Market } from '../../src/market/market.ts';
import type { Evidence } from './evidence.ts';

type Layer<Part> = (part: Part) => Part;
export type SheetOf = (offer: OfferKey, at: number) => PriceSheet | undefined;

export type Layers = {
  readonly store?: Layer<Store>;
  readonly ledger?: Layer<Ledger>;
  /** Under the ear: what the breaker does with what it is told. */
  readonly health?: Layer<Health>;
  /** Above the ear: what the breaker is told. */
  readonly blame?: Layer<OfferHealth>;
  readonly market?: Layer<Market>;
  readonly learner?: Layer<Learner>;
  readonly dispatch?: Layer<Dispatch>;
  readonly provider?: Layer<Provider>;
  readonly sheetOf?: Layer<SheetOf>;
  /** What the dispatcher tells the time by. */
  readonly dispatchClock?: Layer<Clock>;
};

export type Bug = {
  readonly name: string;
  /** What it does, and whose it was. */
  readonly about: string;
  /** Which invariants may find it. */
  readonly foundBy: readonly string[];
  readonly make: (evidence: Evidence) => Layers;
};

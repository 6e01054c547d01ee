// What a demo run writes down of every request: all that the score may know.
import type { Json } from '../core/chat.ts';
import type { OfferKey } from '../core/offer.ts';
import type { Subject } from './truth.ts';

export type Entry = {
  readonly index: number;
  readonly subject: Subject;
  /** The body as it was sent, earlier turns included. */
  readonly body: Json;
  /** Turns that had been sent before, in the same conversation. */
  readonly knownTurns: number;
  readonly stream: boolean;
  readonly requestId?: string;
  /** Attempts the router says it made. */
  readonly attempts: number;
  /** Dollars the router says it cost, failed attempts included. */
  readonly spendUsd: number;
  readonly result:
    | { readonly kind: 'answered'; readonly offer: OfferKey }
    | { readonly kind: 'failed'; readonly status?: number; readonly code: string; readonly message: string };
  /** What was said of the answer, where anything was. */
  readonly reward?: number;
};

export type PriceChange = { readonly atRequest: number; readonly offer: OfferKey; readonly factor: number };

/** Half-open. */
export type Outage = { readonly provider: string; readonly fromRequest: number; readonly toRequest: number };

export type RunLog = {
  /** In the order the requests were started. */
  readonly entries: readonly Entry[];
  readonly priceChange?: PriceChange;
  readonly outage?: Outage;
};

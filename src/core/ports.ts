// The world, as the rooms see it. Every implementation of a port passes the one contract suite in test/contract.
import type { ChatRequest, Frame } from './chat.ts';
import type { Lesson, LedgerRecord, Range, RequestView, SpendKey, SpendRow } from './ledger.ts';
import type { NanoUsd } from './money.ts';
import type { Offer } from './offer.ts';
import type { PriceSheet } from './price.ts';

export interface Clock {
  /** Wall clock, epoch ms: for records and windows. */
  now(): number;
  /** Monotonic ms: for durations. */
  elapsed(): number;
  /** Resolves after `ms`, or at once when the signal fires. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Rng {
  /** Uniform in [0, 1). */
  next(): number;
}

export type Timeouts = {
  readonly connectMs: number;
  readonly headersMs: number;
  /** To the first content event; comments and role-only chunks do not count. */
  readonly firstTokenMs: number;
  /** Between content events. */
  readonly idleMs: number;
};

export type Call = {
  readonly offer: Offer;
  readonly request: ChatRequest;
  /** Cap on the answer; the smaller of the caller's, the policy's and the offer's. */
  readonly maxOutputTokens?: number;
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
};

export interface Provider {
  readonly name: string;
  /**
   * Calls an offer. Never throws: the frames end with exactly one terminal event, `finish` (usage may follow it) or `failure`. A request that does not
   * stream is one frame. Stopping the iteration, or the signal, closes the upstream socket.
   */
  call(call: Call): AsyncIterable<Frame>;
  close(): Promise<void>;
}

export type Hold = {
  /** Names the counter and its window, e.g. policy/support/2026-11-24. */
  readonly key: string;
  readonly limit: NanoUsd;
  readonly amount: NanoUsd;
  /** How long the counter is kept after its last change. */
  readonly ttlMs: number;
};

export interface Store {
  /** Takes all holds or none, atomically; `refused` names the first key that has no room. */
  reserve(
    id: string,
    holds: readonly Hold[],
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly refused: string }>;
  /** Turns a reservation into its true cost; once, further calls do nothing. */
  settle(id: string, cost: NanoUsd): Promise<void>;
  /** Settled plus reserved. */
  spent(key: string): Promise<NanoUsd>;
  /** True when `holder` has the lease for the next `ttlMs`. */
  lease(name: string, holder: string, ttlMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface Ledger {
  /** Resolves when the records survive the death of this process. Order is kept. */
  append(records: readonly LedgerRecord[]): Promise<void>;
  request(id: string): Promise<RequestView | undefined>;
  /** Oldest first, in batches, so that a long ledger never sits in memory whole. */
  lessons(): AsyncIterable<readonly Lesson[]>;
  spend(range: Range, by: SpendKey): Promise<readonly SpendRow[]>;
  close(): Promise<void>;
}

/** A price as a feed states it, before consensus. */
export type FeedRow = {
  /** The provider as the feed calls it, mapped to ours. */
  readonly provider: string;
  readonly wireId: string;
  readonly sheet: Pick<PriceSheet, 'rates'>;
  readonly effectiveFrom?: number;
  readonly context?: number;
  readonly maxOutput?: number;
  readonly tools?: boolean;
  readonly vision?: boolean;
  readonly json?: boolean;
  readonly reasoning?: boolean;
};

export type FeedReading = {
  readonly revision: string;
  readonly observedAt: number;
  readonly rows: readonly FeedRow[];
  readonly skipped: readonly string[];
};

export interface Feed {
  readonly name: string;
  /** Feeds that copy from one another share a lineage and count once. */
  readonly lineage: string;
  /** Lower comes first when sources differ: 0 seller's own, 1 curated, 2 aggregator. */
  readonly precedence: number;
  /** undefined: unchanged since the last reading. Rejects on a fault; the last good reading stays. */
  read(signal: AbortSignal): Promise<FeedReading | undefined>;
}

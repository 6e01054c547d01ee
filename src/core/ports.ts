// The world, as the rooms see it. Every implementation of a port passes the one contract suite in test/contract.
import type { ChatRequest, Frame } from './chat.ts';
import type { Decision } from './decision.ts';
import type { Lesson, LedgerRecord, Range, RequestView, SpendKey, SpendRow } from './ledger.ts';
import type { NanoUsd } from './money.ts';
import type { Offer, OfferKey } from './offer.ts';
import type { PriceSheet } from './price.ts';
import type { BilledCall, HistoryRange, PriceRecord } from './price-history.ts';

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
  /** For an answer that does not stream, from sending to its last byte. Absent: as long as its cap may take. */
  readonly wholeMs?: number;
  /** In every such stretch of a stream a token a second must come. Absent: nobody counts. */
  readonly progressMs?: number;
};

/** What a seller charges for calls that came to nothing. */
export type Billing = {
  /** stops: what was written until we left is billed · continues: the whole answer is, although nobody reads it. */
  readonly onCancel: 'stops' | 'continues';
  readonly onError: 'nothing' | 'prompt';
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
  /** Absent: nobody knows, so the dearer of each is assumed to be possible. */
  readonly billing?: Billing;
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
  /** Absent: it is counted, and never refused. */
  readonly limit?: NanoUsd;
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
  /**
   * Turns a reservation into its true cost; once, further calls do nothing. Never rejects in a store that requests are given: what somebody
   * else cannot be told now, that store tells later.
   */
  settle(id: string, cost: NanoUsd): Promise<void>;
  /** Settled plus reserved. */
  spent(key: string): Promise<NanoUsd>;
  /** True when `holder` has the lease for the next `ttlMs`. */
  lease(name: string, holder: string, ttlMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** What a store of this process can say without asking anybody. */
export interface Tally {
  /** Settled plus reserved, as far as it is known here: to the last nano-dollar where the store is this process's own; of others, what was last heard. */
  known(key: string): NanoUsd;
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

/** Every change of a price, kept beside the requests it priced. */
export interface PriceHistory {
  /** Resolves when the changes survive the death of this process. Telling the same twice changes nothing. */
  append(changes: readonly PriceRecord[]): Promise<void>;
  /** Changes of one offer, in the order they were observed. */
  of(offer: OfferKey, range: HistoryRange): Promise<readonly PriceRecord[]>;
  /** Changes of all offers, in the order they were observed. */
  within(range: HistoryRange): Promise<readonly PriceRecord[]>;
  /** Of every offer the last change that was not rejected, and the last that was believed where that is another; as observed. */
  latest(): Promise<readonly PriceRecord[]>;
  /** The last BILLS_PER_OFFER calls of every offer whose seller billed them by itself, oldest first. */
  bills(): Promise<readonly BilledCall[]>;
}

/** Past decisions, to be decided again. */
export interface Traffic {
  /** Decisions of a stretch of time, the newest page first, in pages, so that it never sits in memory whole. */
  decisions(range: Range): AsyncIterable<readonly Decision[]>;
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

/** How fast a seller was for others, as a feed states it. What is not known is absent; at least one thing is known. */
export type FeedSpeed = {
  /** As in a row: together they name an offer. */
  readonly provider: string;
  readonly wireId: string;
  /** Median and 95th percentile of the time to the first token. */
  readonly firstTokenMs?: number;
  readonly firstTokenMsP95?: number;
  /** Median, after the first token. */
  readonly tokensPerSecond?: number;
  /** Share of requests that were answered, 0..1. */
  readonly uptime?: number;
};

export type FeedReading = {
  readonly revision: string;
  readonly observedAt: number;
  readonly rows: readonly FeedRow[];
  readonly skipped: readonly string[];
  /** From feeds that measure; absent from those that only price. */
  readonly speeds?: readonly FeedSpeed[];
};

export interface Feed {
  readonly name: string;
  /** Feeds that copy from one another share a lineage and count once. */
  readonly lineage: string;
  /** Lower comes first when sources differ: 0 seller's own, 1 curated, 2 aggregator. */
  readonly precedence: number;
  /** undefined: unchanged since the last reading that was kept. Rejects on a fault; the last good reading stays. */
  read(signal: AbortSignal): Promise<FeedReading | undefined>;
  /** The last reading that was kept before this process began; undefined: none. Rejects when its copy is damaged. */
  restore?(): Promise<FeedReading | undefined>;
  /** The last reading was believed as a whole: from now on only changes to it are asked for, and it outlives the process. */
  keep?(): Promise<void>;
}

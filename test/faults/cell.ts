// What a cell of the matrix is: a fault, who meets it, and what must come of it. Cells are data; the invariants judge them.
import type { Script } from '../support/truth-bill/acts.ts';
import type { BillingRule } from '../support/truth-bill/bill.ts';
import type { SellerName } from './sellers.ts';
import type { Evidence, Stand } from './stand.ts';

/** Inclusive. */
export type Count = readonly [least: number, most: number];

export type Expect = {
  /** What the client is told. */
  readonly status: readonly number[];
  /** answer: whole and clean · error: a status and a body · error-frame: a stream that ends in an error and no [DONE] · any: either of them. */
  readonly ends: 'answer' | 'error' | 'error-frame' | 'left' | 'any';
  /** Error codes that may be told; empty: any. */
  readonly codes?: readonly string[];
  readonly by?: SellerName | 'anyone';
  /** Calls to the first seller, and all calls, of one request. */
  readonly primary: Count;
  readonly total?: Count;
  /** Virtual ms from the request to its end; the deadline of the policy where nothing is said. */
  readonly withinMs?: number;
  readonly atLeastMs?: number;
  /** untouched: says nothing of the offer · counted: a failure · cooled: left alone for a while, at most 15 minutes */
  readonly health?: 'untouched' | 'counted' | 'cooled' | 'any';
  readonly coolMs?: Count;
  /** x-should-retry, and the bounds of retry-after-ms where there must be one. */
  readonly retry?: 'true' | 'false';
  readonly retryAfterMs?: Count;
  /** Where the answer is not the seller's ordinary one. */
  readonly text?: string | RegExp;
  readonly finish?: string;
  /** Another seller took up the answer after its headers were out. */
  readonly continued?: true;
  /** The ledger must say that what it cost is not certain. */
  readonly flagged?: boolean;
};

export type Cell = {
  readonly name: string;
  /** One sentence: what happens to whom. */
  readonly about: string;
  readonly group: 'upstream' | 'client' | 'process' | 'guard' | 'beyond';
  readonly primary: SellerName;
  readonly fallback?: SellerName;
  readonly stream: boolean;
  readonly script: Script;
  /** What the fallback does; healthy where nothing is said. */
  readonly second?: Script;
  /** Over the cell's policy. */
  readonly policy?: object;
  /** Real ms it may take, where the usual patience is not enough. */
  readonly patienceMs?: number;
  /** It uses up a day's budget: what comes afterwards comes tomorrow. */
  readonly spendsTheDay?: true;
  /** Over the body, and headers of the request. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bills?: BillingRule;
  /** Virtual ms per real one; 20 unless told. */
  readonly speed?: number;
  readonly expect: Expect;
  /** Plays the cell where it is more than one request; makes its own findings. */
  readonly drive?: (stand: Stand) => Promise<readonly Finding[]>;
  /** Where the evidence is not that of the world it is played in: a process of its own. */
  readonly gather?: (stand: Stand) => Promise<Evidence>;
  /** What must be true besides the invariants, once it has been played. */
  readonly judge?: () => readonly Finding[];
};

export const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10', 'I11', 'I12'] as const;
export type InvariantName = (typeof INVARIANTS)[number];

/** One thing that is not as it must be. */
export type Finding = { readonly invariant: InvariantName; readonly what: string };

export const finding = (invariant: InvariantName, what: string): Finding => ({ invariant, what });

// What is seen of a simulated world while it plays: every request, every call as the seller knows it, and a running hash of it all.
import type { Ask } from '../../src/core/ask.ts';
import type { Decision } from '../../src/core/decision.ts';
import type { FailureCause } from '../../src/core/failure.ts';
import type { NanoUsd } from '../../src/core/money.ts';
import type { OfferKey } from '../../src/core/offer.ts';
import type { DispatchNote, Outcome } from '../../src/core/outcome.ts';
import type { Scenario, RequestPlan } from './kinds.ts';
import type { SimClock } from './clock.ts';

/** What the seller's act means, said once more and apart from the code under test. */
export type Blame = 'none' | 'failure' | 'cool';

/** One call as its seller knows it. Times are elapsed ms. */
export type SellerCall = {
  readonly n: number;
  readonly offer: OfferKey;
  readonly atMs: number;
  readonly cap: number | undefined;
  endMs?: number;
  /** whole: answered to its end · failed: as its act was · left: closed by the router. */
  end?: 'whole' | 'failed' | 'left';
  act: string;
  cause?: FailureCause;
  blame: Blame;
  /** Characters of content that were taken. */
  characters: number;
  contentMs?: number;
  /** What the seller charges for. */
  billed: { input: number; output: number };
  /** Whether what was charged can be known: neither a cut connection nor a usage that is nonsense. */
  sure: boolean;
};

/** Everything known of one request. */
export type Case = {
  readonly plan: RequestPlan;
  readonly id: string;
  readonly startMs: number;
  readonly ask: Ask;
  goneMs?: number;
  /** The client was given an end: an error, or the end of its answer. */
  endMs?: number;
  pausedMs: number;
  decision?: Decision;
  decidedMs?: number;
  decisions: number;
  committed: boolean;
  readonly calls: SellerCall[];
  /** Calls that were begun when there was nobody left to make them for: nothing was sent. */
  unsent: number;
  readonly notes: { readonly note: DispatchNote; readonly toldMs: number; writtenMs?: number }[];
  decisionRecord?: Decision;
  outcome?: Outcome;
  taught: number;
  outcomesTold: number;
  outcomesWritten: number;
  /** The ledger refused something of it. */
  unwritten: boolean;
  held: boolean;
  settles: NanoUsd[];
  error?: unknown;
  frames: number;
  firstFrameMs?: number;
  characters: number;
  finish?: string;
  failure?: FailureCause;
};

export type Violation = {
  readonly invariant: string;
  readonly n: number;
  readonly what: string;
  readonly atMs: number;
};

/** What an offer has earned so far, as its seller knows it. */
export type Blamed = {
  /** Failures of its own, while the client was there. */
  failures: number;
  /** Calls the router closed while the client was there: out of patience, or for a better one. */
  closed: number;
  /** When it last said that it is to be left alone, and until when; elapsed ms. */
  cooledMs: number;
  untilMs: number;
};

/** Violations that are kept; a world that is this broken needs no more. */
const MOST_VIOLATIONS = 50;

export const createEvidence = (scenario: Scenario, clock: SimClock) => {
  const cases: Case[] = [];
  const byId = new Map<string, Case>();
  const violations: Violation[] = [];
  const checks = new Map<string, { count: number }>();
  const blames = new Map<OfferKey, Blamed>();
  let low = 0x811c9dc5;
  let high = 0x9e3779b1;

  const mix = (value: number): void => {
    low = Math.imul(low ^ (value | 0), 0x01000193);
    high = Math.imul(high ^ low ^ ((value * 4096) | 0), 0x85ebca6b);
  };

  return {
    scenario,
    clock,
    cases,
    violations,
    checks,
    caseOf: (id: string): Case | undefined => byId.get(id),
    add(entry: Case): void {
      cases.push(entry);
      byId.set(entry.id, entry);
    },
    blamed(offer: OfferKey): Blamed {
      const known = blames.get(offer) ?? { failures: 0, closed: 0, cooledMs: -1, untilMs: -1 };
      blames.set(offer, known);
      return known;
    },
    /** Goes into the hash: what happened, and when. */
    trace(kind: string, n: number, ...values: readonly number[]): void {
      mix(clock.elapsed());
      mix(kind.charCodeAt(0) * 256 + kind.length);
      mix(n);
      for (const value of values) mix(value);
    },
    traceText(text: string): void {
      for (let at = 0; at < text.length; at++) mix(text.charCodeAt(at));
    },
    /** Counts a check, and keeps what it found. */
    check(invariant: string, holds: boolean, n: number, what: () => string): void {
      const asked = checks.get(invariant);
      if (asked) asked.count += 1;
      else checks.set(invariant, { count: 1 });
      if (holds || violations.length >= MOST_VIOLATIONS) return;
      violations.push({ invariant, n, what: what(), atMs: Math.round(clock.elapsed()) });
    },
    hash: (): string => [high, low].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join(''),
  };
};

export type Evidence = ReturnType<typeof createEvidence>;

// What the ledger is told, and what can be asked of it.
import type { Decision } from './decision.ts';
import type { NanoUsd } from './money.ts';
import type { DispatchNote, Outcome } from './outcome.ts';
import type { PriceRecord } from './price-history.ts';
import type { Band, Task } from './profile.ts';
import type { Signal } from './signal.ts';

export type Feedback = Signal & {
  readonly requestId: string;
  readonly label?: string;
  readonly comment?: string;
};

/** Append-only. A later record of a request never changes an earlier one. */
export type LedgerRecord =
  | { readonly kind: 'decision'; readonly decision: Decision; readonly caller: string }
  | { readonly kind: 'dispatch'; readonly note: DispatchNote }
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | { readonly kind: 'feedback'; readonly feedback: Feedback }
  | { readonly kind: 'price'; readonly change: PriceRecord };

/** A request as the ledger knows it. */
export type RequestView = {
  readonly decision: Decision;
  readonly caller: string;
  readonly dispatches: readonly DispatchNote[];
  readonly outcome?: Outcome;
  readonly feedback: readonly Feedback[];
};

/** What beliefs are rebuilt from: settled requests and their rewards, oldest first. */
export type Lesson = {
  readonly requestId: string;
  readonly at: number;
  readonly model: string;
  readonly offer: string;
  readonly task: Task;
  readonly band: Band;
  readonly halfLifeMs: number;
  /** Of the request's profile; absent in ledgers older than them. */
  readonly features?: string;
  /** Tokens of the answer, where it was answered in full. */
  readonly outputTokens?: number;
  /** [0,1], where somebody has said. */
  readonly reward?: number;
  /** Where nobody has: how far its structure moves what is believed, in units of quality (core/reward.ts). 0: it is in order. */
  readonly shift?: number;
  /** Whose request it was. */
  readonly caller?: string;
  /** All that was said and shown of it; only where it is read back from the ledger, and people as well as we ourselves judged. */
  readonly signals?: readonly Signal[];
};

export type SpendKey = 'policy' | 'model' | 'provider' | 'offer' | 'caller' | 'task' | 'day';

export type SpendRow = {
  readonly key: string;
  /** Of callers: probes are none, unless the range asks for them. */
  readonly requests: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly attempts: number;
  readonly cost: NanoUsd;
  /** Sum of squared costs per request, in dollars squared: with it a mean cost carries its interval. */
  readonly costSquares: number;
  /** Part of `cost` that answered nobody: probes. */
  readonly overheadCost: NanoUsd;
  /** Part of `cost` that is not exact. */
  readonly estimatedCost: NanoUsd;
  /** Upper bound of what was sent and never answered; not in `cost`. */
  readonly ambiguousCost: NanoUsd;
  readonly ambiguous: number;
  /** The baseline's cost over the requests that have one, and what those requests cost us. */
  readonly baselineCost: NanoUsd;
  readonly comparedCost: NanoUsd;
  readonly compared: number;
  /** Mean reward over the requests somebody judged, and how many. */
  readonly quality?: number;
  readonly judged: number;
  /** By reason, where the range asks for it and there is anything. */
  readonly parts?: Readonly<Partial<Record<string, SpendRow>>>;
};

/** Half-open, epoch ms. `reason` narrows to one decision reason (the holdout is the control group; a probe is never counted as a request otherwise). */
export type Range = {
  readonly from: number;
  readonly to: number;
  readonly reason?: string;
  /** Reasons whose share of each row is told beside it, in `parts`: from the same look as the row itself. */
  readonly parts?: readonly string[];
};

// One call to one offer, from the note in the ledger to its true cost: what was seen, and what it came to.
import {
  type ChatEvent,
  type FinishReason,
  type Frame,
  isContent,
  mergeUsageEvents,
  type UsageEvent,
} from '../core/chat.ts';
import { costOf } from '../core/cost.ts';
import type { Ranked } from '../core/decision.ts';
import type { FailureCause, FailureKind } from '../core/failure.ts';
import { type NanoUsd, nanoFromPico, nanoUsd, ZERO_USD } from '../core/money.ts';
import type { Attempt, CostStatus } from '../core/outcome.ts';
import type { Billing } from '../core/ports.ts';
import { outputTokensOf, type ServiceTier, type Usage } from '../core/price.ts';
import { withBill } from './bill.ts';
import type { Evidence, Shown } from './evidence.ts';
import { kindOf } from './failure.ts';
import { usedBy } from './used.ts';

const TIERS: Readonly<Record<string, ServiceTier>> = { batch: 'batch', flex: 'flex', priority: 'priority' };

export type Watch = {
  readonly rung: Ranked;
  readonly attempt: number;
  readonly requestId: string;
  readonly at: number;
  readonly reserved: NanoUsd;
  readonly billing: Billing | undefined;
  /** Monotonic ms since the call began. */
  readonly since: () => number;
  /** What the answer shows of itself. */
  readonly evidence: Evidence;
};

/** What has gone by of one call so far: counts, never text (what has to be read is in evidence.ts). */
type Seen = {
  usage?: UsageEvent;
  finish?: FinishReason;
  cause?: FailureCause;
  firstTokenMs?: number;
  characters: number;
};

const note = (seen: Seen, event: ChatEvent): void => {
  switch (event.type) {
    case 'text-delta':
    case 'reasoning-delta':
    case 'refusal-delta':
      seen.characters += event.text.length;
      return;
    case 'tool-call-start':
      seen.characters += event.name.length;
      return;
    case 'tool-call-delta':
      seen.characters += event.arguments.length;
      return;
    case 'usage':
      seen.usage = mergeUsageEvents(seen.usage, event);
      return;
    case 'finish':
      seen.finish ??= event.reason;
      return;
    case 'failure':
      // After a finish the answer is whole; what breaks then breaks nothing.
      if (seen.finish === undefined) seen.cause ??= event.cause;
      return;
    default:
      event satisfies never;
  }
};

type Bill = { readonly usage: Usage; readonly cost: NanoUsd; readonly costStatus: CostStatus };

const billOf = (seen: Seen, kind: FailureKind | undefined, { rung, at, reserved, billing }: Watch): Bill => {
  const { sheet } = rung.quote;
  const { usage, status } = usedBy(seen, { quote: rung.quote, kind, billing });
  if (status === 'ambiguous') return { usage, cost: reserved, costStatus: status };
  const used = outputTokensOf(usage) > 0 || (usage.input ?? 0) > 0 || seen.usage !== undefined;
  if (!used) return { usage, cost: ZERO_USD, costStatus: status };
  const cost = costOf({ ...usage, request: 1 }, sheet, at, TIERS[seen.usage?.tier ?? ''] ?? 'standard');
  const guessed = cost.unpriced.length > 0 || cost.estimated.length > 0;
  // An estimate never comes to more than the most it could: that was set aside.
  const amount =
    status === 'estimated' ? nanoUsd(Math.min(nanoFromPico(cost.pico), reserved)) : nanoFromPico(cost.pico);
  return { usage, cost: amount, costStatus: guessed ? 'estimated' : status };
};

/** Sees every frame of one call go by and knows at the end how it went. */
export const watchAttempt = (watch: Watch) => {
  const { rung, attempt, requestId, at, since } = watch;
  const seen: Seen = { characters: 0 };

  return {
    see(frame: Frame): void {
      for (const event of frame.events) {
        if (isContent(event)) seen.firstTokenMs ??= since();
        note(seen, event);
        watch.evidence.see(event);
      }
    },
    get finish() {
      return seen.finish;
    },
    get cause() {
      return seen.cause;
    },
    get firstTokenMs() {
      return seen.firstTokenMs;
    },
    /** Of an answer that came to an end; of any other nothing. */
    shown: (): Shown => (seen.finish && !seen.cause ? watch.evidence.shown(seen.finish) : []),
    text: watch.evidence.text,
    /** @param override what ended it where that is not in the frames: a client that left, a deadline. */
    close(override?: FailureKind): Attempt {
      const { cause, firstTokenMs, usage } = seen;
      const kind = override ?? (cause ? kindOf(cause) : undefined);
      return {
        requestId,
        attempt,
        offer: rung.quote.offer.key,
        at,
        result: kind ?? 'ok',
        ...(cause ? { cause } : {}),
        ...withBill(billOf(seen, kind, watch), usage?.billedUsd, { sheet: rung.quote.sheet, reserved: watch.reserved }),
        priceRevision: rung.quote.sheet.revision,
        ...(firstTokenMs === undefined ? {} : { firstTokenMs }),
        totalMs: since(),
      };
    },
  };
};

export type AttemptWatch = ReturnType<typeof watchAttempt>;

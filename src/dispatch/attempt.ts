// One call to one offer, from the note in the ledger to its true cost: what was seen, and what it came to.
import type { ChatEvent, FinishReason, Frame } from '../core/chat.ts';
import { isContent } from '../core/chat.ts';
import { costOf } from '../core/cost.ts';
import type { Ranked } from '../core/decision.ts';
import type { FailureCause, FailureKind } from '../core/failure.ts';
import { type NanoUsd, nanoFromPico, nanoFromUsd, ZERO_USD } from '../core/money.ts';
import type { Attempt, CostStatus } from '../core/outcome.ts';
import { outputTokensOf, type ServiceTier, type Usage } from '../core/price.ts';
import { kindOf } from './failure.ts';

const CHARACTERS_PER_TOKEN = 4;

const TIERS: Readonly<Record<string, ServiceTier>> = { batch: 'batch', flex: 'flex', priority: 'priority' };

export type Watch = {
  readonly rung: Ranked;
  readonly attempt: number;
  readonly requestId: string;
  readonly at: number;
  readonly reserved: NanoUsd;
  /** Monotonic ms since the call began. */
  readonly since: () => number;
};

/** Sees every frame of one call go by and knows at the end how it went. Holds counts, never text. */
export const watchAttempt = ({ rung, attempt, requestId, at, reserved, since }: Watch) => {
  let usage: Extract<ChatEvent, { type: 'usage' }> | undefined;
  let finish: FinishReason | undefined;
  let cause: FailureCause | undefined;
  let firstTokenMs: number | undefined;
  let characters = 0;

  const seeEvent = (event: ChatEvent): void => {
    if (isContent(event)) firstTokenMs ??= since();
    switch (event.type) {
      case 'text-delta':
      case 'reasoning-delta':
      case 'refusal-delta':
        characters += event.text.length;
        return;
      case 'tool-call-start':
        characters += event.name.length;
        return;
      case 'tool-call-delta':
        characters += event.arguments.length;
        return;
      case 'usage':
        usage = mergeUsage(usage, event);
        return;
      case 'finish':
        finish ??= event.reason;
        return;
      case 'failure':
        // After a finish the answer is whole; what breaks then breaks nothing.
        if (finish === undefined) cause ??= event.cause;
        return;
      default:
        event satisfies never;
    }
  };

  /** Usage as reported; else estimated from what was seen; nothing where nothing can have been billed. */
  const settleUsage = (kind: FailureKind | undefined): { usage: Usage; status: CostStatus } => {
    if (usage) return { usage: usage.usage, status: 'exact' };
    const seen = { input: rung.quote.inputTokens, output: Math.ceil(characters / CHARACTERS_PER_TOKEN) };
    if (kind === undefined || characters > 0) return { usage: seen, status: 'estimated' };
    // Sent, and then silence: it may have been answered and billed on the other side.
    const silent = cause?.sort !== 'http' && cause?.sort !== 'inband' && cause?.phase !== 'connect';
    return { usage: {}, status: silent ? 'ambiguous' : 'exact' };
  };

  return {
    see(frame: Frame): void {
      for (const event of frame.events) seeEvent(event);
    },
    get finish() {
      return finish;
    },
    get cause() {
      return cause;
    },
    get firstTokenMs() {
      return firstTokenMs;
    },
    /** @param override what ended it where that is not in the frames: a client that left, a deadline. */
    close(override?: FailureKind): Attempt {
      const kind = override ?? (cause ? kindOf(cause) : undefined);
      const settled = settleUsage(kind);
      const used = outputTokensOf(settled.usage) > 0 || (settled.usage.input ?? 0) > 0 || usage !== undefined;
      const cost = used
        ? costOf({ ...settled.usage, request: 1 }, rung.quote.sheet, at, TIERS[usage?.tier ?? ''] ?? 'standard')
        : undefined;
      const guessed = cost !== undefined && (cost.unpriced.length > 0 || cost.estimated.length > 0);
      return {
        requestId,
        attempt,
        offer: rung.quote.offer.key,
        at,
        result: kind ?? 'ok',
        ...(cause ? { cause } : {}),
        usage: settled.usage,
        cost: settled.status === 'ambiguous' ? reserved : cost ? nanoFromPico(cost.pico) : ZERO_USD,
        costStatus: settled.status === 'exact' && guessed ? 'estimated' : settled.status,
        ...(usage?.billedUsd === undefined ? {} : { billed: nanoFromUsd(usage.billedUsd) }),
        priceRevision: rung.quote.sheet.revision,
        ...(firstTokenMs === undefined ? {} : { firstTokenMs }),
        totalMs: since(),
      };
    },
  };
};

export type AttemptWatch = ReturnType<typeof watchAttempt>;

/** Providers repeat usage as it grows: the larger number of each meter is the later one. */
const mergeUsage = (
  before: Extract<ChatEvent, { type: 'usage' }> | undefined,
  now: Extract<ChatEvent, { type: 'usage' }>,
): Extract<ChatEvent, { type: 'usage' }> => {
  if (!before) return now;
  const usage: Record<string, number> = { ...before.usage };
  for (const [meter, units] of Object.entries(now.usage)) usage[meter] = Math.max(usage[meter] ?? 0, units ?? 0);
  return { ...before, ...now, usage };
};

// What one call used: as reported where that can be believed, else from what was seen, else whatever was set aside for it.
import type { ChatEvent } from '../core/chat.ts';
import type { Quote } from '../core/decision.ts';
import type { FailureCause, FailureKind } from '../core/failure.ts';
import type { CostStatus } from '../core/outcome.ts';
import type { Billing } from '../core/ports.ts';
import { inputTokensOf, outputTokensOf, type Usage } from '../core/price.ts';

const CHARACTERS_PER_TOKEN = 4;
/** More tokens than twice its context and this is no count but a fault. */
const ABSURD_TOKENS = 100_000;

export type Seen = {
  readonly usage?: Extract<ChatEvent, { type: 'usage' }>;
  readonly cause?: FailureCause;
  readonly finish?: string;
  /** Of content, in all its kinds. */
  readonly characters: number;
};

export type UsedWorld = {
  readonly quote: Quote;
  readonly kind: FailureKind | undefined;
  /** How the seller charges for what came to nothing. */
  readonly billing: Billing | undefined;
};

type Used = { readonly usage: Usage; readonly status: CostStatus };

const believable = (usage: Usage, { offer }: Quote, characters: number): boolean => {
  const most = 2 * offer.context + ABSURD_TOKENS;
  if (inputTokensOf(usage) > most || outputTokensOf(usage) > most) return false;
  // Something was read and something written: a count that leaves one of them out is a part of a count.
  return characters === 0 || (inputTokensOf(usage) > 0 && outputTokensOf(usage) > 0);
};

/** It was us who closed it: on the other side the answer may have gone on. */
const isOurs = (kind: FailureKind): boolean => kind === 'cancelled' || kind === 'timeout' || kind === 'malformed';

const isError = (cause: FailureCause | undefined): boolean => cause?.sort === 'http' || cause?.sort === 'inband';

export const usedBy = ({ usage, cause, finish, characters }: Seen, { quote, kind, billing }: UsedWorld): Used => {
  const estimate: Used = {
    usage: { input: quote.inputTokens, output: Math.ceil(characters / CHARACTERS_PER_TOKEN) },
    status: 'estimated',
  };
  if (usage && believable(usage.usage, quote, characters))
    return { usage: usage.usage, status: kind === undefined || finish !== undefined ? 'exact' : 'estimated' };
  if (kind === undefined) return estimate;
  const ambiguous: Used = { usage: characters > 0 ? estimate.usage : {}, status: 'ambiguous' };
  if (isError(cause)) {
    if (characters > 0) return estimate;
    return billing?.onError === 'prompt' ? estimate : { usage: {}, status: 'exact' };
  }
  // Never sent: there is nothing to bill.
  if (cause?.phase === 'connect') return { usage: {}, status: 'exact' };
  const stops = billing?.onCancel === 'stops';
  if (characters > 0) return stops || !isOurs(kind) ? estimate : ambiguous;
  return stops && kind === 'cancelled' ? estimate : ambiguous;
};

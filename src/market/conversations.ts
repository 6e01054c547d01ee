// Which offer served a conversation last, and so has its prompt in cache. Most clients send no id: a hash chain over the messages is one.
import type { OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';

/** Provider caches live minutes; conversations beyond this number forget the oldest. */
const MAX_CONVERSATIONS = 20_000;
const CACHE_LIFE_MS = 300_000;
/** Providers cache nothing shorter than this. */
const MIN_CACHED_TOKENS = 1_024;

type Served = { readonly offer: OfferKey; readonly inputTokens: number; readonly atMs: number };

export const createConversations = ({ clock }: { readonly clock: Clock }) => {
  const served = new Map<string, Served>();

  return {
    remember({
      conversation,
      offer,
      inputTokens,
    }: {
      conversation: readonly string[];
      offer: OfferKey;
      inputTokens: number;
    }): void {
      const whole = conversation.at(-1);
      if (whole === undefined || inputTokens < MIN_CACHED_TOKENS) return;
      served.delete(whole);
      served.set(whole, { offer, inputTokens, atMs: clock.now() });
      const oldest = served.keys().next().value;
      if (served.size > MAX_CONVERSATIONS && oldest !== undefined) served.delete(oldest);
    },

    /** The offer that holds the longest known prefix of this conversation, and how many tokens of it. */
    lastServed(
      conversation: readonly string[],
    ): { readonly offer: OfferKey; readonly cachedTokens: number } | undefined {
      for (const prefix of conversation.toReversed()) {
        const found = served.get(prefix);
        if (found && clock.now() - found.atMs <= CACHE_LIFE_MS)
          return { offer: found.offer, cachedTokens: found.inputTokens };
      }
      return undefined;
    },
  };
};

export type Conversations = ReturnType<typeof createConversations>;

// A question that is asked again soon after its answer: the answer before was not what was wanted.
import type { Decision } from '../core/decision.ts';
import type { Feedback } from '../core/ledger.ts';
import type { Outcome } from '../core/outcome.ts';

/** Nobody reads an answer and asks again any faster; after this long it is another day's question. */
const SOONEST_MS = 2_000;
const LATEST_MS = 600_000;
/** Asked oftener than this it is a program that asks, and says nothing. */
const MOST_ASKED = 2;
/** Conversations, and callers, that are kept in mind; the oldest go first. */
const MOST_KEPT = 20_000;

type Answered = { readonly requestId: string; readonly at: number; readonly asked: number };

const keep = <Value>(map: Map<string, Value>, key: string, value: Value): void => {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST_KEPT && oldest !== undefined) map.delete(oldest);
};

/**
 * The whole conversation must be the same (its hash chain, classify/conversation.ts), and the same caller's. A first question counts only as the very
 * next thing this caller asks: many people, and programs, begin with the same words.
 */
export const createRepeats = (hear: (feedback: Feedback) => void) => {
  const answered = new Map<string, Answered>();
  const lastOf = new Map<string, string>();
  return {
    /** A request has ended. */
    ended({ profile, at: asked }: Decision, { requestId, status, at, caller = '' }: Outcome): void {
      const whole = profile.conversation.at(-1);
      if (whole === undefined || status !== 'ok') return;
      const key = `${caller} ${whole}`;
      const before = answered.get(key);
      const waited = asked - (before?.at ?? 0);
      const isFollowing = profile.turns > 1 || lastOf.get(caller) === key;
      if (before && isFollowing && waited >= SOONEST_MS && waited <= LATEST_MS && before.asked < MOST_ASKED)
        hear({ requestId: before.requestId, source: '@repeat', score: 0, at });
      keep(answered, key, { requestId, at, asked: (before?.asked ?? 0) + 1 });
      keep(lastOf, caller, key);
    },
  };
};

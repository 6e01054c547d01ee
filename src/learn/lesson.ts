// What one settled request has to teach. The ledger gives the same lessons back at start, so beliefs can be rebuilt from it.
import type { Decision } from '../core/decision.ts';
import type { Feedback, Lesson } from '../core/ledger.ts';
import { type Outcome, wholeAnswerTokens } from '../core/outcome.ts';
import type { Profile } from '../core/profile.ts';
import { judgementOf } from '../core/reward.ts';

/** What a lesson takes from the request itself. */
export const lessonAbout = (
  { task, band, features }: Profile,
  rest: Omit<Lesson, 'task' | 'band' | 'features'>,
): Lesson => ({ ...rest, task, band, features });

/** Undefined where there is nothing to learn: caller faults, cancellations and failures say nothing of quality. */
export const lessonOf = (
  decision: Decision,
  outcome: Outcome,
  feedback: readonly Feedback[] = [],
): Lesson | undefined => {
  if (outcome.status !== 'ok') return undefined;
  const outputTokens = wholeAnswerTokens(outcome);
  const { caller, signals = [] } = outcome;
  return lessonAbout(decision.profile, {
    requestId: outcome.requestId,
    at: outcome.at,
    model: outcome.offer.slice(outcome.offer.indexOf(':') + 1),
    offer: outcome.offer,
    halfLifeMs: decision.plan.feedback.halfLifeMs,
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...judgementOf([...signals, ...feedback]),
    ...(caller === undefined ? {} : { caller }),
  });
};

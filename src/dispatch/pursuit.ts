// One request on its way down the ladder: the attempts made, the time used up, and the two ways it can end.
import type { Ask } from '../core/ask.ts';
import type { Decision } from '../core/decision.ts';
import type { RouterError } from '../core/errors.ts';
import type { FailureKind } from '../core/failure.ts';
import type { OfferKey } from '../core/offer.ts';
import type { Attempt, Outcome, Run } from '../core/outcome.ts';
import type { Clock } from '../core/ports.ts';
import { createAnswer } from './answer.ts';
import { cooldownMs, STEPS } from './failure.ts';
import { errorOf, outcomeOf } from './outcome.ts';
import { faultOf, type Trial } from './trial.ts';

export type OfferHealth = {
  began(offer: OfferKey): void;
  succeeded(offer: OfferKey): void;
  failed(offer: OfferKey, why: string): void;
  cool(offer: OfferKey, forMs: number, why: string): void;
};

/** Committed: the answer has begun. Otherwise nothing has reached the caller, and this is how it ended. */
export type Dispatched =
  | { readonly committed: true; readonly run: Run }
  | { readonly committed: false; readonly error: RouterError; readonly outcome: Outcome };

export type PursuitDeps = { readonly clock: Clock; readonly health: OfferHealth };

/** Caller faults, refusals and cancellations say nothing of the offer. */
const reportHealth = (health: OfferHealth, { result, cause, offer }: Attempt): void => {
  if (result === 'ok') return health.succeeded(offer);
  const why = cause?.code ?? cause?.type ?? (cause?.status ? `${result} ${cause.status}` : result);
  if (STEPS[result].health === 'failure') health.failed(offer, why);
  if (STEPS[result].health === 'cool' && cause) health.cool(offer, cooldownMs(result, cause), why);
};

export const createPursuit = ({ clock, health }: PursuitDeps, decision: Decision, ask: Ask) => {
  const startedMs = clock.elapsed();
  const limitMs = Math.min(decision.plan.limits.deadlineMs, ask.deadlineMs ?? Infinity);
  const attempts: Attempt[] = [];
  const spentMs = (): number => clock.elapsed() - startedMs;

  /** Counts the trial as an attempt, at what it cost. */
  const close = (trial: Trial, kind?: FailureKind): Attempt => {
    const attempt = trial.watch.close(kind);
    attempts.push(attempt);
    reportHealth(health, attempt);
    return attempt;
  };

  return {
    attempts,
    close,
    leftMs: (): number => limitMs - spentMs(),

    giveUp(kind: FailureKind): Dispatched {
      const error = errorOf(kind, attempts, attempts.at(-1)?.cause);
      const outcome = outcomeOf({ decision, attempts, error: error.code, at: clock.now(), totalMs: spentMs() });
      return { committed: false, error, outcome };
    },

    /** From here on the caller reads this trial's answer and no other. */
    commit(trial: Trial, offer: OfferKey): Dispatched {
      const { promise: settled, resolve } = Promise.withResolvers<Outcome>();
      const count = attempts.length + 1;
      const answer = createAnswer(trial, (override) => {
        close(trial, override ?? (trial.watch.finish ? undefined : faultOf(trial, { ask, decision })));
        resolve(outcomeOf({ decision, attempts, finish: trial.watch.finish, at: clock.now(), totalMs: spentMs() }));
      });
      ask.signal.addEventListener('abort', () => void answer.return?.(), { once: true });
      return { committed: true, run: { decision, offer, attempts: count, answer, settled } };
    },
  };
};

// The state of one request's pursuit of an answer: its deadline, the attempts so far, and how it ends.
import type { Ask } from '../core/ask.ts';
import type { Decision } from '../core/decision.ts';
import type { RouterError } from '../core/errors.ts';
import type { FailureKind } from '../core/failure.ts';
import type { OfferKey } from '../core/offer.ts';
import type { Attempt, Outcome, Run } from '../core/outcome.ts';
import type { Clock } from '../core/ports.ts';
import type { Signal, Taken } from '../core/signal.ts';
import { createAnswer, type Resume } from './answer.ts';
import { cooldownMs, STEPS } from './failure.ts';
import { type Ended, errorOf, outcomeOf } from './outcome.ts';
import { faultOf, type Trial } from './trial.ts';

export type OfferHealth = {
  began(offer: OfferKey): void;
  succeeded(offer: OfferKey): void;
  failed(offer: OfferKey, why: string, fault: { readonly isStated: boolean; readonly isSlow: boolean }): void;
  cool(offer: OfferKey, forMs: number, why: string): void;
  /** It ended without saying anything of the offer. */
  released(offer: OfferKey): void;
};

/** Committed: the answer has begun. Otherwise nothing has reached the caller, and this is how it ended. */
export type Dispatched =
  | { readonly committed: true; readonly run: Run }
  | { readonly committed: false; readonly error: RouterError; readonly outcome: Outcome };

/** What a structural score is taken for, by who asked and under which plan; absent: for itself. */
export type Taking = (
  signal: Pick<Signal, 'source' | 'score'>,
  decision: Decision,
  caller: string,
) => Taken | undefined;

export type PursuitDeps = { readonly clock: Clock; readonly health: OfferHealth; readonly taking?: Taking };

/** A key that is refused, or an account without money, is so for every offer of that seller. */
const offersHit = ({ ladder }: Decision, { result, cause, offer }: Attempt): readonly OfferKey[] => {
  const isAccountWide = result === 'quota' || (result === 'credential' && cause?.status === 401);
  if (!isAccountWide) return [offer];
  const provider = offer.slice(0, offer.indexOf(':'));
  return ladder.map(({ quote }) => quote.offer).flatMap((each) => (each.provider === provider ? [each.key] : []));
};

/** Caller faults, refusals and cancellations say nothing of the offer. */
const reportHealth = (health: OfferHealth, attempt: Attempt, decision: Decision): void => {
  const { result, cause, offer } = attempt;
  if (result === 'ok') return health.succeeded(offer);
  const why = cause?.code ?? cause?.type ?? (cause?.status ? `${result} ${cause.status}` : result);
  const verdict = STEPS[result].health;
  if (verdict === 'none') return health.released(offer);
  if (verdict === 'failure')
    health.failed(offer, why, { isStated: result === 'overloaded', isSlow: cause?.sort === 'timeout' });
  // One that says when to come back is taken at its word, whatever went wrong.
  if (cause && (verdict === 'cool' || cause.retryAfterMs))
    for (const hit of offersHit(decision, attempt)) health.cool(hit, cooldownMs(result, cause), why);
};

const limitOf = ({ plan }: Decision, ask: Ask): number => {
  const { deadlineMs, streamDeadlineMs = deadlineMs } = plan.limits;
  return Math.min(ask.request.stream ? streamDeadlineMs : deadlineMs, ask.deadlineMs ?? Infinity);
};

export const createPursuit = ({ clock, health, taking }: PursuitDeps, decision: Decision, ask: Ask) => {
  const startedMs = clock.elapsed();
  const limitMs = limitOf(decision, ask);
  const attempts: Attempt[] = [];
  const spentMs = (): number => clock.elapsed() - startedMs;

  /** Counts the trial as an attempt, at what it cost. */
  const close = (trial: Trial, kind?: FailureKind): Attempt => {
    const attempt = trial.watch.close(kind);
    attempts.push(attempt);
    reportHealth(health, attempt, decision);
    return attempt;
  };

  const end = (how: Pick<Ended, 'error' | 'finish' | 'signals'>): Outcome =>
    outcomeOf({ decision, attempts, ...how, at: clock.now(), totalMs: spentMs(), caller: ask.caller.id });

  const signalsOf = (trial: Trial): readonly Signal[] => {
    const at = clock.now();
    return trial.watch.shown().map((signal) => {
      const taken = taking?.(signal, decision, ask.caller.id);
      return { ...signal, at, ...(taken ? { taken } : {}) };
    });
  };

  return {
    attempts,
    close,
    leftMs: (): number => limitMs - spentMs(),

    giveUp(kind: FailureKind): Dispatched {
      const error = errorOf(kind, attempts);
      return { committed: false, error, outcome: end({ error: error.code }) };
    },

    /** It ends for a reason that no attempt has: nobody could be asked, or nothing more can be recorded. */
    refuse(error: RouterError): Dispatched {
      return { committed: false, error, outcome: end({ error: error.code }) };
    },

    /** From here on the caller reads this trial's answer and no other, except one that goes on where it broke off. */
    commit(trial: Trial, offer: OfferKey, resume?: Resume): Dispatched {
      const { promise: settled, resolve } = Promise.withResolvers<Outcome>();
      const count = attempts.length + 1;
      let { text } = trial.watch;
      const answer = createAnswer(trial, {
        ...(resume ? { resume } : {}),
        settle: (last, override) => {
          const { finish } = last.watch;
          close(last, override ?? (finish ? undefined : faultOf(last, { ask, decision })));
          text = last.watch.text;
          resolve(end({ finish, signals: signalsOf(last) }));
        },
      });
      ask.signal.addEventListener('abort', () => void answer.return?.(), { once: true });
      return { committed: true, run: { decision, offer, attempts: count, answer, settled, text: () => text() } };
    },
  };
};

export type Pursuit = ReturnType<typeof createPursuit>;

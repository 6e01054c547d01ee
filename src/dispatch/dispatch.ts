// Walks a decision's ladder: a few attempts inside one deadline, changing offer only while nothing has reached the caller.
import type { Ask } from '../core/ask.ts';
import type { Decision, Ranked } from '../core/decision.ts';
import { RouterError } from '../core/errors.ts';
import type { FailureKind } from '../core/failure.ts';
import type { OfferKey } from '../core/offer.ts';
import type { Attempt, DispatchNote, Outcome, Run } from '../core/outcome.ts';
import type { Clock, Provider, Timeouts } from '../core/ports.ts';
import { createAnswer } from './answer.ts';
import { cooldownMs, STEPS } from './failure.ts';
import { LONGEST_WAIT_MS, nextRung } from './ladder.ts';
import { errorOf, outcomeOf } from './outcome.ts';
import { faultOf, type Trial, tryRung } from './trial.ts';

export type DispatchDeps = {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  readonly health: {
    began(offer: OfferKey): void;
    succeeded(offer: OfferKey): void;
    failed(offer: OfferKey, why: string): void;
    cool(offer: OfferKey, forMs: number, why: string): void;
  };
};

/** Committed: the answer has begun. Otherwise nothing has reached the caller, and this is how it ended. */
export type Dispatched =
  | { readonly committed: true; readonly run: Run }
  | { readonly committed: false; readonly error: RouterError; readonly outcome: Outcome };

/** No further attempt starts with less than this left: it could only fail. */
const LEAST_TIME_MS = 2_000;
/** A pause before the same offer is called again, so that a reset connection is not hit at once. */
const SAME_OFFER_PAUSE_MS = 100;

export const createDispatch = (deps: DispatchDeps) => {
  const { clock } = deps;

  /** Caller faults, refusals and cancellations say nothing of the offer. */
  const reportHealth = ({ result, cause, offer }: Attempt): void => {
    if (result === 'ok') return deps.health.succeeded(offer);
    const why = cause?.code ?? cause?.type ?? (cause?.status ? `${result} ${cause.status}` : result);
    if (STEPS[result].health === 'failure') deps.health.failed(offer, why);
    if (STEPS[result].health === 'cool' && cause) deps.health.cool(offer, cooldownMs(result, cause), why);
  };

  /** @param journal writes the note of an attempt; resolves when it would survive a crash */
  return async (decision: Decision, ask: Ask, journal: (note: DispatchNote) => Promise<void>): Promise<Dispatched> => {
    const startedMs = clock.elapsed();
    const limitMs = Math.min(decision.plan.limits.deadlineMs, ask.deadlineMs ?? Infinity);
    const spentMs = () => clock.elapsed() - startedMs;
    const attempts: Attempt[] = [];
    const close = (trial: Trial, kind?: FailureKind): Attempt => {
      const attempt = trial.watch.close(kind);
      attempts.push(attempt);
      reportHealth(attempt);
      return attempt;
    };
    const giveUp = (kind: FailureKind): Dispatched => {
      const error = errorOf(kind, attempts, attempts.at(-1)?.cause);
      const outcome = outcomeOf({ decision, attempts, error: error.code, at: clock.now(), totalMs: spentMs() });
      return { committed: false, error, outcome };
    };
    const commit = (trial: Trial, offer: OfferKey): Dispatched => {
      const { promise: settled, resolve } = Promise.withResolvers<Outcome>();
      const count = attempts.length + 1;
      const answer = createAnswer(trial, (override) => {
        close(trial, override ?? (trial.watch.finish ? undefined : faultOf(trial, { ask, decision })));
        resolve(outcomeOf({ decision, attempts, finish: trial.watch.finish, at: clock.now(), totalMs: spentMs() }));
      });
      ask.signal.addEventListener('abort', () => void answer.return?.(), { once: true });
      return { committed: true, run: { decision, offer, attempts: count, answer, settled } };
    };

    let rung: Ranked | undefined = decision.ladder[0];
    let kind: FailureKind = 'malformed';
    while (rung && attempts.length < decision.plan.fallback.attempts) {
      const leftMs = limitMs - spentMs();
      if (attempts.length > 0 && leftMs < LEAST_TIME_MS) return giveUp('timeout');
      const { offer } = rung.quote;
      const provider = deps.providers.get(offer.provider);
      if (!provider) throw new RouterError('internal', `no adapter for provider ${offer.provider}`);
      deps.health.began(offer.key);
      const request = { decision, ask, rung, attempt: attempts.length + 1, leftMs };
      const trial = await tryRung({ provider, clock, timeouts: deps.timeouts, journal }, request);
      const fault = faultOf(trial, request);
      if (fault === undefined) return commit(trial, offer.key);
      trial.stop();
      const { cause } = close(trial, fault);
      kind = fault;
      rung = nextRung({ decision, attempts, kind, cause });
      if (rung?.quote.offer.key === offer.key)
        await clock.sleep(Math.min(cause?.retryAfterMs ?? SAME_OFFER_PAUSE_MS, LONGEST_WAIT_MS), ask.signal);
    }
    return giveUp(kind);
  };
};

export type Dispatch = ReturnType<typeof createDispatch>;

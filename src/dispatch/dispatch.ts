// Walks a decision's ladder: a few attempts inside one deadline, changing offer only while nothing has reached the caller.
import type { Ask } from '../core/ask.ts';
import type { Decision, Ranked } from '../core/decision.ts';
import { RouterError } from '../core/errors.ts';
import type { FailureKind } from '../core/failure.ts';
import type { Attempt } from '../core/outcome.ts';
import type { Rng } from '../core/ports.ts';
import type { Resume } from './answer.ts';
import { type Calls, type CallsDeps, createCalls } from './calls.ts';
import { canContinue, continued, continuingRung, createTranscript } from './continuation.ts';
import { STEPS } from './failure.ts';
import { firstRung, LONGEST_WAIT_MS, nextRung } from './ladder.ts';
import { type Patience, writingMs } from './patience.ts';
import { createPursuit, type Dispatched, type Pursuit, type PursuitDeps } from './pursuit.ts';
import { type Hedge, hedgeRung, race } from './race.ts';
import { createRetryBudget } from './retry-budget.ts';
import { faultOf, type Journal, type Trial } from './trial.ts';

export type DispatchDeps = Omit<CallsDeps, 'retries'> & Pick<PursuitDeps, 'taking'> & { readonly rng: Rng };

/** No further attempt starts with less than this left: it could only fail. */
const LEAST_TIME_MS = 2_000;

/** A connection that was reset is not hit again at once, nor by all at the same moment; an error of the offer's own gets longer. */
const pauseMs = ({ cause }: Attempt, { retryPauseMs }: Patience, rng: Rng): number => {
  if (cause?.retryAfterMs !== undefined) return Math.min(cause.retryAfterMs, LONGEST_WAIT_MS);
  return cause?.sort === 'network' ? (rng.next() * retryPauseMs) / 5 : (0.5 + rng.next()) * retryPauseMs;
};

type Chase = { readonly decision: Decision; readonly ask: Ask; readonly pursuit: Pursuit; readonly calls: Calls };

/** A second call where the policy pays for one: started when the first has had as long as it nearly always needs. */
const hedgeOf = ({ decision, ask, pursuit, calls }: Chase, first: Ranked): Hedge | undefined => {
  const rung = hedgeRung(decision, first, pursuit.attempts);
  if (!rung) return undefined;
  const { quote } = first;
  return {
    afterMs: quote.firstTokenMsP95 + (ask.request.stream ? 0 : writingMs(quote)),
    start: async () => {
      if (ask.signal.aborted || pursuit.leftMs() < LEAST_TIME_MS) return undefined;
      const opened = await calls.open({ rung, attempt: pursuit.attempts.length + 2 });
      return typeof opened === 'string' ? undefined : opened;
    },
  };
};

/** Where the policy says `continue` and the answer is of a kind that can be: what takes it up where it breaks off. */
const resumeOf = ({ decision, ask, pursuit, calls }: Chase, first: Ranked): Resume | undefined => {
  if (!canContinue(ask, decision)) return undefined;
  const transcript = createTranscript();
  let serving = first;
  const next = async (broken: Trial): Promise<Trial | undefined> => {
    const kind = faultOf(broken, { ask, decision }) ?? 'interrupted';
    const text = transcript.text();
    const rung = continuingRung(decision, serving, pursuit.attempts);
    if (!rung || text === undefined || STEPS[kind].next === 'stop' || pursuit.leftMs() < LEAST_TIME_MS)
      return undefined;
    const request = continued(ask.request, text);
    const opened = await calls.open({ rung, attempt: pursuit.attempts.length + 2, request });
    if (typeof opened === 'string') return undefined;
    broken.stop();
    const trial = await opened.ready.catch(() => undefined);
    if (!trial) return undefined;
    const fault = faultOf(trial, { ask, decision });
    if (fault !== undefined) {
      trial.stop();
      pursuit.close(trial, fault);
      return undefined;
    }
    pursuit.close(broken, kind);
    calls.answered(rung);
    serving = rung;
    return trial;
  };
  return { gave: transcript.note, next };
};

const outOfMoney = (broke: ReadonlySet<string>, retryAfterMs: number): RouterError =>
  new RouterError(
    'budget_exhausted',
    `the budget of every provider that could answer is spent: ${[...broke].join(', ')}`,
    {
      retryAfterMs,
    },
  );

/** It would be said by everybody. A call that we cancelled said nothing. */
const isFinal = ({ result }: Attempt, { plan }: Decision): boolean => {
  if (result === 'ok' || result === 'cancelled') return false;
  return (result === 'refused' ? plan.fallback.onRefusal : STEPS[result].next) === 'stop';
};

type Walk = Chase & { readonly deps: DispatchDeps };

const walk = async ({ deps, ...chase }: Walk): Promise<Dispatched> => {
  const { clock, patience, rng, purse } = deps;
  const { decision, ask, pursuit, calls } = chase;
  const { attempts } = pursuit;
  const broke = new Set<string>();
  const verdict = (trial: Trial) => faultOf(trial, chase);
  const lost = (trial: Trial, kind: FailureKind) => void pursuit.close(trial, kind);

  let rung = firstRung(decision, broke);
  let last: Attempt | undefined;
  while (rung && attempts.length < decision.plan.fallback.attempts) {
    if (ask.signal.aborted) return pursuit.giveUp('cancelled');
    const opened = await calls.open({ rung, attempt: attempts.length + 1 });
    if (opened === 'retried') break;
    if (opened === 'broke') {
      broke.add(rung.quote.offer.provider);
      rung = last ? nextRung({ decision, attempts, ...failureOf(last), broke }) : firstRung(decision, broke);
      continue;
    }
    const isFirst = attempts.length === 0;
    const ended = await race({ clock, faultOf: verdict, lost }, opened, hedgeOf(chase, rung));
    if (ended.fault === undefined) {
      if (!isFirst || ended.rung !== rung) calls.answered(ended.rung);
      return pursuit.commit(ended.trial, ended.rung.quote.offer.key, resumeOf(chase, ended.rung));
    }
    ended.trial.stop();
    const closed = pursuit.close(ended.trial, ended.fault);
    // What a hedge was told for good is not asked of a third.
    last = attempts.find((attempt) => isFinal(attempt, decision)) ?? closed;
    rung = nextRung({ decision, attempts, ...failureOf(last), broke });
    const waitMs = rung && rung.quote.offer.key === last.offer ? pauseMs(last, patience, rng) : 0;
    if (rung && pursuit.leftMs() - waitMs < LEAST_TIME_MS) break;
    if (waitMs > 0) await clock.sleep(waitMs, ask.signal);
  }
  if (ask.signal.aborted) return pursuit.giveUp('cancelled');
  if (last) return pursuit.giveUp(failureOf(last).kind);
  const waits = [...broke].map((provider) => purse?.resetsInMs(provider, clock.now()) ?? 0);
  return pursuit.refuse(outOfMoney(broke, Math.min(...waits)));
};

const asRouterError = (fault: unknown): RouterError =>
  fault instanceof RouterError
    ? fault
    : new RouterError('internal', 'the request could not be recorded; try again', { cause: fault });

export const createDispatch = (deps: DispatchDeps) => {
  const retries = createRetryBudget(deps);

  /**
   * @param journal keeps the note of an attempt
   * @throws what the journal rejects with, or a store that is away, where nobody has been called; then nothing stays set aside
   */
  return async (decision: Decision, ask: Ask, journal: Journal): Promise<Dispatched> => {
    const pursuit = createPursuit(deps, decision, ask);
    const calls = createCalls({ ...deps, retries }, { decision, ask, journal, leftMs: pursuit.leftMs });
    try {
      return await walk({ deps, decision, ask, pursuit, calls });
    } catch (fault) {
      // What has been called is paid for, whatever became of the rest.
      pursuit.attempts.push(...(await calls.leave(pursuit.attempts)));
      if (pursuit.attempts.length === 0) throw fault;
      return pursuit.refuse(asRouterError(fault));
    }
  };
};

const failureOf = ({ result, cause }: Attempt): { readonly kind: FailureKind; readonly cause: Attempt['cause'] } => ({
  kind: result === 'ok' ? 'malformed' : result,
  cause,
});

export type Dispatch = ReturnType<typeof createDispatch>;

// Walks a decision's ladder: a few attempts inside one deadline, changing offer only while nothing has reached the caller.
import type { Ask } from '../core/ask.ts';
import type { Decision, Ranked } from '../core/decision.ts';
import { RouterError } from '../core/errors.ts';
import type { FailureKind } from '../core/failure.ts';
import type { DispatchNote } from '../core/outcome.ts';
import type { Clock, Provider, Timeouts } from '../core/ports.ts';
import { LONGEST_WAIT_MS, nextRung } from './ladder.ts';
import { createPursuit, type Dispatched, type OfferHealth } from './pursuit.ts';
import { faultOf, tryRung } from './trial.ts';

export type DispatchDeps = {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  readonly health: OfferHealth;
};

/** No further attempt starts with less than this left: it could only fail. */
const LEAST_TIME_MS = 2_000;
/** A pause before the same offer is called again, so that a reset connection is not hit at once. */
const SAME_OFFER_PAUSE_MS = 100;

export const createDispatch = (deps: DispatchDeps) => {
  const { clock, health, providers, timeouts } = deps;

  const providerOf = ({ quote }: Ranked): Provider => {
    const provider = providers.get(quote.offer.provider);
    if (!provider) throw new RouterError('internal', `no adapter for provider ${quote.offer.provider}`);
    return provider;
  };

  /** @param journal writes the note of an attempt; resolves when it would survive a crash */
  return async (decision: Decision, ask: Ask, journal: (note: DispatchNote) => Promise<void>): Promise<Dispatched> => {
    const pursuit = createPursuit(deps, decision, ask);
    const { attempts } = pursuit;
    let rung: Ranked | undefined = decision.ladder[0];
    let kind: FailureKind = 'malformed';
    while (rung && attempts.length < decision.plan.fallback.attempts) {
      const leftMs = pursuit.leftMs();
      if (attempts.length > 0 && leftMs < LEAST_TIME_MS) return pursuit.giveUp('timeout');
      const { offer } = rung.quote;
      const provider = providerOf(rung);
      health.began(offer.key);
      const request = { decision, ask, rung, attempt: attempts.length + 1, leftMs };
      const trial = await tryRung({ provider, clock, timeouts, journal }, request);
      const fault = faultOf(trial, request);
      if (fault === undefined) return pursuit.commit(trial, offer.key);
      trial.stop();
      const { cause } = pursuit.close(trial, fault);
      kind = fault;
      rung = nextRung({ decision, attempts, kind, cause });
      if (rung?.quote.offer.key === offer.key)
        await clock.sleep(Math.min(cause?.retryAfterMs ?? SAME_OFFER_PAUSE_MS, LONGEST_WAIT_MS), ask.signal);
    }
    return pursuit.giveUp(kind);
  };
};

export type Dispatch = ReturnType<typeof createDispatch>;

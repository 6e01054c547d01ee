// Opening one call of a request: who pays for it, and whether it may be made at all.
import type { Ask } from '../core/ask.ts';
import type { ChatRequest } from '../core/chat.ts';
import type { Decision, Ranked } from '../core/decision.ts';
import { RouterError } from '../core/errors.ts';
import { type NanoUsd, ZERO_USD } from '../core/money.ts';
import type { Attempt } from '../core/outcome.ts';
import type { Clock, Provider } from '../core/ports.ts';
import type { Patience } from './patience.ts';
import type { OfferHealth } from './pursuit.ts';
import { callCap, upperBound } from './reserve.ts';
import type { Payers, RetryBudget } from './retry-budget.ts';
import { type Journal, type Started, startTrial } from './trial.ts';

/** The budgets that providers have of their own. */
export type Purse = {
  /** Whether there is anything to ask for. */
  guards(provider: string): boolean;
  /** Sets aside what the call can cost at most; false: there is no room. The outcome settles it, where there is one. */
  take(call: {
    readonly requestId: string;
    readonly attempt: number;
    readonly provider: string;
    readonly amount: NanoUsd;
    readonly at: number;
  }): Promise<boolean>;
  /** Of a request that will have no outcome: what was set aside for a call becomes what it cost. */
  settle(call: { readonly requestId: string; readonly attempt: number; readonly cost: NanoUsd }): Promise<void>;
  /** Milliseconds until the provider's budget has room again for certain. */
  resetsInMs(provider: string, at: number): number;
};

export type CallsDeps = {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly clock: Clock;
  readonly patience: Patience;
  readonly health: OfferHealth;
  readonly retries: RetryBudget;
  readonly purse?: Purse;
};

export type CallsOf = {
  readonly decision: Decision;
  readonly ask: Ask;
  readonly journal: Journal;
  readonly leftMs: () => number;
};

export type Opening = {
  readonly rung: Ranked;
  readonly attempt: number;
  /** In place of the ask's own, where an answer is continued. */
  readonly request?: ChatRequest;
};

/** retried: no further retry is paid for · broke: the provider's budget has no room */
export type Opened = Started | 'retried' | 'broke';

const isHard = (limit: { readonly soft?: true } | undefined): boolean => limit !== undefined && limit.soft !== true;

const providerOf = ({ providers }: CallsDeps, { quote }: Ranked): Provider => {
  const provider = providers.get(quote.offer.provider);
  if (!provider) throw new RouterError('internal', `no adapter for provider ${quote.offer.provider}`);
  return provider;
};

const leave = async (opened: readonly Started[], closed: readonly Attempt[]): Promise<readonly Attempt[]> => {
  for (const { abandon } of opened) abandon();
  await Promise.all(opened.map(({ ready }) => ready.then(({ stop }) => stop()).catch(() => undefined)));
  const lost = opened.flatMap((started) => started.lost() ?? []);
  return lost.filter(({ attempt }) => closed.every((other) => other.attempt !== attempt));
};

export const createCalls = (deps: CallsDeps, { decision, ask, journal, leftMs }: CallsOf) => {
  const { clock, health, purse, retries } = deps;
  const tenant = `${ask.caller.id} ${decision.policy}`;
  const isCapped = isHard(decision.plan.limits.spend) || isHard(ask.caller.spend);
  const payersOf = ({ quote }: Ranked): Payers => ({ tenant, provider: quote.offer.provider });

  const capOf = (rung: Ranked): number | undefined =>
    callCap(decision, rung.quote, { guarded: isCapped || (purse?.guards(rung.quote.offer.provider) ?? false) });

  const hasMoney = (purseOf: Purse, { rung, attempt, request }: Opening): Promise<boolean> => {
    const at = clock.now();
    const { profile } = decision;
    const amount = upperBound(rung.quote, { at, cap: capOf(rung), profile, continues: request !== undefined });
    return purseOf.take({ requestId: ask.requestId, attempt, provider: rung.quote.offer.provider, amount, at });
  };

  /** A store that is away refuses a request that has called nobody yet; one that has goes where nobody need be asked for money. */
  const mayPay = (purseOf: Purse, opening: Opening): Promise<boolean> => {
    if (opening.attempt === 1) return hasMoney(purseOf, opening);
    return hasMoney(purseOf, opening).catch(() => false);
  };

  const opened: Started[] = [];
  return {
    /** The first attempt of a request is free of the retry budget and earns it a part of a retry. */
    async open(opening: Opening): Promise<Opened> {
      const { rung, attempt } = opening;
      const payers = payersOf(rung);
      const provider = providerOf(deps, rung);
      if (attempt === 1) retries.earn(payers);
      else if (!retries.take(payers)) return 'retried';
      if (purse?.guards(payers.provider) && !(await mayPay(purse, opening))) {
        if (attempt > 1) retries.giveBack(payers);
        return 'broke';
      }
      health.began(rung.quote.offer.key);
      const started = startTrial(
        { provider, clock, patience: deps.patience, journal },
        { decision, ask, cap: capOf(rung), leftMs: leftMs(), ...opening },
      );
      // The ledger did not take the note: nothing was answered, so it says nothing of the offer, and nothing stays set aside for a call that never left.
      opened.push(started);
      void started.ready.catch(() => {
        health.released(rung.quote.offer.key);
        if (!started.lost())
          void purse?.settle({ requestId: ask.requestId, attempt, cost: ZERO_USD }).catch(() => undefined);
      });
      return started;
    },

    /** Leaves every call that is still under way. @returns what those count as that had left */
    leave: (closed: readonly Attempt[]): Promise<readonly Attempt[]> => leave(opened, closed),

    /** A call that was not the first has answered. */
    answered: (rung: Ranked): void => retries.giveBack(payersOf(rung)),
  };
};

export type Calls = ReturnType<typeof createCalls>;

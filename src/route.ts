// The whole life of a request, top to bottom. The order of the rooms is written here and nowhere else.
import { classify } from './classify/classify.ts';
import type { Ask } from './core/ask.ts';
import type { Decision } from './core/decision.ts';
import { RouterError } from './core/errors.ts';
import type { LedgerRecord } from './core/ledger.ts';
import { type DispatchNote, type Outcome, type Run, worstCost } from './core/outcome.ts';
import type { Clock, Ledger, Store } from './core/ports.ts';
import type { Dispatch } from './dispatch/dispatch.ts';
import { mostItCanCost } from './dispatch/reserve.ts';
import type { Learner } from './learn/learner.ts';
import type { Market } from './market/market.ts';
import { type Address, addressOf, type PolicyBook } from './policy/address.ts';
import { holdsFor } from './policy/limits.ts';
import { match } from './policy/match.ts';

/** Rejects with RouterError only; resolves at the commit point, when there is something to answer. */
export type Route = (ask: Ask) => Promise<Run>;
/** The decision alone: nothing is called, nothing is written. */
export type DryRun = (ask: Ask) => Decision;

type Deciders = {
  readonly policies: PolicyBook;
  readonly market: Market;
  readonly learner: Learner;
  readonly clock: Clock;
};

export type RouteDeps = Deciders & {
  readonly dispatch: Dispatch;
  readonly store: Store;
  readonly ledger: Ledger;
  /** Hears how every request ended. */
  readonly observe: (decision: Decision, outcome: Outcome) => void;
  /** Work that outlives the answer; an orderly stop waits for it. */
  readonly background: (work: Promise<unknown>) => void;
};

/** A model nobody configured sells is the caller's mistake, unlike a policy that nobody can serve just now. */
const requireSeller = (market: Market, address: Address, model: string): void => {
  if (address.to !== 'model') return;
  const { plan, provider } = address;
  const sellers = market.offersFor(plan.models).filter((offer) => (provider ?? offer.provider) === offer.provider);
  if (sellers.length === 0)
    throw new RouterError('model_not_found', `nobody configured sells "${model}"; GET /v1/models lists what there is`, {
      param: 'model',
    });
};

export const createDryRun =
  ({ policies, market, learner, clock }: Deciders): DryRun =>
  (ask) => {
    const at = clock.now();
    const address = addressOf(ask.request.model, policies, ask.caller);
    requireSeller(market, address, ask.request.model);
    const profile = classify(ask.request);
    const pinned = address.to === 'model';
    const { rule, plan } = pinned ? { rule: 0, plan: address.plan } : match(address.policy, profile);
    const tokensOf = learner.tokensFor(profile);
    const quoted = market.quote({ plan, profile, dialect: ask.request.dialect, tokensOf, at });
    return learner.decide({ ask, at, policy: address.policy, rule, plan, profile, ...quoted, pinned });
  };

export const createRoute = (deps: RouteDeps): Route => {
  const { store, ledger, learner, dispatch, observe, background } = deps;
  const decide = createDryRun(deps);

  /** Takes the policy's hold on its spend, or refuses. */
  const hold = async (decision: Decision): Promise<void> => {
    const { requestId, policy, plan, at } = decision;
    // Most policies have no cap on spend: then what it could cost at most is nobody's question.
    if (!plan.limits.spend) return;
    const holds = holdsFor({ policy, plan, at, amount: mostItCanCost(decision) });
    const reserved = holds.length > 0 ? await store.reserve(requestId, holds) : { ok: true as const };
    if (!reserved.ok)
      throw new RouterError(
        'budget_exhausted',
        `the spend limit of the policy "${policy}" is reached (${reserved.refused})`,
      );
  };

  const settle = async (decision: Decision, outcome: Outcome): Promise<void> => {
    learner.settled(decision, outcome);
    observe(decision, outcome);
    await Promise.all([
      store.settle(outcome.requestId, worstCost(outcome)),
      ledger.append([{ kind: 'outcome', outcome }]),
    ]);
  };

  return async (ask) => {
    const decision = decide(ask);
    await hold(decision);
    learner.committed(decision);

    // The decision goes to the ledger with its first attempt: one write, before any answer.
    let first: readonly LedgerRecord[] = [{ kind: 'decision', decision, caller: ask.caller.id }];
    const journal = (note: DispatchNote): Promise<void> => {
      const records: readonly LedgerRecord[] = [...first, { kind: 'dispatch', note }];
      first = [];
      return ledger.append(records);
    };

    const dispatched = await dispatch(decision, ask, journal);
    if (!dispatched.committed) {
      background(settle(decision, dispatched.outcome));
      throw dispatched.error;
    }
    background(dispatched.run.settled.then((outcome) => settle(decision, outcome)));
    return dispatched.run;
  };
};

// The whole life of a request, top to bottom. The order of the rooms is written here and nowhere else.
import { classify } from './classify/classify.ts';
import type { Ask, Caller } from './core/ask.ts';
import type { Decision } from './core/decision.ts';
import { RouterError } from './core/errors.ts';
import { ZERO_USD } from './core/money.ts';
import type { LedgerRecord } from './core/ledger.ts';
import { type Outcome, type Run, worstCost } from './core/outcome.ts';
import type { Clock, Ledger, Store } from './core/ports.ts';
import type { Dispatch } from './dispatch/dispatch.ts';
import { mostItCanCost } from './dispatch/reserve.ts';
import type { Journal } from './dispatch/trial.ts';
import type { Learner } from './learn/learner.ts';
import type { Market } from './market/market.ts';
import { type Address, addressOf, type PolicyBook } from './policy/address.ts';
import { budgetCounter, budgetsOf, countOn, holdsFor } from './policy/limits.ts';
import { match } from './policy/match.ts';

/** The longest that a request waits for an offer to come back. */
const LONGEST_WAIT_MS = 3_000;

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
  /** True: a call that is given to the ledger outlives this process at once; else it waits until it is written. */
  readonly keepsCalls?: boolean;
  /** Settles the budgets that providers have of their own. */
  readonly settleProviders?: (outcome: Outcome) => Promise<void>;
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

/** Takes the holds of the policy and the key on their spend, or refuses. A budget counts what is expected, and refuses nothing. */
const holdIn =
  ({ store, policies }: Pick<RouteDeps, 'store' | 'policies'>) =>
  async (decision: Decision, caller: Caller): Promise<void> => {
    const { requestId, policy, plan, at, ladder } = decision;
    const known = policies.get(policy);
    const budgets = known ? budgetsOf(known) : [];
    const isCapped = plan.limits.spend !== undefined || caller.spend !== undefined;
    // Most have neither: then what it could cost at most is nobody's question.
    if (!isCapped && budgets.length === 0) return;
    const holds = isCapped ? holdsFor({ policy, plan, caller, at, amount: mostItCanCost(decision) }) : [];
    const counter = budgetCounter(policy);
    const amount = ladder[0]?.quote.cost ?? ZERO_USD;
    const counts = budgets.map(({ periodMs }) => countOn({ counter, periodMs, at, amount }));
    const reserved = await store.reserve(requestId, [...holds, ...counts]);
    if (reserved.ok) return;
    const full = holds.find(({ key }) => key === reserved.refused);
    throw new RouterError(
      'budget_exhausted',
      `there is no room for this request under the spend limit ${reserved.refused}`,
      full ? { retryAfterMs: full.resetsAt - at } : {},
    );
  };

/** Where everyone is to be left alone and the first is back in a moment, that moment is waited for, once. */
const decideSoon =
  (decide: DryRun, clock: Clock) =>
  async (ask: Ask): Promise<Decision> => {
    try {
      return decide(ask);
    } catch (fault) {
      const isEmpty = fault instanceof RouterError && fault.code === 'no_candidate';
      const waitMs = isEmpty ? fault.detail.retryAfterMs : undefined;
      if (waitMs === undefined || waitMs > LONGEST_WAIT_MS || ask.signal.aborted) throw fault;
      await clock.sleep(waitMs, ask.signal);
      return decide(ask);
    }
  };

const KEPT = Promise.resolve();

/** The decision goes to the ledger with its first attempt: one write, before any answer. */
const journalIn =
  ({ ledger, keepsCalls = false }: Pick<RouteDeps, 'ledger' | 'keepsCalls'>) =>
  (decision: Decision, caller: Caller): Journal => {
    let first: readonly LedgerRecord[] = [{ kind: 'decision', decision, caller: caller.id }];
    return (note) => {
      const records: readonly LedgerRecord[] = [...first, { kind: 'dispatch', note }];
      first = [];
      const written = ledger.append(records);
      if (!keepsCalls) return { safe: written, written };
      // Refused at once where it cannot be kept: then the call must not leave. Once it is kept, an answer need not wait for the database;
      // a commit that fails later refuses the requests after this one, and the next start finds the call where it was kept.
      const kept = Promise.race([written, KEPT]);
      void written.catch(() => undefined);
      return { safe: kept, written: kept };
    };
  };

export const createRoute = (deps: RouteDeps): Route => {
  const { store, ledger, learner, dispatch, observe, background, settleProviders } = deps;
  const decide = decideSoon(createDryRun(deps), deps.clock);
  const hold = holdIn(deps);
  const journalOf = journalIn(deps);

  const settle = async (decision: Decision, outcome: Outcome, caller: Caller): Promise<void> => {
    // One that ended before anyone was called has not been written yet: an outcome without its decision would be in no report.
    const unwritten: readonly LedgerRecord[] =
      outcome.attempts.length === 0 ? [{ kind: 'decision', decision, caller: caller.id }] : [];
    learner.settled(decision, outcome);
    observe(decision, outcome);
    await Promise.all([
      store.settle(outcome.requestId, worstCost(outcome)),
      settleProviders?.(outcome),
      ledger.append([...unwritten, { kind: 'outcome', outcome }]),
    ]);
  };

  return async (ask) => {
    const decision = await decide(ask);
    await hold(decision, ask.caller);
    learner.committed(decision);
    const dispatched = await dispatch(decision, ask, journalOf(decision, ask.caller)).catch(async (fault: unknown) => {
      // The ledger did not take the note of the first call, or the store could not be asked for it: nothing has left.
      background(store.settle(decision.requestId, ZERO_USD));
      throw fault;
    });
    if (!dispatched.committed) {
      background(settle(decision, dispatched.outcome, ask.caller));
      throw dispatched.error;
    }
    background(dispatched.run.settled.then((outcome) => settle(decision, outcome, ask.caller)));
    return dispatched.run;
  };
};

// Probes, from the question who could win to the entry in the ledger: chosen by policies' own quotes, paid from a budget of their own.
import type { ProbesConfig } from '../config/probes.ts';
import type { Decision } from '../core/decision.ts';
import { type NanoUsd, usdOf } from '../core/money.ts';
import type { Offer } from '../core/offer.ts';
import { type Outcome, worstCost } from '../core/outcome.ts';
import type { Clock, Ledger, Store } from '../core/ports.ts';
import type { Dispatch } from '../dispatch/dispatch.ts';
import { mostItCanCost } from '../dispatch/reserve.ts';
import type { Learner } from '../learn/learner.ts';
import { createProbeRules, OFF_MS, type ProbeRules } from '../market/probes.ts';
import type { OpenMarket } from './market.ts';
import { measure } from './measuring.ts';
import { ownCall } from './own-call.ts';
import { createProbeBudget } from './probe-budget.ts';
import { probeAsk, probeDecision } from './probe-request.ts';
import { createProspects } from './prospects.ts';

export type ProbingDeps = {
  readonly terms: ProbesConfig;
  readonly market: OpenMarket;
  readonly learner: Learner;
  readonly dispatch: Dispatch;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Names this process among those that share the store. */
  readonly process: string;
  /** The counter is this process's own and begins at nothing. */
  readonly recallsCounter: boolean;
  readonly newId: () => string;
  readonly say: (line: string) => void;
  readonly onProbed: (outcome: Outcome) => void;
};

const MOST_PER_ROUND = 20;
/** Longer than a round can take: another process does not begin one meanwhile. */
const LEASE_MS = 300_000;

type CallDeps = Pick<ProbingDeps, 'market' | 'dispatch' | 'ledger' | 'clock'> & { readonly signal: AbortSignal };

const createCalls = ({ market, dispatch, ledger, clock, signal }: CallDeps) => ({
  /** undefined: nobody knows what it would cost. */
  decide: (offer: Offer, requestId: string): Decision | undefined =>
    probeDecision({ ask: probeAsk({ offer, requestId, signal }), offer, market: market.market, at: clock.now() }),

  /** One call, walked like any other: noted before, its failures counted against the offer. */
  call: async (decision: Decision, offer: Offer): Promise<Outcome> => {
    const ask = probeAsk({ offer, requestId: decision.requestId, signal });
    return (await ownCall({ dispatch, ledger }, decision, ask)).outcome;
  },
});

type Tools = {
  readonly rules: ProbeRules;
  readonly budget: ReturnType<typeof createProbeBudget>;
  readonly calls: ReturnType<typeof createCalls>;
};

const createProbe = ({ market, ledger, ...deps }: ProbingDeps, { rules, budget, calls }: Tools) => {
  const learned = async (decision: Decision, { outcome, estimate }: { outcome: Outcome; estimate: NanoUsd }) => {
    const result = outcome.attempts.at(-1)?.result;
    const { offer } = outcome;
    measure(market, decision, outcome);
    deps.onProbed(outcome);
    const why = result && rules.ended({ offer, estimate, cost: worstCost(outcome), result });
    if (why !== undefined) deps.say(`probes: ${offer} is asked no more for a week: ${why}`);
    await ledger.append([{ kind: 'outcome', outcome }]);
  };

  /** False: there is no room for it in the budget. */
  return async (offer: Offer, limit: NanoUsd): Promise<boolean> => {
    const id = deps.newId();
    const decision = calls.decide(offer, id);
    const estimate = decision?.ladder[0]?.quote.cost;
    if (!decision || estimate === undefined) return true;
    let cost = mostItCanCost(decision);
    if (!(await budget.reserve(id, cost, { limit }))) return false;
    rules.began(offer.key);
    try {
      const outcome = await calls.call(decision, offer);
      cost = worstCost(outcome);
      await learned(decision, { outcome, estimate });
    } finally {
      await budget.settle(id, cost);
    }
    return true;
  };
};

/** A restart frees no budget and forgives no runaway: what the ledger says of both is put back. */
const recall = async ({ market, ledger, clock, recallsCounter }: ProbingDeps, { rules, budget, calls }: Tools) => {
  if (recallsCounter) await budget.recall();
  const at = clock.now();
  for (const row of await ledger.spend({ from: at - OFF_MS, to: at + 1, reason: 'probe' }, 'offer')) {
    const offer = market.offers.find(({ key }) => key === row.key);
    const estimate = offer && calls.decide(offer, 'recall')?.ladder[0]?.quote.cost;
    if (offer && estimate !== undefined)
      rules.recall({ offer: offer.key, estimate, cost: usdOf(row.cost), costSquares: row.costSquares });
  }
};

export const createProbing = (deps: ProbingDeps) => {
  const { terms, store, say } = deps;
  const stopping = new AbortController();
  const prospects = createProspects(deps);
  const tools = {
    rules: createProbeRules(deps),
    budget: createProbeBudget(deps),
    calls: createCalls({ ...deps, signal: stopping.signal }),
  };
  const probe = createProbe(deps, tools);
  let recalled = false;
  let running: Promise<unknown> = Promise.resolve();

  const round = async (): Promise<void> => {
    if (!recalled) await recall(deps, tools);
    recalled = true;
    if (!(await store.lease('probes', deps.process, LEASE_MS))) return;
    const wanted = prospects.wanted().filter((offer) => tools.rules.mayAsk(offer));
    if (wanted.length === 0) return;
    const limit = await tools.budget.limit();
    for (const offer of wanted.slice(0, MOST_PER_ROUND))
      if (stopping.signal.aborted || !(await probe(offer, limit))) return;
  };

  return {
    /** A decision was made: what it was about is what probes look at for the next hour. */
    noticed: prospects.noticed,

    /** Looks once who could win and asks them, after whatever is under way. Never rejects. */
    run: (): Promise<unknown> => {
      if (terms.perDay === 0 || stopping.signal.aborted) return Promise.resolve();
      running = running
        .then(round)
        .catch((fault: unknown) => say(`probes: ${fault instanceof Error ? fault.message : String(fault)}`));
      return running;
    },

    /** Resolves when what was under way is on the record. */
    stop: async (): Promise<void> => {
      stopping.abort();
      await running;
    },
  };
};

export type Probing = ReturnType<typeof createProbing>;

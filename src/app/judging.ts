// Judging: of a share of the answers a model says how good they are. Beside the request, never before its end, paid from a budget of its own.
import { randomUUID } from 'node:crypto';
import type { Ask } from '../core/ask.ts';
import type { Decision } from '../core/decision.ts';
import type { Feedback } from '../core/ledger.ts';
import { type Outcome, worstCost } from '../core/outcome.ts';
import type { JudgeTerms } from '../core/policy.ts';
import type { Ledger, Rng } from '../core/ports.ts';
import { JUDGE } from '../core/reward.ts';
import type { Dispatch } from '../dispatch/dispatch.ts';
import { mostItCanCost } from '../dispatch/reserve.ts';
import type { OpenMarket } from './market.ts';
import { createJudgeBudget, type JudgeBudgetDeps } from './judge-budget.ts';
import { judgeAsk, judgeDecision, scoreIn } from './judge-request.ts';
import { ownCall } from './own-call.ts';

export type JudgingDeps = JudgeBudgetDeps & {
  readonly market: Pick<OpenMarket, 'market'>;
  readonly dispatch: Dispatch;
  readonly ledger: Ledger;
  readonly rng: Rng;
  readonly newId: () => string;
  readonly hear: (feedback: Feedback) => Promise<void>;
  readonly say: (line: string) => void;
};

/** Judges at work at once; an answer that finds them all busy is not judged. */
const MOST_AT_ONCE = 4;

type Case = {
  readonly terms: JudgeTerms;
  readonly ask: Ask;
  readonly decision: Decision;
  readonly outcome: Outcome;
  readonly answer: string;
};

type Judge = (one: Case) => Promise<void>;

const createJudge = (deps: JudgingDeps, signal: AbortSignal): Judge => {
  const { market, dispatch, store, ledger, clock, newId, hear } = deps;
  const reserve = createJudgeBudget(deps);
  return async ({ terms, ask, decision, outcome, answer }) => {
    const id = newId();
    const question = judgeAsk(terms, { requestId: id, request: ask.request, answer, marker: randomUUID(), signal });
    const asked = judgeDecision({ terms, ask: question, judged: decision, market: market.market, at: clock.now() });
    if (!asked) return;
    let cost = mostItCanCost(asked);
    if (!(await reserve(id, decision.policy, { limit: terms.spend, amount: cost }))) return;
    try {
      const told = await ownCall({ dispatch, ledger }, asked, question);
      cost = worstCost(told.outcome);
      await ledger.append([{ kind: 'outcome', outcome: told.outcome }]);
      const score = told.outcome.status === 'ok' ? scoreIn(told.text) : undefined;
      if (score !== undefined) await hear({ requestId: outcome.requestId, source: JUDGE, score, at: clock.now() });
    } finally {
      await store.settle(id, cost);
    }
  };
};

export const createJudging = (deps: JudgingDeps) => {
  const { dispatch, rng, say } = deps;
  const stopping = new AbortController();
  const atWork = new Set<Promise<void>>();
  const judge = createJudge(deps, stopping.signal);

  /** One that reads its own words finds them good. */
  const mayJudge = ({ terms, outcome }: Pick<Case, 'terms' | 'outcome'>): boolean =>
    outcome.status === 'ok' && !outcome.offer.endsWith(`:${terms.model}`);

  const begin = (one: Case): void => {
    if (stopping.signal.aborted || atWork.size >= MOST_AT_ONCE || !mayJudge(one)) return;
    const work = judge(one).catch((fault: unknown) =>
      say(`judge: ${fault instanceof Error ? fault.message : String(fault)}`),
    );
    atWork.add(work);
    void work.then(() => atWork.delete(work));
  };

  const isPicked = ({ plan }: Decision): JudgeTerms | undefined => {
    const { judge: terms } = plan.feedback;
    return terms && atWork.size < MOST_AT_ONCE && rng.next() < terms.share ? terms : undefined;
  };

  const watched: Dispatch = async (decision, ask, journal) => {
    const terms = isPicked(decision);
    if (!terms) return dispatch(decision, ask, journal);
    const dispatched = await dispatch(decision, { ...ask, keepsText: true }, journal);
    if (!dispatched.committed) return dispatched;
    const { run } = dispatched;
    void run.settled.then((outcome) => {
      const answer = run.text?.();
      if (answer !== undefined) begin({ terms, ask, decision, outcome, answer });
    });
    return dispatched;
  };

  return {
    /** The dispatch that callers' requests go through: of those that are picked the answer's text is kept until it has ended. */
    dispatch: watched,

    /** Resolves when nobody judges any more. */
    stop: async (): Promise<void> => {
      stopping.abort();
      await Promise.all(atWork);
    },
  };
};

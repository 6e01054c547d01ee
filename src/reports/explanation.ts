// What an explanation consists of: the quotes, who was removed, the reason, and what would have changed it. Dollars throughout.
import type { Decision, Quote, Ranked, Reason } from '../core/decision.ts';
import type { Feedback, RequestView } from '../core/ledger.ts';
import { usdOf, usdPerMillion } from '../core/money.ts';
import type { Attempt, Outcome } from '../core/outcome.ts';
import type { Meter } from '../core/price.ts';
import { type Flips, flipsOf } from './flip.ts';

/** The standard rate without conditions, in dollars per million tokens; undefined where the sheet has none. */
const rateOf = ({ sheet }: Quote, meter: Meter): number | undefined => {
  const rate = sheet.rates.findLast(
    (line) => line.meter === meter && (line.tier ?? 'standard') === 'standard' && !line.when,
  );
  return rate?.price === undefined || rate.price === null ? undefined : usdPerMillion(rate.price);
};

const quoteLine = ({ quote, quality, drawn, utility, probability }: Ranked) => ({
  offer: quote.offer.key,
  inputPrice: rateOf(quote, 'input'),
  outputPrice: rateOf(quote, 'output'),
  priceStatus: quote.sheet.status,
  raisedBy: quote.sheet.raisedBy,
  cost: usdOf(quote.cost),
  costP90: usdOf(quote.costP90),
  quality,
  drawn,
  totalMs: quote.totalMs,
  firstTokenMs: quote.firstTokenMs,
  utility,
  probability,
});
export type QuoteLine = ReturnType<typeof quoteLine>;

const attemptLine = ({ attempt, offer, result, cause, cost, costStatus, firstTokenMs, totalMs }: Attempt) => ({
  attempt,
  offer,
  result,
  status: cause?.status,
  cost: usdOf(cost),
  costStatus,
  firstTokenMs,
  totalMs,
});
export type AttemptLine = ReturnType<typeof attemptLine>;

export type Explanation = {
  readonly requestId: string;
  readonly at: number;
  readonly policy: string;
  readonly rule: number;
  readonly task: string;
  readonly difficulty: number;
  readonly reason: Reason;
  readonly why: string;
  readonly probability: number;
  readonly exchangeRate: number;
  readonly quotes: readonly QuoteLine[];
  readonly removed: Decision['rejected'];
  readonly flips: Flips;
  readonly attempts: readonly AttemptLine[];
  readonly outcome?: Pick<Outcome, 'status' | 'error' | 'offer' | 'costStatus'> & {
    readonly cost: number;
    readonly baselineCost?: number;
  };
  readonly feedback: readonly Pick<Feedback, 'source' | 'score' | 'label'>[];
};

const OBJECTIVES: Readonly<Record<Decision['plan']['objective']['kind'], string>> = {
  worth: 'it had the highest utility at the policy’s worth of quality',
  budget: 'it had the highest utility at what the budget makes quality worth now',
  floor: 'it had the highest utility at the exchange rate that holds the quality floor',
  order: 'it is the first healthy offer of the policy’s list',
  cheapest: 'it had the lowest expected cost',
  fastest: 'it had the shortest expected time',
};

const whyOf = ({ reason, plan, ladder }: Decision): string => {
  const first = ladder[0]?.quote.offer.key ?? 'no offer';
  switch (reason) {
    case 'objective':
      return `${first}, because ${OBJECTIVES[plan.objective.kind]}.`;
    case 'explored':
      return `${first}, to learn: its drawn quality made it the best, its mean would not have.`;
    case 'holdout':
      return `${first}, the baseline: this request is in the control group, whatever is believed.`;
    case 'pinned':
      return `${first}, because the caller named it or its model.`;
    case 'probe':
      return `${first}, to see how it does: a probe of our own, nobody’s request.`;
    case 'judge':
      return `${first}, to hear what it thinks of an answer: a call of our own, nobody’s request.`;
    case 'fallback_only':
      return `${first}, because nothing better could be tried.`;
    default:
      return reason satisfies never;
  }
};

const outcomeOf = ({ status, error, offer, cost, costStatus, baselineCost }: Outcome) => ({
  status,
  ...(error !== undefined && { error }),
  offer,
  cost: usdOf(cost),
  costStatus,
  ...(baselineCost !== undefined && { baselineCost: usdOf(baselineCost) }),
});

/** Of a decision alone, or of a request as the ledger knows it. */
export const explanationOf = (subject: Decision | RequestView): Explanation => {
  const view: Partial<RequestView> & { decision: Decision } = 'decision' in subject ? subject : { decision: subject };
  const { decision, outcome, feedback = [] } = view;
  return {
    requestId: decision.requestId,
    at: decision.at,
    policy: decision.policy,
    rule: decision.rule,
    task: decision.profile.task,
    difficulty: decision.profile.difficulty,
    reason: decision.reason,
    why: whyOf(decision),
    probability: decision.probability,
    exchangeRate: decision.exchangeRate,
    quotes: decision.ladder.map(quoteLine),
    removed: decision.rejected,
    flips: flipsOf(decision),
    attempts: outcome?.attempts.map(attemptLine) ?? [],
    ...(outcome && { outcome: outcomeOf(outcome) }),
    feedback: feedback.map(({ source, score, label }) => ({ source, score, ...(label !== undefined && { label }) })),
  };
};

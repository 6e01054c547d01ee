// What a replay asks of a router: dollars per request, what quality is worth, or a floor; and the plan the product has for it.
import { nanoFromUsd } from '../../core/money.ts';
import type { Objective, Plan } from '../../core/policy.ts';
import { periodOf as windowLength } from '../../core/window.ts';
import { DEFAULT_PLAN } from '../../policy/defaults.ts';
import type { Dataset } from './dataset.ts';

export type Goal =
  | { readonly kind: 'budget'; readonly usd: number }
  | { readonly kind: 'worth'; readonly usd: number }
  /** A share of this model's quality; the model as the recording names it. */
  | { readonly kind: 'floor'; readonly share: number; readonly model: string };

/** Simulated time between two requests. */
export const TICK_MS = 60_000;
/** Where simulated time begins, about: the first period of the budget that starts after it. */
const AROUND = Date.UTC(2026, 0, 1);

/** The stream is one whole period, so that a budget of so much per request is a budget of so much times the requests. */
export const periodOf = (requests: number): { readonly startMs: number; readonly periodMs: number } => {
  const length = Math.max(1, requests) * TICK_MS;
  // A week or a month would follow the calendar, and the stream would lie in two of them.
  const periodMs = windowLength(length) === undefined ? length : length + 1;
  return { startMs: Math.ceil(AROUND / periodMs) * periodMs, periodMs };
};

const objectiveOf = (goal: Goal, requests: number, { sellers }: Dataset): Objective => {
  switch (goal.kind) {
    case 'worth':
      return { kind: 'worth', amount: nanoFromUsd(goal.usd) };
    case 'budget':
      return { kind: 'budget', amount: nanoFromUsd(goal.usd * requests), periodMs: periodOf(requests).periodMs };
    case 'floor': {
      const seller = sellers.find(({ name }) => name === goal.model);
      if (!seller)
        throw new RangeError(
          `no model ${goal.model} is replayed; there are ${sellers
            .map(({ name }) => name)
            .slice(0, 12)
            .join(', ')}`,
        );
      return { kind: 'floor', share: goal.share, of: seller.offer.model };
    }
    default:
      return goal satisfies never;
  }
};

/** The product's defaults but for what a recording cannot have: nobody pays for time, and nobody is held out for a baseline. */
export const planFor = (goal: Goal, requests: number, dataset: Dataset): Plan => ({
  ...DEFAULT_PLAN,
  models: ['*/*'],
  objective: objectiveOf(goal, requests, dataset),
  priceOfASecond: nanoFromUsd(0),
  feedback: { halfLifeMs: DEFAULT_PLAN.feedback.halfLifeMs, holdout: 0 },
});

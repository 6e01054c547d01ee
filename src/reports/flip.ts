// At which price another offer would have gone first: what makes a decision checkable by anyone with a price list. Pure.
import type { Decision, Ranked } from '../core/decision.ts';
import { usdOf } from '../core/money.ts';
import type { OfferKey } from '../core/offer.ts';

export type PriceFlip = {
  readonly offer: OfferKey;
  /** Expected dollars of this request at its price now, and the amount its cost has to pass. */
  readonly costNow: number;
  readonly costAt: number;
  /** The same as a factor on every rate: −0.12 is twelve percent cheaper. */
  readonly change: number;
};

export type Flips = {
  /** Offers that would have gone first had their price been below `costAt`, the nearest first. */
  readonly falls: readonly PriceFlip[];
  /** The first offer itself: it stays first until its price rises past `costAt`. */
  readonly rise?: PriceFlip;
  /** Offers that would not go first even for nothing. */
  readonly never: readonly OfferKey[];
  /** Where price had no say: why. */
  readonly fixed?: 'pinned' | 'holdout' | 'order' | 'fastest';
};

const fixedBy = ({ reason, plan }: Decision): Flips['fixed'] => {
  if (reason === 'pinned' || reason === 'holdout') return reason;
  if (plan.objective.kind === 'order' || plan.objective.kind === 'fastest') return plan.objective.kind;
  return undefined;
};

const flipAt = ({ quote }: Ranked, costAt: number): PriceFlip => {
  const costNow = usdOf(quote.cost);
  return { offer: quote.offer.key, costNow, costAt, change: costAt / costNow - 1 };
};

/** By how many dollars the first offer is ahead: of utility, or of cost where only cost counts. Quality as drawn in this decision. */
const leadOver = (first: Ranked, other: Ranked, { plan }: Decision): number =>
  plan.objective.kind === 'cheapest'
    ? usdOf(other.quote.cost) - usdOf(first.quote.cost)
    : first.utility - other.utility;

/** Utility falls by a dollar for every dollar of cost, so a lead of so many dollars is a price cut of so many dollars. */
export const flipsOf = (decision: Decision): Flips => {
  const [first, ...others] = decision.ladder;
  const fixed = fixedBy(decision);
  if (fixed || !first) return { falls: [], never: [], ...(fixed && { fixed }) };
  const falls: PriceFlip[] = [];
  const never: OfferKey[] = [];
  const leads: number[] = [];
  for (const other of others) {
    const lead = leadOver(first, other, decision);
    // Behind by choice, not by price: it was not among those a draw could choose.
    if (lead < 0) continue;
    leads.push(lead);
    const costAt = usdOf(other.quote.cost) - lead;
    if (costAt > 0) falls.push(flipAt(other, costAt));
    else never.push(other.quote.offer.key);
  }
  falls.sort((a, b) => b.change - a.change);
  const rises = leads.length > 0 && first.quote.cost > 0;
  return { falls, never, ...(rises && { rise: flipAt(first, usdOf(first.quote.cost) + Math.min(...leads)) }) };
};

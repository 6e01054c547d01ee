// Which offer a logged decision would choose by its policy's objective, without sampling: the learner's order, on what was written down. Pure.
import type { Decision, Ranked } from '../core/decision.ts';
import { type NanoUsd, usdOf } from '../core/money.ts';
import type { OfferKey } from '../core/offer.ts';

/** What deciding looks at, with the cost of this offer as it is supposed to be. */
export type Option = { readonly rung: Ranked; readonly cost: NanoUsd; readonly place: number };

type Keys = readonly number[];

/** Expected utility at the mean of quality, as the first choice without sampling goes by; smaller is better, key by key. */
const keysOf = ({ plan, exchangeRate }: Decision, { rung, cost, place }: Option): Keys => {
  const { quote, quality } = rung;
  const price = usdOf(cost) + (usdOf(plan.priceOfASecond) / 1000) * quote.totalMs;
  switch (plan.objective.kind) {
    case 'worth':
    case 'budget':
    case 'floor':
      // Where quality is worth anything at all, it goes first and price second.
      return Number.isFinite(exchangeRate) ? [price - exchangeRate * quality.mean, price] : [-quality.mean, price];
    case 'order':
      return [place, price];
    case 'cheapest':
      return [cost, quote.totalMs];
    case 'fastest':
      return [quote.totalMs, cost];
    default:
      return plan.objective satisfies never;
  }
};

const compare = (a: Keys, b: Keys): number => {
  for (let at = 0; at < a.length; at++) {
    const gap = (a[at] ?? 0) - (b[at] ?? 0);
    if (gap !== 0) return gap;
  }
  return 0;
};

export type Scored = { readonly option: Option; readonly keys: Keys };

export const scored = (decision: Decision, option: Option): Scored => ({ option, keys: keysOf(decision, option) });

export const keyOfOffer = ({ option }: Scored): OfferKey => option.rung.quote.offer.key;

/** As the ladder is made: ties go by the key of the offer. */
export const better = (a: Scored | undefined, b: Scored | undefined): Scored | undefined => {
  if (!a || !b) return a ?? b;
  const gap = compare(a.keys, b.keys);
  if (gap !== 0) return gap < 0 ? a : b;
  return keyOfOffer(a) < keyOfOffer(b) ? a : b;
};

/** The first choice and the one that would be it without the first. */
export const topTwo = (
  all: readonly Scored[],
): { readonly first: Scored | undefined; readonly second: Scored | undefined } => {
  let first: Scored | undefined;
  let second: Scored | undefined;
  for (const one of all) {
    const loser = better(first, one) === one ? first : one;
    first = better(first, one);
    if (loser) second = better(second, loser);
  }
  return { first, second };
};

/** Models in the order their first offers stand on the ladder: for a policy that asks for an order, the order of its list. */
export const optionsOf = ({ ladder }: Decision): readonly Option[] => {
  const models = [...new Set(ladder.map(({ quote }) => quote.offer.model))];
  return ladder.map((rung) => ({ rung, cost: rung.quote.cost, place: models.indexOf(rung.quote.offer.model) }));
};

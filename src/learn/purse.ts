// What a budget lets one request cost: dear offers are bought out of what has been saved, never out of what is still to come.
import type { NanoUsd } from '../core/money.ts';
import type { Judged } from './exploration.ts';

/** What an offer may cost above the cheapest for the request: up to `small` always, more where its P90 is within `saved`. */
export type Purse = { readonly small: NanoUsd; readonly saved: NanoUsd };

/** Those too dear for the purse stand behind all others; both in the order they came. Without a purse nobody is too dear. */
export const splitByPurse = (
  ranked: readonly Judged[],
  purse: Purse | undefined,
): { readonly within: readonly Judged[]; readonly beyond: readonly Judged[] } => {
  if (!purse) return { within: ranked, beyond: [] };
  const cheapest = ranked.reduce((least, { quote }) => Math.min(least, quote.cost), Number.POSITIVE_INFINITY);
  const isBeyond = ({ quote }: Judged): boolean =>
    quote.cost - cheapest > purse.small && quote.costP90 - cheapest > purse.saved;
  return { within: ranked.filter((each) => !isBeyond(each)), beyond: ranked.filter(isBeyond) };
};

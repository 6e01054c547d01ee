// Lines of one row against each other: a long-prompt price or a cache price that no seller asks is a slip of the feed.
import type { Rate } from '../../core/price.ts';
import type { Lines } from './rates.ts';

/** Of 8 697 rows of four feeds every cliff costs 0.8 to 12 times its base, five errors of units aside. */
const CLIFF = { least: 0.5, most: 20 } as const;
/** The cheapest true cache read costs 0.8 % of the input. */
const LEAST_CACHE_READ = 0.002;

const isBase = (rate: Rate): boolean => !rate.tier && !rate.when;
const baseOf = (rates: readonly Rate[], meter: Rate['meter']): number | null | undefined =>
  rates.findLast((rate) => rate.meter === meter && isBase(rate))?.price;

/** Why a row cannot be used, or undefined: a long prompt would cost nobody knows what. */
export const oddCliff = ({ rates }: Lines): string | undefined => {
  for (const { meter, price, tier, when } of rates) {
    const base = baseOf(rates, meter);
    if (tier || !when?.promptTokens || !base) continue;
    if (price === null) return `${meter} of long prompts has no price`;
    const ratio = price / base;
    if (ratio < CLIFF.least || ratio > CLIFF.most)
      return `${meter} of long prompts is ${Number(ratio.toPrecision(2))} times that of short ones`;
  }
  return undefined;
};

/** Without lines that are too cheap to be true: the input rate stands in for them. */
export const withoutOddLines = ({ rates, faults }: Lines): Lines => {
  const input = baseOf(rates, 'input');
  const odd = new Set(
    rates.filter(
      ({ meter, price, tier }) =>
        meter === 'cached_input' && !tier && price && input && price < LEAST_CACHE_READ * input,
    ),
  );
  if (odd.size === 0) return { rates, faults };
  return { rates: rates.filter((rate) => !odd.has(rate)), faults: [...faults, 'cached_input is next to nothing'] };
};

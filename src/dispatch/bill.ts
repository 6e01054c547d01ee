// What a call counts as: the provider's own bill where it can be believed, with what the sheet says kept beside it.
import { type NanoUsd, nanoFromUsd, nanoUsd } from '../core/money.ts';
import type { Attempt } from '../core/outcome.ts';
import { mainPricesOf, type PriceSheet } from '../core/price.ts';

/** A bill this many times what was set aside as the most the call can cost is in another unit, not a price. */
const UNIT_ERROR = 100;
/** The same for a call that should have cost nothing: one dollar. */
const MOST_FOR_FREE = nanoUsd(1_000_000_000);

type Computed = Pick<Attempt, 'cost' | 'costStatus'>;

export type Terms = {
  readonly sheet: PriceSheet;
  /** The most the call could cost. */
  readonly reserved: NanoUsd;
};

/**
 * Nothing billed for a call that has a price means that somebody else bills it (the caller's own key, credits): the sheet stands then, which
 * is the safe side. A bill that is believed is exact whatever the sheet had to guess.
 * @param computed what the sheet makes of the usage
 * @param billedUsd what the provider says of its own accord
 */
export const withBill = <Bill extends Computed>(
  computed: Bill,
  billedUsd: number | undefined,
  { sheet, reserved }: Terms,
): Bill & Pick<Attempt, 'billed' | 'computed' | 'mainPrices'> => {
  if (billedUsd === undefined || computed.costStatus === 'ambiguous') return computed;
  const billed = nanoFromUsd(billedUsd);
  const beside = { billed, computed: computed.cost, mainPrices: mainPricesOf(sheet.rates) };
  const most = UNIT_ERROR * Math.max(reserved, computed.cost) || MOST_FOR_FREE;
  const believed = billed > 0 && billed < most;
  return believed ? { ...computed, ...beside, cost: billed, costStatus: 'exact' } : { ...computed, ...beside };
};

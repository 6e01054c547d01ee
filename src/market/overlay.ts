// What the operator's own prices make of a market sheet: they win over everything, quarantine included, while they last.
import type { OfferKey } from '../core/offer.ts';
import { picoUsdPerUnit } from '../core/money.ts';
import type { PriceSheet, Rate } from '../core/price.ts';
import { sheetRevision } from './consensus.ts';
import type { Override } from './feeds/local-file.ts';

/** Overrides that speak of an offer at an instant, in the file's order. */
export const activeOverrides = (overrides: readonly Override[], offer: OfferKey, at: number): readonly Override[] =>
  overrides.filter((override) => override.from <= at && at < override.until && override.matcher.test(offer));

const scaled = (rate: Rate, multiplier: number): Rate =>
  rate.price === null ? rate : { ...rate, price: picoUsdPerUnit(Math.round(rate.price * multiplier)) };

/** A written price replaces every line of its meter, conditions included: a contract has no cliffs it does not state. */
const overridden = (rates: readonly Rate[], { rates: written, multiplier }: Override): readonly Rate[] => {
  const meters = new Set(written.map((rate) => rate.meter));
  const kept = rates.filter((rate) => !meters.has(rate.meter));
  return [...(multiplier ? kept.map((rate) => scaled(rate, multiplier)) : kept), ...written];
};

/**
 * @param market the sheet without overrides; undefined for an offer only the operator knows, which then needs a full price
 * @returns the sheet to charge with; undefined when there is neither a market price nor an override
 */
export const applyOverrides = (
  market: PriceSheet | undefined,
  offer: OfferKey,
  active: readonly Override[],
): PriceSheet | undefined => {
  if (active.length === 0) return market;
  const rates = active.reduce<readonly Rate[]>(overridden, market?.rates ?? []);
  if (rates.length === 0) return market;
  const from = Math.max(...active.map((override) => override.from));
  const source = { feed: 'override', revision: sheetRevision(offer, rates, from), observedAt: from };
  return {
    offer,
    revision: source.revision,
    rates,
    effectiveFrom: from,
    observedAt: from,
    status: 'override',
    confidence: 1,
    sources: [source, ...(market?.sources ?? [])],
    reasons: active.map((override) => `override: ${override.reason}`),
  };
};

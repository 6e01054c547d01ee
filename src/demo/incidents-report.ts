// Who served how much, before and after the price fell, and what the outage cost.
import { type ModelKey, modelKey, type OfferKey } from '../core/offer.ts';
import { couldServe } from './counterfactual.ts';
import type { Entry, RunLog } from './log.ts';

const offerOf = ({ result }: Entry): OfferKey | undefined => (result.kind === 'answered' ? result.offer : undefined);

export const modelOf = (offer: OfferKey): ModelKey => modelKey(offer.slice(offer.indexOf(':') + 1));

const shareOf = (entries: readonly Entry[], holds: (entry: Entry) => boolean): number =>
  entries.length === 0 ? 0 : entries.filter(holds).length / entries.length;

const before = ({ entries, priceChange }: RunLog): readonly Entry[] =>
  entries.filter((entry) => !priceChange || entry.index < priceChange.atRequest);
const after = ({ entries, priceChange }: RunLog): readonly Entry[] =>
  entries.filter((entry) => priceChange && entry.index >= priceChange.atRequest);

/** One line per offer that answered, busiest first. */
export const sharesOf = (log: RunLog) => {
  const { entries } = log;
  const offers = [...new Set(entries.flatMap((entry) => offerOf(entry) ?? []))];
  return offers
    .map((offer) => {
      const here = (entry: Entry): boolean => offerOf(entry) === offer;
      return {
        model: modelOf(offer),
        offer,
        requests: entries.filter(here).length,
        share: shareOf(entries, here),
        share_before_change: shareOf(before(log), here),
        share_after_change: shareOf(after(log), here),
      };
    })
    .toSorted((a, b) => b.requests - a.requests);
};

/** 1-based place of the first that holds; null when none does. */
const firstPlace = (entries: readonly Entry[], holds: (entry: Entry) => boolean): number | null => {
  const at = entries.findIndex(holds);
  return at < 0 ? null : at + 1;
};

/**
 * A price moves a model's traffic between its hosts. `requests_until_moved` counts the requests started after the feeds were read again that this
 * model answered at whatever host, up to the first this offer answered: 1 means the very first. `any_request_until_moved` counts all requests the
 * offer could have served, also those that another model is worth more for.
 */
export const changeOf = (log: RunLog) => {
  const { priceChange } = log;
  if (!priceChange) return null;
  const { offer, atRequest, factor } = priceChange;
  const here = (entry: Entry): boolean => offerOf(entry) === offer;
  const able = after(log).filter((entry) => couldServe(entry, offer));
  const sameModel = able.filter((entry) => {
    const served = offerOf(entry);
    return served !== undefined && modelOf(served) === modelOf(offer);
  });
  return {
    at_request: atRequest,
    offer,
    factor,
    share_before: shareOf(before(log), here),
    share_after: shareOf(after(log), here),
    requests_until_moved: firstPlace(sameModel, here),
    any_request_until_moved: firstPlace(able, here),
    same_model_elsewhere_after: sameModel.filter((entry) => !here(entry)).length,
  };
};

export const outageOf = ({ entries, outage }: RunLog) => {
  if (!outage) return null;
  const { provider, fromRequest, toRequest } = outage;
  const during = entries.filter((entry) => entry.index >= fromRequest && entry.index < toRequest);
  return {
    provider,
    from_request: fromRequest,
    to_request: toRequest,
    failed: during.filter((entry) => entry.result.kind === 'failed').length,
    fallbacks: during.filter((entry) => entry.result.kind === 'answered' && entry.attempts > 1).length,
  };
};

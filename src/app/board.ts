// What the HTTP room is shown of the market: each offer with its sheet and how it has been doing.
import type { Offer, OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';
import type { ListedOffer, MarketBoard } from '../http/listing.ts';
import type { OpenMarket } from './market.ts';
import type { PriceMemory } from './price-memory.ts';

/** A prompt of ordinary size, streamed: what the listing's latency is about. */
const ORDINARY = { inputTokens: 500, stream: true } as const;

export const boardOf = (
  { offers, table, sheetOf, health, latency, uptime, modelSellers }: OpenMarket,
  { clock, memory }: { readonly clock: Clock; readonly memory: Pick<PriceMemory, 'billsOf'> },
): MarketBoard => {
  /** Only what somebody has seen: an assumption is not shown as a fact. */
  const liveOf = (offer: OfferKey): ListedOffer['live'] => {
    const { judged, speedFrom, ...estimate } = latency.estimate({ offer, ...ORDINARY });
    const from = judged?.by ?? speedFrom;
    const measuredAt = latency.measuredAt(offer);
    const share = uptime.share(offer);
    return {
      state: health.view(offer).state,
      ...(judged ? { firstTokenMs: estimate.firstTokenMs, firstTokenMsP95: estimate.firstTokenMsP95 } : {}),
      ...(speedFrom ? { tokensPerSecond: estimate.tokensPerSecond } : {}),
      ...(from ? { latencyFrom: from } : {}),
      ...(measuredAt === undefined ? {} : { measuredAt }),
      ...(share === undefined ? {} : { uptime: share }),
    };
  };

  const listed = (offer: Offer): ListedOffer => {
    const sheet = sheetOf(offer.key, clock.now());
    const bills = memory.billsOf(offer.key);
    const live = liveOf(offer.key);
    return {
      offer,
      configured: modelSellers.isConfigured(offer),
      ...(sheet ? { sheet } : {}),
      ...(bills ? { bills } : {}),
      ...(live ? { live } : {}),
    };
  };

  return {
    offers: () => offers.map(listed),
    sellers: (model) => modelSellers.of(model).map(listed),
    nearest: (model) => modelSellers.nearest(model),
    history: (offer) => table.history(offer),
  };
};

// What the HTTP room is shown of the market: each offer with its sheet and how it has been doing.
import type { Clock } from '../core/ports.ts';
import type { MarketBoard } from '../http/listing.ts';
import type { OpenMarket } from './market.ts';

/** A prompt of ordinary size, streamed: what the listing's latency is about. */
const ORDINARY = { inputTokens: 500, stream: true } as const;

export const boardOf = ({ offers, table, health, latency }: OpenMarket, clock: Clock): MarketBoard => ({
  offers: () =>
    offers.map((offer) => {
      const sheet = table.at(offer.key, clock.now());
      const { firstTokenMs, tokensPerSecond, samples } = latency.estimate({ offer: offer.key, ...ORDINARY });
      const { state } = health.view(offer.key);
      return {
        offer,
        ...(sheet ? { sheet } : {}),
        live: samples < 1 ? { state } : { state, firstTokenMs, tokensPerSecond },
      };
    }),
  history: (offer) => table.history(offer),
});

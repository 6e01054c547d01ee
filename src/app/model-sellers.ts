// Everybody who sells a model: whoever is configured, and whoever else the bundled list or a feed knows of.
import { KNOWN_PROVIDERS } from '../adapters/known.ts';
import { type DataTerms, type ModelKey, type Offer, offerKey } from '../core/offer.ts';
import { modelOfOffer } from '../market/identity.ts';
import { nearestModels } from '../market/nearest-models.ts';
import { offersOf } from '../market/offers.ts';
import type { PriceBoard } from '../market/sheets.ts';
import type { SnapshotRow } from '../market/snapshot.ts';

export type ModelSellersDeps = {
  /** What is on offer here. */
  readonly offers: readonly Offer[];
  readonly rows: readonly SnapshotRow[];
  readonly table: Pick<PriceBoard, 'standings'>;
};

const UNKNOWN_TERMS: DataTerms = { training: 'unknown', retention: 'unknown', regions: [], selfHosted: false };

const termsOf = (provider: string): DataTerms =>
  (Object.hasOwn(KNOWN_PROVIDERS, provider) ? KNOWN_PROVIDERS[provider]?.data : undefined) ?? UNKNOWN_TERMS;

/** A seller nobody configured: it can be shown and never called. */
const bystander = (name: string) => ({
  name,
  dialect: 'chat' as const,
  expresses: new Set<never>(),
  schemas: true,
  data: termsOf(name),
  declared: [],
});

/** All a feed's price line tells of an offer. A context of 0 is unknown. */
const priced = (provider: string, model: ModelKey): Offer => ({
  key: offerKey(provider, model),
  provider,
  model,
  wireId: model,
  dialect: 'chat',
  expresses: new Set(),
  context: 0,
  capabilities: { tools: false, vision: false, json: false, reasoning: false },
  data: termsOf(provider),
});

export const createModelSellers = ({ offers, rows, table }: ModelSellersDeps) => {
  const configured = new Set(offers.map(({ key }) => key));

  return {
    isConfigured: (offer: Offer): boolean => configured.has(offer.key),

    /** One offer a provider, the configured first; empty: nobody is known to sell it. */
    of(model: string): readonly Offer[] {
      const here = offers.filter((offer) => offer.model === model);
      const bundled = rows.filter((row) => row.model === model);
      const names = [...new Set(bundled.map(({ provider }) => provider))];
      const found = new Map(
        [...here, ...offersOf(names.map(bystander), bundled)].toReversed().map((offer) => [offer.provider, offer]),
      );
      for (const { offer } of table.standings()) {
        const named = modelOfOffer(offer);
        const provider = offer.slice(0, offer.indexOf(':'));
        if (named === model && offer === offerKey(provider, named) && !found.has(provider))
          found.set(provider, priced(provider, named));
      }
      return [...found.values()].toSorted((a, b) => Number(configured.has(b.key)) - Number(configured.has(a.key)));
    },

    nearest: (model: string): readonly ModelKey[] =>
      nearestModels(model, [...offers.map((offer) => offer.model), ...rows.map((row) => row.model)]),
  };
};

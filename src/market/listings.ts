// From the rows of all feeds to what each offer is said to cost: rows meet under the key of their offer.
import { median } from 'simple-statistics';
import type { ModelKey, OfferKey } from '../core/offer.ts';
import type { Feed, FeedReading, FeedRow } from '../core/ports.ts';
import type { Quotation } from './consensus.ts';
import { type Canonicaliser, type Identity, offerKeyOf } from './identity.ts';
import { impossible, LEAST_PEERS, type Peers } from './plausibility.ts';
import { basePrice, sameMainPrices } from './rates.ts';

/** A reading with what consensus has to know of its feed. */
export type NamedReading = Pick<Feed, 'name' | 'lineage' | 'precedence'> & FeedReading;

/** One feed's row of one offer. */
export type Listed = { readonly row: FeedRow; readonly quotation: Quotation };

export type Listing = {
  readonly offer: OfferKey;
  readonly provider: string;
  readonly identity: Identity;
  readonly listed: readonly Listed[];
};

const quotationOf = (reading: NamedReading, row: FeedRow): Quotation => ({
  feed: reading.name,
  lineage: reading.lineage,
  precedence: reading.precedence,
  revision: reading.revision,
  observedAt: reading.observedAt,
  ...(row.effectiveFrom === undefined ? {} : { effectiveFrom: row.effectiveFrom }),
  rates: row.sheet.rates,
});

const dearer = (a: Listed, b: Listed): Listed => {
  const sum = ({ row }: Listed) =>
    3 * (basePrice(row.sheet.rates, 'input') ?? 0) + (basePrice(row.sheet.rates, 'output') ?? 0);
  return sum(b) > sum(a) ? b : a;
};

/** A feed may list one offer under two ids. Where they differ the dearer stands: too high loses savings, too low loses money. */
const addListed = (listed: Listed[], next: Listed): void => {
  const at = listed.findIndex(
    ({ quotation }) =>
      quotation.feed === next.quotation.feed && quotation.effectiveFrom === next.quotation.effectiveFrom,
  );
  const known = listed[at];
  if (!known) listed.push(next);
  else if (!sameMainPrices(known.row.sheet.rates, next.row.sheet.rates)) listed[at] = dearer(known, next);
};

/** @param canonicalise maps a provider's id to its model; rows of one offer key meet */
export const listingsOf = (
  readings: readonly NamedReading[],
  canonicalise: Canonicaliser,
): ReadonlyMap<OfferKey, Listing> => {
  const listings = new Map<OfferKey, Listing & { readonly listed: Listed[] }>();
  for (const reading of readings)
    for (const row of reading.rows) {
      const identity = canonicalise(row.provider, row.wireId);
      const offer = offerKeyOf(row.provider, identity);
      const listing = listings.get(offer) ?? { offer, provider: row.provider, identity, listed: [] };
      addListed(listing.listed, { row, quotation: quotationOf(reading, row) });
      listings.set(offer, listing);
    }
  return listings;
};

/** Median main prices per model over its sellers, impossible and free ones left out; only where there are sellers enough. */
export const peersOf = (listings: Iterable<Listing>): ReadonlyMap<ModelKey, Peers> => {
  const perModel = new Map<ModelKey, Map<string, { readonly input: number; readonly output: number }>>();
  for (const { identity, provider, listed } of listings)
    for (const { quotation } of listed) {
      const input = basePrice(quotation.rates, 'input') ?? 0;
      const output = basePrice(quotation.rates, 'output') ?? 0;
      if (input <= 0 || output <= 0 || impossible(quotation.rates)) continue;
      const sellers = perModel.get(identity.model) ?? new Map<string, { input: number; output: number }>();
      if (!sellers.has(provider)) sellers.set(provider, { input, output });
      perModel.set(identity.model, sellers);
    }
  const peers = new Map<ModelKey, Peers>();
  for (const [model, sellers] of perModel) {
    const prices = [...sellers.values()];
    if (prices.length < LEAST_PEERS) continue;
    peers.set(model, {
      input: median(prices.map((price) => price.input)),
      output: median(prices.map((price) => price.output)),
    });
  }
  return peers;
};

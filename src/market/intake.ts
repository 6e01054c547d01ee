// From fresh readings to changes in the book: every offer that is spoken of goes through consensus and quarantine.
import type { PriceSheet } from '../core/price.ts';
import { admit } from './admission.ts';
import { consensusOf } from './consensus.ts';
import type { Canonicaliser } from './identity.ts';
import { type Listing, listingsOf, type NamedReading, peersOf } from './listings.ts';
import type { Peers } from './plausibility.ts';
import { createReadings, type Frozen } from './readings.ts';
import type { Release } from './releases.ts';
import type { PriceChange, SheetBook } from './sheet-book.ts';

export type Applied = { readonly changes: readonly PriceChange[]; readonly frozen: readonly Frozen[] };

type Intake = {
  /** Takes new readings in. Pass none to let dated prices begin. */
  apply(fresh: readonly NamedReading[], at: number): Applied;
  /** Feeds whose last reading was believed. */
  reading(feed: string): NamedReading | undefined;
  setReleases(releases: readonly Release[]): void;
};

type IntakeDeps = { readonly canonicalise: Canonicaliser; readonly book: SheetBook };

/** When the next dated price begins; nothing can change before it unless something is read. */
const nextStart = (listings: Iterable<Listing>, at: number): number => {
  let next = Number.POSITIVE_INFINITY;
  for (const { listed } of listings)
    for (const { quotation } of listed) {
      const from = quotation.effectiveFrom ?? 0;
      if (from > at && from < next) next = from;
    }
  return next;
};

export const createIntake = ({ canonicalise, book }: IntakeDeps): Intake => {
  const readings = createReadings();
  let releases: readonly Release[] = [];
  /** Nothing new can come of what has been read before this instant. */
  let quietUntil = Number.NEGATIVE_INFINITY;

  const consider = (
    { offer, provider, listed }: Listing,
    { peers, live, at }: { readonly peers: Peers | undefined; readonly live: ReadonlySet<string>; readonly at: number },
  ): PriceChange | undefined => {
    const bundled = book.bundled(offer, live);
    const quotations = [...listed.map(({ quotation }) => quotation), ...bundled];
    const found = consensusOf({ offer, provider, quotations, ...(peers ? { peers } : {}) }, at);
    const candidate: PriceSheet | undefined = found.sheet;
    if (!candidate) return undefined;
    const { lineages, sellerSpeaks } = found;
    return admit(book.open(offer), { candidate, lineages: lineages.length, sellerSpeaks, peers, releases, at });
  };

  return {
    apply: (fresh, at) => {
      const frozen = fresh.flatMap((reading) => readings.takeIn(reading, at) ?? []);
      if (fresh.length === 0 && at < quietUntil) return { changes: [], frozen };
      const live = new Set(readings.all().map((reading) => reading.name));
      const listings = listingsOf(readings.all(), canonicalise);
      const market = peersOf(listings.values());
      const changes: PriceChange[] = [];
      for (const listing of listings.values()) {
        const change = consider(listing, { peers: market.get(listing.identity.model), live, at });
        if (change) changes.push(change);
      }
      quietUntil = nextStart(listings.values(), at);
      return { changes, frozen };
    },
    reading: (feed) => readings.get(feed),
    setReleases: (next) => {
      releases = next;
      quietUntil = Number.NEGATIVE_INFINITY;
    },
  };
};

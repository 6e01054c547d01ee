// The versions of every offer's sheet, append-only, and what the quarantine remembers of each offer between two readings.
import type { OfferKey } from '../core/offer.ts';
import type { PriceSheet, Rate } from '../core/price.ts';
import type { Quotation } from './consensus.ts';
import type { Pending, Verdict } from './quarantine.ts';
import { sameRates } from './rates.ts';
import type { Snapshot, SnapshotRow } from './snapshot.ts';
import type { Waiting } from './steady.ts';

export type PriceChange = {
  readonly offer: OfferKey;
  readonly before: PriceSheet | undefined;
  /** What is charged with from now on: the new sheet, the dearer of both while held, the old one when rejected. */
  readonly after: PriceSheet;
  /** released: a person accepted what was held or rejected. */
  readonly verdict: Verdict | 'released';
  readonly reason: string;
  /** What was stated, where that is not what is charged: held or rejected. */
  readonly proposed?: PriceSheet;
  /** Epoch ms. */
  readonly at: number;
};

export type Entry = {
  readonly versions: PriceSheet[];
  /** The last sheet that passed; what is charged with differs from it while a change is held. */
  accepted?: PriceSheet;
  pending?: Pending | undefined;
  /** Lines beside plain input and output that moved too far by themselves. */
  waiting?: Waiting | undefined;
  /** When somebody independent, or time, last stood behind what is believed. Cuts add up from there. */
  confirmedAt?: number;
  /** The last rates that were thrown out, so that the same error is told once. */
  refused?: readonly Rate[];
};

/** History beyond this is in the ledger. */
const MOST_VERSIONS = 200;

const sheetOfRow = (row: SnapshotRow, revision: string): PriceSheet => ({
  offer: row.offer,
  revision,
  rates: row.rates,
  effectiveFrom: row.effectiveFrom,
  observedAt: row.observedAt,
  status: row.status,
  confidence: row.confidence,
  sources: row.sources,
  reasons: row.reasons,
});

export const standsAsBefore = (last: PriceSheet | undefined, next: PriceSheet): last is PriceSheet =>
  last !== undefined && last.status === next.status && sameRates(last.rates, next.rates);

/** Adds a version. Seen again and not changed, the last one keeps its name and start and learns that it still stands. */
export const appendVersion = ({ versions }: Entry, sheet: PriceSheet): void => {
  const last = versions.at(-1);
  if (standsAsBefore(last, sheet)) {
    const { revision, effectiveFrom } = last;
    versions[versions.length - 1] = { ...sheet, revision, effectiveFrom };
  } else versions.push(sheet);
  if (versions.length > MOST_VERSIONS) versions.shift();
};

export type SheetBook = {
  /** What is known of an offer, from the bundled list if from nowhere else. */
  find(offer: OfferKey): Entry | undefined;
  open(offer: OfferKey): Entry;
  /** What has been asked for or changed so far. */
  opened(): Iterable<readonly [OfferKey, Entry]>;
  offers(): readonly OfferKey[];
  /** What the bundled list says in the name of feeds that have not answered. Of a disputed row only the winner's price is known. */
  bundled(offer: OfferKey, live: ReadonlySet<string>): readonly Quotation[];
};

export const createSheetBook = (seed: Snapshot | undefined): SheetBook => {
  const rows = new Map((seed?.rows ?? []).map((row) => [row.offer, row]));
  const feeds = new Map((seed?.feeds ?? []).map((feed) => [feed.feed, feed]));
  const entries = new Map<OfferKey, Entry>();

  const find = (offer: OfferKey): Entry | undefined => {
    const known = entries.get(offer);
    const row = known ? undefined : rows.get(offer);
    if (!row || !seed) return known;
    const sheet = sheetOfRow(row, seed.revision);
    const entry: Entry = { versions: [sheet], accepted: sheet };
    entries.set(offer, entry);
    return entry;
  };

  return {
    find,
    open: (offer) => {
      const entry = find(offer) ?? { versions: [] };
      entries.set(offer, entry);
      return entry;
    },
    opened: () => entries,
    offers: () => [...new Set([...rows.keys(), ...entries.keys()])],
    bundled: (offer, live) => {
      const row = rows.get(offer);
      const speaking = row?.status === 'disputed' ? row.sources.slice(0, 1) : (row?.sources ?? []);
      return speaking.flatMap((source): Quotation[] => {
        const feed = feeds.get(source.feed);
        return row && feed && !live.has(feed.feed) ? [{ ...feed, rates: row.rates }] : [];
      });
    },
  };
};

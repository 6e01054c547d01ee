// The price table: readings go in through consensus and quarantine, sheets come out by offer and instant.
import type { OfferKey } from '../core/offer.ts';
import type { PriceSheet } from '../core/price.ts';
import { consensusOf } from './consensus.ts';
import type { Override } from './feeds/local-file.ts';
import { type Canonicaliser, modelOfOffer } from './identity.ts';
import { listingsOf, type NamedReading, peersOf } from './listings.ts';
import { activeOverrides, applyOverrides } from './overlay.ts';
import { createReadings, type Frozen } from './readings.ts';
import { admit, appendVersion, createSheetBook, type PriceChange, type SheetBook } from './sheet-book.ts';
import type { Snapshot } from './snapshot.ts';
import { aged } from './trust.ts';

export type Applied = { readonly changes: readonly PriceChange[]; readonly frozen: readonly Frozen[] };

export type PriceTableDeps = {
  readonly canonicalise: Canonicaliser;
  /** The bundled list: what is known before any feed has answered. */
  readonly seed?: Snapshot;
};

export type PriceTable = {
  /** Takes new readings in. Pass none to let dated prices begin. Effective for the next request. */
  applyReadings(fresh: readonly NamedReading[], at: number): Applied;
  /** The feed answered that nothing has changed: what it said still stands at `at`. */
  confirm(feed: string, at: number): Applied;
  /** A person accepts what is held. */
  release(offer: OfferKey, at: number): PriceChange | undefined;
  /** Replaces the operator's own prices. */
  setOverrides(overrides: readonly Override[]): void;
  /** The sheet that holds at an instant; undefined when nothing is known of the offer then. */
  at(offer: OfferKey, at: number): PriceSheet | undefined;
  /** Every version of an offer, oldest first. */
  history(offer: OfferKey): readonly PriceSheet[];
  all(at: number): readonly PriceSheet[];
};

/** Sheets age by the hour, and overrides begin and end at one; in between the same object is given, so that asking costs nothing. */
const HOUR_MS = 3600 * 1000;
/** Offers a sheet is kept ready for; more can only be keys that somebody made up. */
const MOST_VIEWS = 20_000;

/** The sheet of one offer as it stands during one hour. */
type View = {
  readonly hour: number;
  readonly of: PriceSheet | undefined;
  readonly sheet: PriceSheet | undefined;
};

const releaseHeld = (book: SheetBook, offer: OfferKey, at: number): PriceChange | undefined => {
  const entry = book.find(offer);
  if (!entry?.pending || !entry.candidate) return undefined;
  const before = entry.versions.at(-1);
  const after = { ...entry.candidate, reasons: ['released by a person', ...entry.candidate.reasons] };
  entry.accepted = after;
  entry.pending = undefined;
  appendVersion(entry, after);
  return { offer, before, after, verdict: 'applied', reason: 'released by a person', at };
};

export const createPriceTable = ({ canonicalise, seed }: PriceTableDeps): PriceTable => {
  const book = createSheetBook(seed);
  const readings = createReadings();
  const bundled = new Map((seed?.feeds ?? []).map((feed) => [feed.feed, feed.precedence]));
  const views = new Map<OfferKey, View>();
  let overrides: readonly Override[] = [];

  const applyReadings = (fresh: readonly NamedReading[], at: number): Applied => {
    const frozen = fresh.flatMap((reading) => readings.takeIn(reading, at) ?? []);
    const live = new Set(readings.all().map((reading) => reading.name));
    const listings = listingsOf(readings.all(), canonicalise);
    const market = peersOf(listings.values());
    const changes: PriceChange[] = [];
    for (const { offer, provider, identity, listed } of listings.values()) {
      const peers = market.get(identity.model);
      const quotations = [...listed.map(({ quotation }) => quotation), ...book.bundled(offer, live)];
      const { sheet, lineages } = consensusOf({ offer, provider, quotations, ...(peers ? { peers } : {}) }, at);
      const change = sheet && admit(book.open(offer), { candidate: sheet, lineages: lineages.length, peers, at });
      if (change) changes.push(change);
    }
    return { changes, frozen };
  };

  /** @param version what the market says; undefined for an offer that only the operator knows */
  const viewOf = (version: PriceSheet | undefined, offer: OfferKey, at: number): PriceSheet | undefined => {
    const active = activeOverrides(overrides, offer, at);
    if (!version) return applyOverrides(undefined, offer, active);
    const feed = version.sources[0]?.feed ?? '';
    const precedence = readings.get(feed)?.precedence ?? bundled.get(feed) ?? 1;
    return applyOverrides(aged(version, { model: modelOfOffer(offer), precedence, at }), offer, active);
  };

  const sheetAt = (offer: OfferKey, at: number): PriceSheet | undefined => {
    const version = book.find(offer)?.versions.findLast((sheet) => sheet.effectiveFrom <= at);
    const hour = Math.floor(at / HOUR_MS);
    const known = views.get(offer);
    if (known?.hour === hour && known.of === version) return known.sheet;
    const sheet = viewOf(version, offer, at);
    if (views.size >= MOST_VIEWS) views.clear();
    views.set(offer, { hour, of: version, sheet });
    return sheet;
  };

  return {
    applyReadings,
    confirm: (feed, at) => {
      const reading = readings.get(feed);
      return reading ? applyReadings([{ ...reading, observedAt: at }], at) : { changes: [], frozen: [] };
    },
    release: (offer, at) => releaseHeld(book, offer, at),
    setOverrides: (next) => {
      overrides = next;
      views.clear();
    },
    at: sheetAt,
    history: (offer) => [...(book.find(offer)?.versions ?? [])],
    all: (at) => book.offers().flatMap((offer) => sheetAt(offer, at) ?? []),
  };
};

// The price table: readings go in through consensus and quarantine, sheets come out by offer and instant.
import type { OfferKey } from '../core/offer.ts';
import type { PriceSheet } from '../core/price.ts';
import { withCurrencyAge } from './currency.ts';
import type { Override } from './feeds/local-file.ts';
import { type Canonicaliser, modelOfOffer } from './identity.ts';
import { type Applied, createIntake } from './intake.ts';
import type { NamedReading } from './listings.ts';
import { activeOverrides, applyOverrides } from './overlay.ts';
import type { Release } from './releases.ts';
import { appendVersion, createSheetBook, type Entry, type SheetBook } from './sheet-book.ts';
import type { Snapshot } from './snapshot.ts';
import { aged } from './trust.ts';

/** How an offer stands: what is charged, and what the quarantine remembers. Plain data, so that it can cross to another thread. */
export type Standing = Omit<Entry, 'versions'> & { readonly offer: OfferKey; readonly last: PriceSheet };

/** Offers that stand as they stood and have just been seen again. Most of them have, most of the time. */
export type SeenAgain = Pick<PriceSheet, 'observedAt' | 'confidence' | 'sources'> & {
  readonly confirmedAt: number | undefined;
  readonly offers: readonly OfferKey[];
};

/** What is asked of prices; it changes only by what is installed. */
export type PriceBoard = {
  /** The sheet that holds at an instant; undefined when nothing is known of the offer then. */
  at(offer: OfferKey, at: number): PriceSheet | undefined;
  /** The sheet that holds now: a wall clock that was put back since it was seen does not take it away. */
  now(offer: OfferKey, at: number): PriceSheet | undefined;
  /** Every version of an offer, oldest first. */
  history(offer: OfferKey): readonly PriceSheet[];
  all(at: number): readonly PriceSheet[];
  /** Replaces the operator's own prices. */
  setOverrides(overrides: readonly Override[]): void;
  /** Takes over how offers stand elsewhere. */
  install(standings: readonly Standing[], precedences: ReadonlyMap<string, number>): void;
  /** The same for offers of which only the time is new. */
  see(seen: readonly SeenAgain[]): void;
  /** Puts back the last sheets that were believed before a restart, so that nothing is forgotten or quarantined again. */
  restore(sheets: readonly PriceSheet[]): void;
  /** How every offer stands that anything has been heard of. */
  standings(): Iterable<Standing>;
};

/** What prices come in through. */
export type PriceTable = PriceBoard & {
  /** Takes new readings in. Pass none to let dated prices begin. Effective for the next request. */
  applyReadings(fresh: readonly NamedReading[], at: number): Applied;
  /** The feed answered that nothing has changed: what it said still stands at `at`. */
  confirm(feed: string, at: number): Applied;
  /** Replaces what people have accepted; effective when readings or the time are next applied. */
  setReleases(releases: readonly Release[]): void;
  /** The precedence of every feed that has been read. */
  precedences(): ReadonlyMap<string, number>;
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

/** What an entry forgets when another memory of the offer is installed. */
const NO_MEMORY = {
  accepted: undefined,
  pending: undefined,
  refused: undefined,
  waiting: undefined,
  confirmedAt: undefined,
};

function* standingsOf(book: SheetBook): Iterable<Standing> {
  for (const [offer, { versions, ...memory }] of book.opened()) {
    const last = versions.at(-1);
    if (last) yield { ...memory, offer, last };
  }
}

const isBelieved = ({ status }: PriceSheet): boolean => status !== 'held';

/** Does an offer stand as it stood, but for having been seen again? */
export const isSeenAgain = (before: Standing | undefined, now: Standing): boolean => {
  if (!before || before.pending || before.waiting || before.refused || now.pending || now.waiting || now.refused)
    return false;
  const [old, last] = [before.last, now.last];
  const same = old.revision === last.revision && old.status === last.status && old.rates.length === last.rates.length;
  if (!same || last.rates.some(({ native }) => native !== undefined)) return false;
  return old.sources.length === last.sources.length && old.reasons.join() === last.reasons.join();
};

const seeAgain = (book: SheetBook, { offers, confirmedAt, ...fresh }: SeenAgain): void => {
  for (const offer of offers) {
    const entry = book.open(offer);
    const last = entry.versions.at(-1);
    if (!last) continue;
    const sheet = { ...last, ...fresh };
    entry.versions[entry.versions.length - 1] = sheet;
    if (isBelieved(sheet)) entry.accepted = sheet;
    if (confirmedAt !== undefined) entry.confirmedAt = confirmedAt;
  }
};

/** @param precedences of the feeds of the bundled list; what is read adds to them */
const boardOn = (book: SheetBook, precedences: Map<string, number>): PriceBoard => {
  const views = new Map<OfferKey, View>();
  let overrides: readonly Override[] = [];

  /** @param version what the market says; undefined for an offer that only the operator knows */
  const viewOf = (version: PriceSheet | undefined, offer: OfferKey, at: number): PriceSheet | undefined => {
    const active = activeOverrides(overrides, offer, at);
    const precedence = precedences.get(version?.sources[0]?.feed ?? '') ?? 1;
    const sheet = version && aged(version, { model: modelOfOffer(offer), precedence, at });
    return withCurrencyAge(applyOverrides(sheet, offer, active), at);
  };

  const sheetFrom = (isBegun: (sheet: PriceSheet) => boolean, offer: OfferKey, at: number): PriceSheet | undefined => {
    const version = book.find(offer)?.versions.findLast(isBegun);
    const hour = Math.floor(at / HOUR_MS);
    const known = views.get(offer);
    if (known?.hour === hour && known.of === version) return known.sheet;
    const sheet = viewOf(version, offer, at);
    if (views.size >= MOST_VIEWS) views.clear();
    views.set(offer, { hour, of: version, sheet });
    return sheet;
  };
  const sheetAt: PriceBoard['at'] = (offer, at) => sheetFrom(({ effectiveFrom }) => effectiveFrom <= at, offer, at);

  return {
    at: sheetAt,
    now: (offer, at) => sheetFrom((sheet) => sheet.effectiveFrom <= Math.max(at, sheet.observedAt), offer, at),
    history: (offer) => [...(book.find(offer)?.versions ?? [])],
    all: (at) => book.offers().flatMap((offer) => sheetAt(offer, at) ?? []),
    setOverrides: (next) => {
      overrides = next;
      views.clear();
    },
    install: (standings, known) => {
      for (const [feed, precedence] of known) precedences.set(feed, precedence);
      for (const { offer, last, ...memory } of standings) {
        const entry = book.open(offer);
        appendVersion(entry, last);
        Object.assign(entry, NO_MEMORY, memory);
      }
    },
    see: (seen) => seen.forEach((group) => seeAgain(book, group)),
    restore: (sheets) => {
      for (const sheet of sheets) {
        const entry = book.open(sheet.offer);
        if ((entry.versions.at(-1)?.observedAt ?? 0) > sheet.observedAt) continue;
        appendVersion(entry, sheet);
        if (isBelieved(sheet)) entry.accepted = sheet;
      }
    },
    standings: () => standingsOf(book),
  };
};

const bundledPrecedences = (seed: Snapshot | undefined): Map<string, number> =>
  new Map((seed?.feeds ?? []).map((feed) => [feed.feed, feed.precedence]));

/** The board alone, for the thread that answers requests. */
export const createPriceBoard = ({ seed }: { readonly seed?: Snapshot }): PriceBoard =>
  boardOn(createSheetBook(seed), bundledPrecedences(seed));

export type PriceTableDeps = {
  readonly canonicalise: Canonicaliser;
  /** The bundled list: what is known before any feed has answered. */
  readonly seed?: Snapshot;
};

export const createPriceTable = ({ canonicalise, seed }: PriceTableDeps): PriceTable => {
  const book = createSheetBook(seed);
  const precedences = bundledPrecedences(seed);
  const intake = createIntake({ canonicalise, book });

  const applyReadings = (fresh: readonly NamedReading[], at: number): Applied => {
    for (const { name, precedence } of fresh) precedences.set(name, precedence);
    return intake.apply(fresh, at);
  };

  return {
    ...boardOn(book, precedences),
    applyReadings,
    confirm: (feed, at) => {
      const reading = intake.reading(feed);
      return reading ? applyReadings([{ ...reading, observedAt: at }], at) : { changes: [], frozen: [] };
    },
    setReleases: intake.setReleases,
    precedences: () => precedences,
  };
};

// How one candidate for an offer's price goes through the quarantine into the book, and what there is to tell of it.
import type { PriceSheet, Rate } from '../core/price.ts';
import { sheetRevision } from './consensus.ts';
import { type Peers, unitError } from './plausibility.ts';
import { CONFIRM_AFTER_MS, judge, type Ruling } from './quarantine.ts';
import { sameRates } from './rates.ts';
import { type Release, releaseFor } from './releases.ts';
import { appendVersion, type Entry, type PriceChange, standsAsBefore } from './sheet-book.ts';
import { steadied, waitingSince, withDearer } from './steady.ts';

/** Cuts within this time add up, unless they are confirmed on the way. */
const CUTS_ADD_UP_MS = 7 * 24 * 3600 * 1000;

export type Candidate = {
  readonly candidate: PriceSheet;
  /** Independent lineages that state it. */
  readonly lineages: number;
  readonly sellerSpeaks: boolean;
  readonly peers: Peers | undefined;
  /** What people have accepted. */
  readonly releases: readonly Release[];
  readonly at: number;
};

/** What was charged with and believed since the last confirmation, and not longer ago than cuts add up. */
const recentOf = ({ versions, confirmedAt = 0 }: Entry, at: number): readonly PriceSheet[] => {
  const since = Math.max(at - CUTS_ADD_UP_MS, confirmedAt);
  return versions.filter(({ status, observedAt }) => status !== 'held' && observedAt >= since);
};

const rulingOf = (entry: Entry, { candidate, lineages, sellerSpeaks, peers, at }: Candidate): Ruling => {
  const { accepted, pending } = entry;
  const acceptedIsUnitError = accepted !== undefined && unitError(accepted.rates, peers) !== undefined;
  const recent = recentOf(entry, at);
  return judge({ accepted, candidate, lineages, sellerSpeaks, pending, recent, peers, acceptedIsUnitError, at });
};

/** A person's word counts where the quarantine would not let the price through. */
const released = (ruling: Ruling, { candidate, releases, at }: Candidate): Ruling | undefined => {
  if (ruling.verdict === 'applied') return undefined;
  const release = releaseFor(releases, { offer: candidate.offer, rates: candidate.rates, at });
  if (!release) return undefined;
  const reason = `released by ${release.by}${release.reason ? `: ${release.reason}` : ''}`;
  const sheet = { ...candidate, reasons: [reason, ...candidate.reasons] };
  return { verdict: 'applied', sheet, reason, confirmed: true };
};

/** The candidate without what moved by itself beside its plain prices; that waits for itself. */
const steadyOf = (
  entry: Entry,
  candidate: PriceSheet,
): { readonly sheet: PriceSheet; readonly dearer: readonly Rate[] } => {
  const { accepted } = entry;
  if (!accepted || sameRates(accepted.rates, candidate.rates)) {
    entry.waiting = undefined;
    return { sheet: candidate, dearer: [] };
  }
  const waiting = waitingSince(entry.waiting, candidate.rates, candidate.observedAt);
  const stood = candidate.observedAt - waiting.firstSeenAt >= CONFIRM_AFTER_MS;
  const { rates, dearer, reasons } = steadied(accepted.rates, candidate.rates, stood);
  entry.waiting = reasons.length > 0 ? waiting : undefined;
  return {
    sheet:
      reasons.length > 0 ? charging({ ...candidate, reasons: [...reasons, ...candidate.reasons] }, rates) : candidate,
    dearer,
  };
};

/** The sheet with other rates, under the name they give it. */
const charging = (sheet: PriceSheet, rates: readonly Rate[]): PriceSheet =>
  rates === sheet.rates ? sheet : { ...sheet, rates, revision: sheetRevision(sheet.offer, rates, sheet.effectiveFrom) };

/** Lets one candidate through the quarantine into the book; gives a change when there is something to tell. */
export const admit = (entry: Entry, asked: Candidate): PriceChange | undefined => {
  const steady = steadyOf(entry, asked.candidate);
  const question = { ...asked, candidate: steady.sheet };
  const { candidate, at } = question;
  const judged = rulingOf(entry, question);
  const accepted = released(judged, question);
  const { verdict, reason, sheet, pending, confirmed } = accepted ?? judged;
  const after = verdict === 'rejected' ? sheet : charging(sheet, withDearer(sheet.rates, steady.dearer));
  const before = entry.versions.at(-1);
  const proposed = verdict === 'applied' ? {} : { proposed: asked.candidate };
  const change = {
    offer: candidate.offer,
    before,
    after,
    verdict: accepted ? 'released' : verdict,
    reason,
    at,
  } as const;
  entry.pending = pending;
  if (verdict === 'rejected') {
    const told = entry.refused !== undefined && sameRates(entry.refused, candidate.rates);
    entry.refused = candidate.rates;
    return told ? undefined : { ...change, ...proposed };
  }
  delete entry.refused;
  if (verdict === 'applied') entry.accepted = sheet;
  if (confirmed) entry.confirmedAt = at;
  appendVersion(entry, after);
  return standsAsBefore(before, after) ? undefined : { ...change, ...proposed };
};

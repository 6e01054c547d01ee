// What is remembered of every change of a price, and which price held at an instant as far as we knew at another.
import type { NanoUsd } from './money.ts';
import type { OfferKey } from './offer.ts';
import type { PriceSheet, PriceSource, Rate } from './price.ts';

/** applied: charged with from now on · held: the dearer of both is · rejected: the old one stands · released: a person let a held one through. */
export const PRICE_VERDICTS = ['applied', 'held', 'rejected', 'released'] as const;
export type PriceVerdict = (typeof PRICE_VERDICTS)[number];

/** One change of one offer's price. Append-only; `sheet.effectiveFrom` is the seller's time, `observedAt` ours. */
export type PriceRecord = {
  readonly offer: OfferKey;
  readonly verdict: PriceVerdict;
  readonly reason: string;
  /** Epoch ms: when the change was judged. */
  readonly observedAt: number;
  /** What was charged before; absent for a first price. */
  readonly before?: readonly Rate[];
  /** What is charged with from then on: of a rejected change the old sheet. */
  readonly sheet: PriceSheet;
  /** What the source said, where that is not what is charged. */
  readonly proposed?: readonly Rate[];
  /** Who said so first of all that do. */
  readonly source?: PriceSource;
};

/** What was asked for: the rates the source stated, charged with or not. */
export const statedRates = ({ sheet, proposed }: PriceRecord): readonly Rate[] => proposed ?? sheet.rates;

export type HistoryRange = {
  /** Half-open, epoch ms, on `observedAt`. */
  readonly from: number;
  readonly to: number;
  /** The newest so many. */
  readonly limit: number;
};

/** A call whose seller said what it charged for it. */
export type BilledCall = {
  readonly offer: OfferKey;
  readonly at: number;
  readonly billed: NanoUsd;
  /** What the price sheet of that moment makes of the same use. */
  readonly computed: NanoUsd;
  /** Of that sheet (mainPricesOf). */
  readonly mainPrices: string;
};

/** few: not enough bills · agrees: within 1 % · steady: off by one factor · unsteady: off, and by no one factor. */
export type Standing = 'few' | 'agrees' | 'steady' | 'unsteady';

/** How a seller's own bills compare with its price sheet. */
export type BillCheck = {
  readonly offer: OfferKey;
  readonly standing: Standing;
  /** Dollars billed per dollar computed. */
  readonly ratio: number;
  /** Standard deviation of the ratio from call to call, weighted by money, as a share of it. */
  readonly spread: number;
  readonly calls: number;
};

/** Calls kept in mind per offer to compare bills with the sheet. */
export const BILLS_PER_OFFER = 100;

/**
 * The sheet that holds at `at` by what was known at `knownAt`: of what had been observed by then and had begun, the last that was observed.
 * A later observation speaks for all the time from its own beginning on, so it also corrects the past; that an older record is never
 * changed is what makes yesterday's answer to "as known yesterday" come out the same today.
 * @param records of one offer, in the order they were observed
 */
export const sheetAsOf = (
  records: readonly PriceRecord[],
  { at, knownAt }: { readonly at: number; readonly knownAt: number },
): PriceSheet | undefined =>
  records.findLast(
    ({ verdict, observedAt, sheet }) => verdict !== 'rejected' && observedAt <= knownAt && sheet.effectiveFrom <= at,
  )?.sheet;

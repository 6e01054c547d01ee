// What the ledger knows of prices: every change in the order it was observed, and the bills that sellers wrote themselves.
import { sql } from 'kysely';
import { nanoUsd } from '../core/money.ts';
import type { OfferKey } from '../core/offer.ts';
import { type BilledCall, BILLS_PER_OFFER, type HistoryRange, type PriceRecord } from '../core/price-history.ts';
import type { Attempt } from '../core/outcome.ts';
import { decode } from './codec.ts';
import { wholeOf } from './read.ts';
import type { LedgerDatabase } from './schema.ts';
import { instant } from './spend-sums.ts';

const recordOf = ({ body }: { readonly body: string }): PriceRecord => decode(body) as PriceRecord;

/** Changes in a stretch of time, of one offer or of all: the newest `limit`, in the order they were observed. */
export const readPriceChanges = async (
  db: LedgerDatabase,
  { from, to, limit }: HistoryRange,
  offer?: OfferKey,
): Promise<PriceRecord[]> => {
  const rows = await db
    .selectFrom('price_changes')
    .select('body')
    .where('observed_at', '>=', instant(from))
    .where('observed_at', '<', instant(to))
    .$if(offer !== undefined, (query) => query.where('offer', '=', offer ?? ''))
    .orderBy('observed_at', 'desc')
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  return rows.toReversed().map(recordOf);
};

/** Per offer the last change that was not rejected, and the last that was believed where that is another. */
export const readLatestPrices = async (db: LedgerDatabase): Promise<PriceRecord[]> => {
  const last = (verdicts: readonly string[]) =>
    db
      .selectFrom('price_changes')
      .select((of) => of.fn.max('seq').as('seq'))
      .where('verdict', 'in', verdicts)
      .groupBy('offer');
  const rows = await db
    .selectFrom('price_changes')
    .select('body')
    .where((or) =>
      or.or([or('seq', 'in', last(['applied', 'held', 'released'])), or('seq', 'in', last(['applied', 'released']))]),
    )
    .orderBy('seq')
    .execute();
  return rows.map(recordOf);
};

/** Attempts whose bill was believed, and that a sheet could price: of each offer the last BILLS_PER_OFFER, oldest first. */
export const readBills = async (db: LedgerDatabase): Promise<BilledCall[]> => {
  const billed = db.selectFrom('attempts').where('billed', 'is not', null);
  const offers = await billed.select('offer').distinct().execute();
  const calls: BilledCall[] = [];
  for (const { offer } of offers) {
    const rows = await billed
      .where('offer', '=', offer)
      .where('result', '=', 'ok')
      .where('computed', '>', 0n)
      .where(sql<boolean>`billed = cost`)
      .orderBy('at', 'desc')
      .orderBy('request_id', 'desc')
      .limit(BILLS_PER_OFFER)
      .select(['at', 'billed', 'computed', 'body'])
      .execute();
    for (const row of rows.toReversed())
      calls.push({
        offer: offer as OfferKey,
        at: wholeOf(row.at),
        billed: nanoUsd(wholeOf(row.billed)),
        computed: nanoUsd(wholeOf(row.computed)),
        mainPrices: (decode(row.body) as Attempt).mainPrices ?? '?',
      });
  }
  return calls;
};

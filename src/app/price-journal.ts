// Writes every change of a price into the database, behind the requests: a bounded queue, small batches, failures counted and said.
import { RouterError } from '../core/errors.ts';
import type { OfferKey } from '../core/offer.ts';
import type { PriceRecord } from '../core/price-history.ts';
import type { Clock, PriceHistory } from '../core/ports.ts';
import { sameRates } from '../market/rates.ts';
import type { PriceChange } from '../market/sheet-book.ts';

export type PriceJournalDeps = {
  readonly history: Pick<PriceHistory, 'append'>;
  /** The last changes of every offer, as the database has them: what a restart finds again is no news. */
  readonly latest: readonly PriceRecord[];
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** Hears how many changes could not be written. */
  readonly onLost: (changes: number) => void;
};

/** More than a first reading of every feed brings at once. */
const MOST_WAITING = 20_000;
/** Small, so that a commit of prices never holds up the note of a request for long. */
const BATCH = 100;
const TRIES = 4;
const RETRY_MS = 5_000;

export const recordOf = ({ offer, before, after, verdict, reason, at, proposed }: PriceChange): PriceRecord => {
  const source = (proposed ?? after).sources[0];
  return {
    offer,
    verdict,
    reason,
    observedAt: Math.floor(at),
    ...(before ? { before: before.rates } : {}),
    sheet: after,
    ...(proposed ? { proposed: proposed.rates } : {}),
    ...(source ? { source } : {}),
  };
};

const isMalformed = (fault: unknown): boolean => fault instanceof RouterError && fault.code === 'internal';

const saysTheSame = (last: PriceRecord, { sheet }: PriceRecord): boolean =>
  last.sheet.status === sheet.status && sameRates(last.sheet.rates, sheet.rates);

export const createPriceJournal = ({ history, latest, clock, say, onLost }: PriceJournalDeps) => {
  const last = new Map<OfferKey, PriceRecord>(latest.map((record) => [record.offer, record]));
  const waiting: PriceRecord[] = [];
  const closing = new AbortController();
  let writing: Promise<void> | undefined;

  const lose = (changes: number, why: string): void => {
    onLost(changes);
    say(`price history: ${changes} changes could not be written: ${why}`);
  };

  const write = async (batch: readonly PriceRecord[]): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await history.append(batch);
      } catch (fault) {
        // One that is not well formed must not take its neighbours with it, and trying again does not mend it.
        if (isMalformed(fault) && batch.length > 1) {
          for (const record of batch) await write([record]);
          return;
        }
        const why = fault instanceof Error ? fault.message : String(fault);
        if (attempt >= TRIES || closing.signal.aborted || isMalformed(fault)) return lose(batch.length, why);
        await clock.sleep(RETRY_MS, closing.signal);
      }
    }
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) await write(waiting.splice(0, BATCH));
    writing = undefined;
  };

  return {
    /** Takes a change in at once; it is written a little later. */
    note(change: PriceChange): void {
      const stated = recordOf(change);
      const before = last.get(change.offer);
      if (stated.verdict !== 'rejected') {
        if (before && saysTheSame(before, stated)) return;
        last.set(change.offer, stated);
      }
      if (waiting.length >= MOST_WAITING) return lose(1, `${waiting.length} are waiting`);
      // The table begins with a bundled list; the database knows better what was charged before.
      waiting.push(before ? { ...stated, before: before.sheet.rates } : stated);
      writing ??= Promise.resolve().then(drain);
    },

    /** Writes what is waiting, without patience for a database that is gone. */
    async close(): Promise<void> {
      closing.abort();
      await writing;
    },
  };
};

// What is remembered of prices from run to run: every change goes into the database, every bill is compared with its sheet.
import type { Outcome } from '../core/outcome.ts';
import type { Clock, PriceHistory } from '../core/ports.ts';
import type { PriceSheet } from '../core/price.ts';
import type { BillCheck, PriceVerdict } from '../core/price-history.ts';
import { billedCallOf, billCheckText, createCalibration } from '../market/calibration.ts';
import type { PriceChange } from '../market/sheet-book.ts';
import { createPriceJournal } from './price-journal.ts';

export type PriceMemoryWorld = {
  readonly history: PriceHistory;
  readonly clock: Clock;
  readonly say: (line: string) => void;
};

const CONCLUSION = {
  few: 'too few to judge now',
  agrees: 'which agrees again',
  steady: 'one factor explains it',
  unsteady: 'no one factor explains it',
} as const satisfies Record<BillCheck['standing'], string>;

export const openPriceMemory = async ({ history, clock, say }: PriceMemoryWorld) => {
  const latest = await history.latest();
  const changes: { [V in PriceVerdict]: number } = { applied: 0, held: 0, rejected: 0, released: 0 };
  let lost = 0;
  const onLost = (count: number): void => {
    lost += count;
  };
  const journal = createPriceJournal({ history, latest, clock, say, onLost });
  const calibration = createCalibration({
    onChange: (bills) => say(`${bills.offer}: its ${billCheckText(bills)}; ${CONCLUSION[bills.standing]}`),
  });
  calibration.recall(await history.bills());
  return {
    /** Of every offer that ever changed the last sheet that was believed, and the one that was charged with if another. */
    known: latest.map(({ sheet }): PriceSheet => sheet),

    changed(change: PriceChange): void {
      changes[change.verdict] += 1;
      journal.note(change);
      say(`price of ${change.offer} ${change.verdict}: ${change.reason}`);
    },

    /** Compares what each call was billed with what its sheet made of it. */
    settled({ attempts }: Outcome): void {
      for (const attempt of attempts) {
        const call = billedCallOf(attempt);
        if (call) calibration.record(call);
      }
    },

    judged: calibration.judged,
    billsOf: calibration.bills,
    billChecks: calibration.all,
    numbers: () => ({ changes, lost, billChecks: calibration.all() }),
    close: journal.close,
  };
};

export type PriceMemory = Awaited<ReturnType<typeof openPriceMemory>>;

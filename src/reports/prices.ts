// The price report: what changed and when, what of the traffic each change would move, and whether sellers bill what they state.
import { setImmediate as turn } from 'node:timers/promises';
import type { Range } from '../core/ledger.ts';
import type { PriceHistory, Traffic } from '../core/ports.ts';
import type { Rate } from '../core/price.ts';
import { type BillCheck, statedRates } from '../core/price-history.ts';
import { billView, lineOf, type PriceReportJson } from './price-lines.ts';
import { createShifts } from './price-shift.ts';
import { csvOf, textOf } from './price-text.ts';
import { instantText } from './spend.ts';

export type PriceReportDeps = {
  readonly prices: Pick<PriceHistory, 'within'>;
  readonly traffic: Traffic;
  readonly billChecks: readonly BillCheck[];
};

export type PriceQuestion = {
  readonly range: Pick<Range, 'from' | 'to'>;
  /** Epoch ms; the traffic is that of the 24 hours before. */
  readonly now: number;
};

const DAY_MS = 24 * 3600 * 1000;
/** The newest of a period; what is older is in the database. */
const MOST_CHANGES = 5_000;
/** Of the last day, the newest: some seconds of reading. */
const MOST_DECISIONS = 50_000;
/** Decisions times the changes that concern them: a few seconds of work. */
const MOST_CONSIDERED = 1_000_000;
/** Then other work gets its turn: this runs beside requests. */
const SLICE = 10;

const ESTIMATE =
  'Estimated: every logged decision of the last 24 hours is decided again with this one price changed and all else as it was logged, ' +
  'by expected utility at the mean of quality; nothing is drawn anew, exploring requests count as if they had not explored, and a ' +
  'budget does not react. Dollars are expected ones.';

export type PriceReport = { readonly json: PriceReportJson; readonly csv: () => string; readonly text: () => string };

const linesOf = (rates: readonly Rate[]): string =>
  rates
    .map(({ meter, price, tier, when }) => JSON.stringify([meter, price, tier, when]))
    .toSorted()
    .join();

const sameLines = (before: readonly Rate[] | undefined, after: readonly Rate[]): boolean =>
  before !== undefined && linesOf(before) === linesOf(after);

const decideAgain = async (
  steps: Parameters<typeof createShifts>[0],
  { traffic, now }: Pick<PriceReportDeps, 'traffic'> & Pick<PriceQuestion, 'now'>,
) => {
  const shifts = createShifts(steps);
  let seen = 0;
  let usd = 0;
  for await (const page of traffic.decisions({ from: now - DAY_MS, to: now + 1 })) {
    for (const decision of page) {
      if (seen >= MOST_DECISIONS || shifts.considered() >= MOST_CONSIDERED)
        return { shifts: shifts.shifts(), seen, usd, complete: false };
      seen += 1;
      usd += (decision.ladder[0]?.quote.cost ?? 0) / 1e9;
      shifts.see(decision);
      if (seen % SLICE === 0) await turn();
    }
  }
  return { shifts: shifts.shifts(), seen, usd, complete: true };
};

/** Changes of the period, what matters most in money first. What changed nothing but the status is counted and left out. */
export const priceReport = async (
  { prices, traffic, billChecks }: PriceReportDeps,
  { range, now }: PriceQuestion,
): Promise<PriceReport> => {
  const all = await prices.within({ ...range, limit: MOST_CHANGES });
  const moved = all.filter((record) => !sameLines(record.before, statedRates(record)));
  const steps = moved.map((record) => ({ offer: record.offer, before: record.before, after: statedRates(record) }));
  const { shifts, seen, usd, complete } = await decideAgain(steps, { traffic, now });
  const lines = moved
    .flatMap((record, at) => {
      const shift = shifts[at];
      return shift ? [{ line: lineOf(record, shift), atStake: shift.atStakeUsd }] : [];
    })
    .sort((a, b) => b.atStake - a.atStake || Math.abs(b.line.change ?? 0) - Math.abs(a.line.change ?? 0));
  const report: PriceReportJson = {
    from: instantText(range.from),
    to: instantText(range.to),
    traffic: { requests: seen, usd, complete },
    estimate: ESTIMATE,
    status_only: all.length - moved.length,
    complete: all.length < MOST_CHANGES,
    changes: lines.map(({ line }) => line),
    bills: billChecks.map(billView),
  };
  return { json: report, csv: () => csvOf(report), text: () => textOf(report) };
};

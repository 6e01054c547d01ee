// A line of the price report: one change with what it would move, in the names the API gives.
import { usdPerMillion } from '../core/money.ts';
import type { Rate } from '../core/price.ts';
import { type BillCheck, type PriceRecord, statedRates } from '../core/price-history.ts';
import type { Shift } from './price-shift.ts';
import { instantText } from './spend.ts';

const priceOf = (rates: readonly Rate[] | undefined, meter: 'input' | 'output'): number | null => {
  const price = rates?.findLast((rate) => rate.meter === meter && !rate.tier && !rate.when)?.price;
  return price === undefined || price === null ? null : usdPerMillion(price);
};

const pairOf = (rates: readonly Rate[] | undefined) => ({
  input_usd_per_million: priceOf(rates, 'input'),
  output_usd_per_million: priceOf(rates, 'output'),
});

/** Three tokens read for one written: the mix prices are usually compared at. */
const blended = (rates: readonly Rate[] | undefined): number | undefined => {
  const { input_usd_per_million: input, output_usd_per_million: output } = pairOf(rates);
  return input === null || output === null ? undefined : (3 * input + output) / 4;
};

const changeOf = ({ before }: PriceRecord, after: readonly Rate[]): number | null => {
  const [old, now] = [blended(before), blended(after)];
  return old === undefined || now === undefined || old === 0 ? null : now / old - 1;
};

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

const shiftView = ({ requests, usd, concerned, toward, away, effectUsd, unseen }: Shift) => ({
  moved_share: share(toward.requests + away.requests, requests),
  moved_usd_share: share(toward.usd + away.usd, usd),
  toward_requests: toward.requests,
  toward_usd: toward.usd,
  away_requests: away.requests,
  away_usd: away.usd,
  concerned_requests: concerned,
  effect_usd: effectUsd,
  not_decided_again: unseen,
});

export const lineOf = (record: PriceRecord, shift: Shift) => {
  const stated = statedRates(record);
  return {
    offer: record.offer,
    verdict: record.verdict,
    reason: record.reason,
    status: record.sheet.status,
    source: record.source?.feed ?? null,
    revision: record.sheet.revision,
    effective_from: instantText(record.sheet.effectiveFrom),
    observed_at: instantText(record.observedAt),
    before: record.before ? pairOf(record.before) : null,
    after: pairOf(stated),
    change: changeOf(record, stated),
    shift: shiftView(shift),
  };
};
export type PriceLine = ReturnType<typeof lineOf>;

export const billView = ({ offer, standing, ratio, spread, calls }: BillCheck) => ({
  offer,
  standing,
  billed_ratio: ratio,
  spread,
  calls,
});

export type PriceReportJson = {
  readonly from: string;
  readonly to: string;
  readonly traffic: { readonly requests: number; readonly usd: number; readonly complete: boolean };
  readonly estimate: string;
  readonly status_only: number;
  readonly complete: boolean;
  readonly changes: readonly PriceLine[];
  readonly bills: readonly ReturnType<typeof billView>[];
};

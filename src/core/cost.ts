// costOf: what a use costs on a price sheet at an instant, exact to the pico-dollar.
import { type PicoUsd, picoUsd } from './money.ts';
import {
  inputTokensOf,
  METERS,
  type Meter,
  type PriceSheet,
  type Rate,
  type ServiceTier,
  type Usage,
} from './price.ts';

export type Cost = {
  /** Exact; a lower bound when `unpriced` is not empty. */
  readonly pico: PicoUsd;
  /** Meters that were used and have no known rate: never silently zero. */
  readonly unpriced: readonly Meter[];
  /** Meters priced at a stand-in rate (a cache read at the input rate, a tier at the standard rate). */
  readonly estimated: readonly Meter[];
};

const NONE: readonly Meter[] = [];

/** Where a sheet is silent, the meter whose rate stands in. Providers fold reasoning into output; the others are upper bounds or flagged. */
export const STAND_IN: { readonly [M in Meter]?: Meter } = {
  reasoning: 'output',
  cached_input: 'input',
  cache_write_5m: 'input',
  cache_write_1h: 'cache_write_5m',
};

type Conditions = { readonly promptTokens: number; readonly minute: number; readonly tier: ServiceTier };

type Found = { readonly rate?: Rate; readonly standIn: boolean };

const inWindow = (minute: number, { start, end }: { start: number; end: number }): boolean =>
  start <= end ? minute >= start && minute < end : minute >= start || minute < end;

const applies = (rate: Rate, { promptTokens, minute, tier }: Conditions): boolean => {
  if ((rate.tier ?? 'standard') !== tier) return false;
  const cliff = rate.when?.promptTokens;
  if (cliff && !(cliff.op === 'gt' ? promptTokens > cliff.tokens : promptTokens >= cliff.tokens)) return false;
  const window = rate.when?.utcMinutes;
  return !window || inWindow(minute, window);
};

const lineFor = ({ rates }: PriceSheet, meter: Meter, conditions: Conditions): Rate | undefined => {
  for (let at = rates.length - 1; at >= 0; at--) {
    const line = rates[at];
    if (line && line.meter === meter && applies(line, conditions)) return line;
  }
  return undefined;
};

/** The line that prices a meter: the last matching one of the tier, else of the standard tier, else of the meter that stands in. */
const rateFor = (sheet: PriceSheet, meter: Meter, conditions: Conditions): Found => {
  const rate = lineFor(sheet, meter, conditions);
  if (rate) return { rate, standIn: false };
  return rateInstead(sheet, meter, conditions);
};

const rateInstead = (sheet: PriceSheet, meter: Meter, conditions: Conditions): Found => {
  if (conditions.tier !== 'standard')
    return { ...rateFor(sheet, meter, { ...conditions, tier: 'standard' }), standIn: true };
  const other = STAND_IN[meter];
  if (!other) return { standIn: false };
  return { ...rateFor(sheet, other, conditions), standIn: meter !== 'reasoning' };
};

/**
 * @param usage disjoint meters of one call
 * @param at epoch ms of the request's start; windows are in UTC
 * @param tier the tier that served, as the response says it
 */
export const costOf = (usage: Usage, sheet: PriceSheet, at: number, tier: ServiceTier = 'standard'): Cost => {
  const minute = Math.floor(at / 60_000) % 1440;
  const conditions = { promptTokens: inputTokensOf(usage), minute, tier };
  let unpriced = NONE;
  let estimated = NONE;
  let pico = 0;
  for (const meter of METERS) {
    const units = meter === 'request' ? (usage.request ?? 1) : (usage[meter] ?? 0);
    if (units === 0) continue;
    const { rate, standIn } = rateFor(sheet, meter, conditions);
    if (rate && rate.price !== null) {
      pico += units * rate.price;
      if (standIn) estimated = [...estimated, meter];
    } else if (rate || meter !== 'request') unpriced = [...unpriced, meter];
  }
  return { pico: picoUsd(pico), unpriced, estimated };
};

/** What a call is expected to be billed: never less than its cost by the rates. */
export const expectedBill = ({ pico }: Cost, { raisedBy = 1 }: PriceSheet): PicoUsd =>
  picoUsd(Math.ceil(pico * Math.max(1, raisedBy)));

/** True when a request can be priced on this sheet at all: input and output have known standard rates. */
export const isPriced = (sheet: PriceSheet): boolean =>
  (['input', 'output'] as const).every((meter) =>
    sheet.rates.some((rate) => rate.meter === meter && rate.price !== null && (rate.tier ?? 'standard') === 'standard'),
  );

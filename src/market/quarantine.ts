// Whether a changed price is believed at once, waits, or is thrown out. Rises act at once; cuts have to be confirmed.
import { isPriced } from '../core/cost.ts';
import { picoUsdPerUnit } from '../core/money.ts';
import type { PriceSheet, Rate } from '../core/price.ts';
import { sheetRevision } from './consensus.ts';
import { farBelow, type Peers } from './plausibility.ts';
import { basePrice, pricePair, sameMainPrices } from './rates.ts';
import { cutBetween, STEP, stepBetween } from './steps.ts';
import { dearerOf } from './upper-bound.ts';

export type Verdict = 'applied' | 'held' | 'rejected';

/** A change that waits: what was seen, and when for the first time. */
export type Pending = {
  readonly rates: readonly Rate[];
  readonly firstSeenAt: number;
  /** What lets it through, besides a second source and a person: to be seen again after twelve hours. */
  readonly byTime: boolean;
  readonly reason: string;
};

export type ProposedChange = {
  /** The last sheet that was believed; undefined when the offer is new. */
  readonly accepted: PriceSheet | undefined;
  readonly candidate: PriceSheet;
  /** Independent lineages that state the candidate's prices. */
  readonly lineages: number;
  /** The seller itself is one of them. */
  readonly sellerSpeaks?: boolean;
  readonly pending: Pending | undefined;
  /** What was believed of late and nobody confirmed since: many small cuts are one big one. */
  readonly recent?: readonly PriceSheet[];
  readonly peers?: Peers | undefined;
  /** The accepted price has since been found to be a unit error against other sellers. */
  readonly acceptedIsUnitError?: boolean;
  readonly at: number;
};

export type Ruling = {
  readonly verdict: Verdict;
  /** What is charged with from now on. */
  readonly sheet: PriceSheet;
  readonly pending?: Pending;
  readonly reason: string;
  /** Somebody independent, or time, stands behind the price. */
  readonly confirmed?: boolean;
};

/** A cut seen again after this long is no slip of a feed: 23 % of big cuts vanish within two days, nearly all errors within hours. */
export const CONFIRM_AFTER_MS = 12 * 3600 * 1000;

const applied = (candidate: PriceSheet, reason: string, confirmed = false): Ruling => ({
  verdict: 'applied',
  sheet: candidate,
  reason,
  confirmed,
});

const rejected = (accepted: PriceSheet, reason: string): Ruling => ({ verdict: 'rejected', sheet: accepted, reason });

/** A rise that needs a second source may be a slip of the unit: until then no line counts for more than this many times the one before. */
const atMost = (rates: readonly Rate[], before: readonly Rate[]): readonly Rate[] => {
  const main = (meter: 'input' | 'output'): number => (basePrice(before, meter) ?? 0) * STEP.needsSecond;
  const most = { input: main('input'), output: main('output') };
  return rates.map((rate) => {
    const cap = rate.meter === 'input' || rate.meter === 'output' ? most[rate.meter] : 0;
    return cap > 0 && (rate.price ?? 0) > cap ? { ...rate, price: picoUsdPerUnit(cap) } : rate;
  });
};

type Hold = {
  /** What is charged unless the candidate is dearer: the price before, or what others ask. */
  readonly against: Pick<PriceSheet, 'rates' | 'confidence'>;
  readonly byTime: boolean;
  readonly reason: string;
};

const held = ({ candidate, pending, at }: ProposedChange, { against, byTime, reason }: Hold): Ruling => {
  const rates = dearerOf(against.rates, atMost(candidate.rates, against.rates));
  const waiting = pending && sameMainPrices(pending.rates, candidate.rates) ? pending : undefined;
  const why = `held: ${pricePair(against.rates)} → ${pricePair(candidate.rates)}, ${reason}`;
  return {
    verdict: 'held',
    sheet: {
      ...candidate,
      rates,
      revision: sheetRevision(candidate.offer, rates, at),
      effectiveFrom: at,
      status: 'held',
      confidence: Math.min(against.confidence, candidate.confidence),
      reasons: [why, ...candidate.reasons],
    },
    pending: { rates: candidate.rates, firstSeenAt: waiting?.firstSeenAt ?? candidate.observedAt, byTime, reason },
    reason: why,
  };
};

const confirmedByTime = ({ candidate, pending }: ProposedChange): boolean =>
  pending !== undefined &&
  sameMainPrices(pending.rates, candidate.rates) &&
  candidate.observedAt - pending.firstSeenAt >= CONFIRM_AFTER_MS;

const isConfirmed = ({ lineages, sellerSpeaks }: ProposedChange): boolean => lineages >= 2 || sellerSpeaks === true;

const peerRates = ({ input, output }: Peers): readonly Rate[] => [
  { meter: 'input', price: picoUsdPerUnit(Math.round(input)) },
  { meter: 'output', price: picoUsdPerUnit(Math.round(output)) },
];

const SUSPICIOUSLY_LOW = 'less than half of what other sellers ask: needs the seller, a second source or a person';

/** A stale or baited row looks like the best offer of all: one copy alone does not put it there. */
const firstPrice = (change: ProposedChange): Ruling => {
  const { candidate, peers } = change;
  if (!peers || isConfirmed(change) || !farBelow(candidate.rates, peers)) return applied(candidate, 'first price');
  const against = { rates: peerRates(peers), confidence: candidate.confidence };
  return held(change, { against, byTime: false, reason: SUSPICIOUSLY_LOW });
};

const timesOf = (factor: number): string => `${Number(factor.toPrecision(3))}×`;

/** A step that is small by itself: applied, unless it ends far below the market or is the next slice of one big cut. */
const smallStep = (change: ProposedChange, accepted: PriceSheet, factor: number): Ruling => {
  const { candidate, peers, recent = [] } = change;
  const times = timesOf(factor);
  const hold = (byTime: boolean, reason: string): Ruling => held(change, { against: accepted, byTime, reason });
  if (change.lineages >= 2) return applied(candidate, times, true);
  const isCut = cutBetween(accepted.rates, candidate.rates) > 1;
  if (!isCut) return applied(candidate, times);
  const total = Math.max(1, ...recent.map(({ rates }) => cutBetween(rates, candidate.rates)));
  if (total >= STEP.needsSecond)
    return hold(false, `${timesOf(total)} in small cuts needs a second source or a person`);
  if (total >= STEP.holds && !confirmedByTime(change))
    return hold(true, `${timesOf(total)} in small cuts needs a second source or twelve hours`);
  if (peers && !isConfirmed(change) && farBelow(candidate.rates, peers) && !farBelow(accepted.rates, peers))
    return hold(false, SUSPICIOUSLY_LOW);
  return applied(candidate, times, total >= STEP.holds);
};

/**
 * Judges one change. The thresholds are measured (docs/prices.md): of 1 828 real moves none reached 100×, 17 reached 10×; of the 126 steps
 * of 10× and more in another history nearly all were corrections of errors.
 */
export const judge = (change: ProposedChange): Ruling => {
  const { accepted, candidate, lineages } = change;
  if (!accepted || !isPriced(accepted)) return firstPrice(change);
  if (!isPriced(candidate)) return rejected(accepted, 'the price is no longer stated; the last one stands');
  const step = stepBetween(accepted.rates, candidate.rates);
  const { kind } = step;
  const times = timesOf(step.factor);
  if (kind === 'none') return applied(candidate, 'same price', lineages >= 2);
  if (kind === 'small') return smallStep(change, accepted, step.factor);
  if (lineages >= 2) return applied(candidate, `${times}, stated by ${lineages} independent sources`, true);
  if (change.acceptedIsUnitError) return applied(candidate, `${times}, the price before was a unit error`);
  switch (kind) {
    case 'unit_error':
      return rejected(accepted, `unit error: ${step.why ?? times}`);
    case 'huge':
      return held(change, { against: accepted, byTime: false, reason: `${times} needs a second source or a person` });
    case 'large':
    case 'to_free':
    case 'from_free': {
      if (confirmedByTime(change)) return applied(candidate, `${times}, seen again after twelve hours`, true);
      const what = kind === 'large' ? times : kind === 'to_free' ? 'paid to free' : 'free to paid';
      const reason = `${what} needs a second source or twelve hours`;
      return held(change, { against: accepted, byTime: true, reason });
    }
    default: {
      const never: never = kind;
      return never;
    }
  }
};

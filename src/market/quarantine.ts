// Whether a changed price is believed at once, waits, or is thrown out. Rises act at once; cuts have to be confirmed.
import { isPriced } from '../core/cost.ts';
import type { PriceSheet, Rate } from '../core/price.ts';
import { sheetRevision } from './consensus.ts';
import { powerOfTenBetween } from './plausibility.ts';
import { basePrice, pricePair, sameMainPrices } from './rates.ts';
import { dearerOf } from './upper-bound.ts';

export type Verdict = 'applied' | 'held' | 'rejected';

/** A change that waits: what was seen, and when for the first time. */
export type Pending = { readonly rates: readonly Rate[]; readonly firstSeenAt: number; readonly reason: string };

export type ProposedChange = {
  /** The last sheet that was believed; undefined when the offer is new. */
  readonly accepted: PriceSheet | undefined;
  readonly candidate: PriceSheet;
  /** Independent lineages that state the candidate's prices. */
  readonly lineages: number;
  readonly pending: Pending | undefined;
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
};

/** Steps of a main price, new against old or old against new. */
const STEP = { holds: 3, needsSecond: 10, unitError: 100 } as const;
/** A cut seen again after this long is no slip of a feed: 23 % of big cuts vanish within two days, nearly all errors within hours. */
export const CONFIRM_AFTER_MS = 12 * 3600 * 1000;

export type Step = {
  readonly kind: 'none' | 'small' | 'large' | 'huge' | 'unit_error' | 'to_free' | 'from_free';
  readonly factor: number;
  /** What makes it a unit error. */
  readonly why?: string;
};

const factorOf = (a: number, b: number): number => (a > 0 && b > 0 ? Math.max(a, b) / Math.min(a, b) : 1);

/** How far two lists of rates are apart, judged on plain input and output. */
export const stepBetween = (before: readonly Rate[], after: readonly Rate[]): Step => {
  const pairs = (['input', 'output'] as const).map((meter) => ({
    old: basePrice(before, meter) ?? 0,
    now: basePrice(after, meter) ?? 0,
  }));
  const factor = Math.max(...pairs.map(({ old, now }) => factorOf(old, now)));
  for (const { old, now } of pairs) {
    const power = powerOfTenBetween(old, now);
    if (power) return { kind: 'unit_error', factor, why: `10^${power} from the price before` };
  }
  if (factor >= STEP.unitError) return { kind: 'unit_error', factor, why: `a step of ${Math.round(factor)}×` };
  if (pairs.some(({ old, now }) => old > 0 && now === 0)) return { kind: 'to_free', factor };
  if (pairs.some(({ old, now }) => old === 0 && now > 0)) return { kind: 'from_free', factor };
  if (factor >= STEP.needsSecond) return { kind: 'huge', factor };
  if (factor >= STEP.holds) return { kind: 'large', factor };
  return { kind: sameMainPrices(before, after) ? 'none' : 'small', factor };
};

const applied = (candidate: PriceSheet, reason: string): Ruling => ({ verdict: 'applied', sheet: candidate, reason });

const rejected = (accepted: PriceSheet, reason: string): Ruling => ({ verdict: 'rejected', sheet: accepted, reason });

const held = (
  { accepted, candidate, pending, at }: ProposedChange & { accepted: PriceSheet },
  reason: string,
): Ruling => {
  const rates = dearerOf(accepted.rates, candidate.rates);
  const waiting = pending && sameMainPrices(pending.rates, candidate.rates) ? pending : undefined;
  const why = `held: ${pricePair(accepted.rates)} → ${pricePair(candidate.rates)}, ${reason}`;
  return {
    verdict: 'held',
    sheet: {
      ...candidate,
      rates,
      revision: sheetRevision(candidate.offer, rates, at),
      effectiveFrom: at,
      status: 'held',
      confidence: Math.min(accepted.confidence, candidate.confidence),
      reasons: [why, ...candidate.reasons],
    },
    pending: waiting ?? { rates: candidate.rates, firstSeenAt: candidate.observedAt, reason },
    reason: why,
  };
};

const confirmedByTime = ({ candidate, pending }: ProposedChange): boolean =>
  pending !== undefined &&
  sameMainPrices(pending.rates, candidate.rates) &&
  candidate.observedAt - pending.firstSeenAt >= CONFIRM_AFTER_MS;

/**
 * Judges one change. The thresholds are measured (docs/prices.md): of 1 828 real moves none reached 100×, 17 reached 10×; of the 126 steps
 * of 10× and more in another history nearly all were corrections of errors.
 */
export const judge = (change: ProposedChange): Ruling => {
  const { accepted, candidate, lineages } = change;
  if (!accepted || !isPriced(accepted)) return applied(candidate, 'first price');
  if (!isPriced(candidate)) return rejected(accepted, 'the price is no longer stated; the last one stands');
  const step = stepBetween(accepted.rates, candidate.rates);
  const { kind } = step;
  const factor = `${Number(step.factor.toPrecision(3))}×`;
  if (kind === 'none') return applied(candidate, 'same price');
  if (kind === 'small') return applied(candidate, factor);
  if (lineages >= 2) return applied(candidate, `${factor}, stated by ${lineages} independent sources`);
  if (change.acceptedIsUnitError) return applied(candidate, `${factor}, the price before was a unit error`);
  switch (kind) {
    case 'unit_error':
      return rejected(accepted, `unit error: ${step.why ?? factor}`);
    case 'huge':
      return held({ ...change, accepted }, `${factor} needs a second source or a person`);
    case 'large':
    case 'to_free':
    case 'from_free': {
      if (confirmedByTime(change)) return applied(candidate, `${factor}, seen again after twelve hours`);
      const what = kind === 'large' ? factor : kind === 'to_free' ? 'paid to free' : 'free to paid';
      return held({ ...change, accepted }, `${what} needs a second source or twelve hours`);
    }
    default: {
      const never: never = kind;
      return never;
    }
  }
};

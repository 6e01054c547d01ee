// How much of the traffic would choose otherwise at another price: logged decisions, decided again. Pure.
import { costOf, expectedBill } from '../core/cost.ts';
import type { Decision } from '../core/decision.ts';
import { type NanoUsd, nanoFromPico, usdOf } from '../core/money.ts';
import type { OfferKey } from '../core/offer.ts';
import type { PriceSheet, Rate } from '../core/price.ts';
import { better, keyOfOffer, type Option, optionsOf, type Scored, scored, topTwo } from './choose-again.ts';

/** One offer's rates before and after; undefined: it was not on sale. */
export type PriceStep = {
  readonly offer: OfferKey;
  readonly before: readonly Rate[] | undefined;
  readonly after: readonly Rate[];
};

type Moved = { readonly requests: number; readonly usd: number };

/** Over all decisions seen; dollars are expected ones. */
export type Shift = {
  readonly requests: number;
  /** What they are expected to cost at the price before. */
  readonly usd: number;
  /** Requests that had the offer among their quotes. */
  readonly concerned: number;
  /** Would leave another offer for this one, and this one for another; dollars at the price before. */
  readonly toward: Moved;
  readonly away: Moved;
  /** Expected spend at the price after, less that before. */
  readonly effectUsd: number;
  /** Dollars of what moves, and the difference for what stays: what the change is about, for sorting. */
  readonly atStakeUsd: number;
  /** Requests from which a price limit had removed the offer: their quote was not kept, so they are not decided again. */
  readonly unseen: number;
};

const plainPrice = (rates: readonly Rate[], meter: 'input' | 'output'): number =>
  rates.findLast((rate) => rate.meter === meter && !rate.tier && !rate.when)?.price ?? Number.POSITIVE_INFINITY;

/** The offer at other rates; undefined where the policy's own price limits would remove it. */
const atRates = (option: Option, rates: readonly Rate[], { plan, at }: Decision): Option | undefined => {
  const { quote } = option.rung;
  const { maxCost, maxInputPrice, maxOutputPrice } = plan.require;
  if (maxInputPrice !== undefined && plainPrice(rates, 'input') > maxInputPrice) return undefined;
  if (maxOutputPrice !== undefined && plainPrice(rates, 'output') > maxOutputPrice) return undefined;
  const sheet: PriceSheet = { ...quote.sheet, rates };
  const costFor = (cached: number, output: number): NanoUsd => {
    const usage = { input: quote.inputTokens - cached, cached_input: cached, output };
    return nanoFromPico(expectedBill(costOf(usage, sheet, at), sheet));
  };
  if (maxCost !== undefined && costFor(0, quote.outputTokensP90) > maxCost) return undefined;
  return { ...option, cost: costFor(quote.cachedTokens, quote.outputTokens) };
};

const NOTHING = { requests: 0, usd: 0 };

type Tally = { -readonly [K in 'concerned' | 'effectUsd' | 'atStakeUsd' | 'unseen' | 'extraUsd']: number } & {
  toward: Moved;
  away: Moved;
};

const emptyTally = (): Tally => ({
  concerned: 0,
  effectUsd: 0,
  atStakeUsd: 0,
  unseen: 0,
  extraUsd: 0,
  toward: NOTHING,
  away: NOTHING,
});

const usdIn = (one: Scored | undefined): number => (one ? usdOf(one.option.cost) : 0);
const plus = ({ requests, usd }: Moved, more: number): Moved => ({ requests: requests + 1, usd: usd + more });

type Subject = {
  readonly tally: Tally;
  readonly step: PriceStep;
  readonly mine: Option;
  /** The first choice without it. */
  readonly rival: Scored | undefined;
  /** Of the first choice as logged. */
  readonly greedyUsd: number;
};

const consider = ({ tally, step, mine, rival, greedyUsd }: Subject, decision: Decision): void => {
  const chosenAt = (rates: readonly Rate[] | undefined): Scored | undefined => {
    const changed = rates && atRates(mine, rates, decision);
    return changed ? better(scored(decision, changed), rival) : rival;
  };
  const old = chosenAt(step.before);
  const now = chosenAt(step.after);
  const [oldUsd, nowUsd] = [usdIn(old), usdIn(now)];
  tally.concerned += 1;
  tally.extraUsd += oldUsd - greedyUsd;
  tally.effectUsd += nowUsd - oldUsd;
  if ((old === rival) === (now === rival)) {
    tally.atStakeUsd += Math.abs(nowUsd - oldUsd);
    return;
  }
  tally.atStakeUsd += Math.max(oldUsd, nowUsd);
  if (old === rival) tally.toward = plus(tally.toward, oldUsd);
  else tally.away = plus(tally.away, oldUsd);
};

/**
 * Decides every decision again twice for each step, with the offer at its rates before and after and all else as logged: tokens, times,
 * the mean of quality, the exchange rate. Greedy: what explored is counted as if it had not, nothing is drawn anew, and a budget's exchange
 * rate does not react. The control group goes where it went and counts as traffic that does not move.
 */
export const createShifts = (steps: readonly PriceStep[]) => {
  const tallies = steps.map((step) => ({ step, tally: emptyTally() }));
  const about = Map.groupBy(tallies, ({ step }) => step.offer);
  let requests = 0;
  let usd = 0;
  let considered = 0;
  return {
    see(decision: Decision): void {
      const all = optionsOf(decision).map((option) => scored(decision, option));
      requests += 1;
      if (decision.reason === 'holdout') {
        usd += usdIn(all[0]);
        return;
      }
      const { first, second } = topTwo(all);
      const greedyUsd = usdIn(first);
      usd += greedyUsd;
      for (const one of all)
        for (const { step, tally } of about.get(keyOfOffer(one)) ?? []) {
          considered += 1;
          consider({ tally, step, mine: one.option, rival: one === first ? second : first, greedyUsd }, decision);
        }
      for (const { offer, by } of decision.rejected)
        if (by === 'price_ceiling' || by === 'max_cost')
          for (const { tally } of about.get(offer) ?? []) tally.unseen += 1;
    },

    /** How much work it was so far: decisions made again. */
    considered: () => considered,

    /** One per step, in their order. */
    shifts: (): readonly Shift[] =>
      tallies.map(({ tally: { extraUsd, ...tally } }) => ({ requests, usd: usd + extraUsd, ...tally })),
  };
};

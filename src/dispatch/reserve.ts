// What must be set aside before a call: the most it can cost, and the most a whole request can.
import { costOf } from '../core/cost.ts';
import type { Decision, Quote } from '../core/decision.ts';
import { type NanoUsd, nanoFromPico, nanoUsd } from '../core/money.ts';

/** Where nobody caps the answer, a provider will not exceed this; the reservation assumes it. */
const UNCAPPED_OUTPUT_TOKENS = 16_384;
/** Our count of the prompt may be low by this much. */
const INPUT_MARGIN = 1.05;
const INPUT_SLACK_TOKENS = 50;

/** Of several caps on an answer the lowest; undefined when there is none. */
export const lowestCap = (...caps: readonly (number | undefined)[]): number | undefined => {
  const known = caps.filter((cap) => cap !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
};

/** The most one call can cost: the whole prompt uncached, the whole allowance of output. */
export const upperBound = (
  quote: Quote,
  { cap, at }: { readonly cap: number | undefined; readonly at: number },
): NanoUsd => {
  const input = Math.ceil(quote.inputTokens * INPUT_MARGIN + INPUT_SLACK_TOKENS);
  return nanoFromPico(costOf({ input, output: cap ?? UNCAPPED_OUTPUT_TOKENS }, quote.sheet, at).pico);
};

/** The most a request can cost: as many of its dearest rungs as there may be attempts. */
export const mostItCanCost = ({ ladder, plan, profile, at }: Decision): NanoUsd => {
  const bounds = ladder.map(({ quote }) => {
    const cap = lowestCap(profile.maxOutputTokens, plan.limits.outputTokens, quote.offer.maxOutput);
    return upperBound(quote, { cap, at });
  });
  const dearest = bounds.toSorted((a, b) => b - a).slice(0, plan.fallback.attempts);
  return nanoUsd(dearest.reduce((sum, bound) => sum + bound, 0));
};

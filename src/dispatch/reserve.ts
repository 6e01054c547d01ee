// What must be set aside before a call: the most it can cost, and the most a whole request can.
import { costOf, expectedBill } from '../core/cost.ts';
import type { Decision, Quote } from '../core/decision.ts';
import { type NanoUsd, nanoFromPico, nanoUsd, picoUsd } from '../core/money.ts';
import type { Meter, PriceSheet } from '../core/price.ts';
import { TRIES_PER_OFFER } from './ladder.ts';

/** Where nobody caps the answer, a provider will not exceed this; the reservation assumes it. */
const UNCAPPED_OUTPUT_TOKENS = 16_384;
/** Our count of the prompt may be low by this much. */
const INPUT_MARGIN = 1.05;
const INPUT_SLACK_TOKENS = 50;

/** Of several caps on an answer the lowest; undefined when there is none. */
const lowestCap = (...caps: readonly (number | undefined)[]): number | undefined => {
  const known = caps.filter((cap) => cap !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
};

/** Meters one prompt, or one answer, may be billed under: some sellers write their cache unasked, some take more for thought than for words. */
const PROMPT_METERS = ['input', 'cache_write_5m'] as const;
const ANSWER_METERS = ['output', 'reasoning'] as const;

const rated = <M extends Meter>({ rates }: PriceSheet, [usual, ...others]: readonly [M, ...M[]]): readonly M[] => [
  usual,
  ...others.filter((meter) => rates.some((rate) => rate.meter === meter)),
];

/** Caps the answer to one call: the lowest there is. Where money must hold to the last nano-dollar an uncapped answer gets one too. */
export const callCap = (
  { profile, plan }: Decision,
  { offer }: Quote,
  { guarded }: { readonly guarded: boolean },
): number | undefined =>
  lowestCap(profile.maxOutputTokens, plan.limits.outputTokens, offer.maxOutput) ??
  (guarded ? UNCAPPED_OUTPUT_TOKENS : undefined);

/** The most one call can cost: the whole prompt uncached, the whole allowance of output, each under its dearest meter. */
export const upperBound = (
  { sheet, inputTokens }: Quote,
  {
    cap,
    at,
    choices = 1,
  }: { readonly cap: number | undefined; readonly at: number; readonly choices?: number | undefined },
): NanoUsd => {
  const prompt = Math.ceil(inputTokens * INPUT_MARGIN + INPUT_SLACK_TOKENS);
  const answer = choices * (cap ?? UNCAPPED_OUTPUT_TOKENS);
  const costs = rated(sheet, PROMPT_METERS).flatMap((read) =>
    rated(sheet, ANSWER_METERS).map((write) =>
      expectedBill(costOf({ [read]: prompt, [write]: answer }, sheet, at), sheet),
    ),
  );
  return nanoFromPico(picoUsd(Math.max(...costs)));
};

/** The most a request can cost: its dearest calls, each offer called as often as it may be, as many as there may be attempts. */
export const mostItCanCost = ({ ladder, plan, profile, at }: Decision): NanoUsd => {
  const bounds = ladder.flatMap(({ quote }) => {
    const cap = lowestCap(profile.maxOutputTokens, plan.limits.outputTokens, quote.offer.maxOutput);
    return Array<NanoUsd>(TRIES_PER_OFFER).fill(upperBound(quote, { cap, at, choices: profile.choices }));
  });
  const dearest = bounds.toSorted((a, b) => b - a).slice(0, plan.fallback.attempts);
  return nanoUsd(dearest.reduce((sum, bound) => sum + bound, 0));
};

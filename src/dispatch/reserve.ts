// What must be set aside before a call: the most it can cost, and the most a whole request can.
import { costOf, expectedBill } from '../core/cost.ts';
import type { Decision, Quote } from '../core/decision.ts';
import { type NanoUsd, nanoFromPico, nanoUsd, picoUsd } from '../core/money.ts';
import type { Meter, PriceSheet, ServiceTier } from '../core/price.ts';
import type { Profile } from '../core/profile.ts';
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
const PROMPT_METERS = ['input', 'cache_write_5m', 'cache_write_1h'] as const;
const ANSWER_METERS = ['output', 'reasoning'] as const;
const STANDARD = ['standard'] as const;
/** Asks for a tier of service of its own, which may be a dearer one. */
const TIER_ASKED = 'field:service_tier';

const rated = <M extends Meter>({ rates }: PriceSheet, [usual, ...others]: readonly [M, ...M[]]): readonly M[] => [
  usual,
  ...others.filter((meter) => rates.some((rate) => rate.meter === meter)),
];

/** Caps the answer to one call: the lowest there is. Where money must hold to the last nano-dollar an uncapped answer gets one too. */
export const callCap = (
  { profile, plan }: Pick<Decision, 'profile' | 'plan'>,
  { offer }: Quote,
  { guarded }: { readonly guarded: boolean },
): number | undefined =>
  lowestCap(profile.maxOutputTokens, plan.limits.outputTokens, offer.maxOutput) ??
  (guarded ? UNCAPPED_OUTPUT_TOKENS : undefined);

export type Bounded = {
  /** On the answer, in tokens. */
  readonly cap: number | undefined;
  /** Epoch ms. */
  readonly at: number;
  readonly profile?: Pick<Profile, 'choices' | 'needs'>;
  /** It takes up a broken answer: as much as an answer may have is part of the prompt as well. */
  readonly continues?: boolean;
};

const tiersOf = ({ rates }: PriceSheet, profile: Bounded['profile']): readonly ServiceTier[] =>
  profile?.needs.features.includes(TIER_ASKED) ? [...new Set(rates.map(({ tier = 'standard' }) => tier))] : STANDARD;

/** The most one call can cost: the whole prompt uncached, the whole allowance of output, each under its dearest meter. */
export const upperBound = (
  { sheet, inputTokens }: Quote,
  { cap = UNCAPPED_OUTPUT_TOKENS, at, profile, continues = false }: Bounded,
): NanoUsd => {
  const prompt = Math.ceil(inputTokens * INPUT_MARGIN + INPUT_SLACK_TOKENS) + (continues ? cap : 0);
  const answer = (profile?.choices ?? 1) * cap;
  const costs = tiersOf(sheet, profile).flatMap((tier) =>
    rated(sheet, PROMPT_METERS).flatMap((read) =>
      rated(sheet, ANSWER_METERS).map((write) =>
        expectedBill(costOf({ [read]: prompt, [write]: answer }, sheet, at, tier), sheet),
      ),
    ),
  );
  return nanoFromPico(picoUsd(Math.max(...costs)));
};

/** When calls may begin: rates that go by the hour may be others by then. */
const instants = ({ sheet: { rates } }: Quote, { at, plan: { limits } }: Decision): readonly number[] => {
  const goByTheHour = rates.some(({ when }) => when?.utcMinutes !== undefined);
  return goByTheHour ? [at, at + Math.max(limits.deadlineMs, limits.streamDeadlineMs ?? 0)] : [at];
};

/** The most a request can cost: its dearest calls, each offer called as often as it may be, as many as there may be attempts. */
export const mostItCanCost = (decision: Decision): NanoUsd => {
  const { ladder, plan, profile } = decision;
  const continues = plan.fallback.stream === 'continue';
  const bounds = ladder.flatMap(({ quote }) => {
    const cap = lowestCap(profile.maxOutputTokens, plan.limits.outputTokens, quote.offer.maxOutput);
    const each = instants(quote, decision).map((at) => upperBound(quote, { cap, at, profile, continues }));
    return Array<NanoUsd>(TRIES_PER_OFFER).fill(nanoUsd(Math.max(...each)));
  });
  const dearest = bounds.toSorted((a, b) => b - a).slice(0, plan.fallback.attempts);
  return nanoUsd(dearest.reduce((sum, bound) => sum + bound, 0));
};

// Which offer goes first, which follow, why, and with what probability. Pure: beliefs, prices, random numbers and spent dollars are handed in.
import type { Ask } from '../core/ask.ts';
import type { Decision, Estimate, Quote, Ranked, Reason, Rejection } from '../core/decision.ts';
import { type NanoUsd, usdOf } from '../core/money.ts';
import type { ModelKey } from '../core/offer.ts';
import type { Objective, Plan, Policy } from '../core/policy.ts';
import type { Rng } from '../core/ports.ts';
import type { Profile } from '../core/profile.ts';
import { winChances } from './chances.ts';
import { contendersOf, extraOver, type Judged, shareOf } from './exploration.ts';
import { type OrderOf, rank, spreadSecond } from './ladder.ts';
import { normalDraw } from './normal.ts';
import { type Purse, splitByPurse } from './purse.ts';
import { refuse } from './refuse.ts';

export type DecideInput = {
  readonly requestId: string;
  /** Epoch ms. */
  readonly at: number;
  readonly policy: Pick<Policy, 'name' | 'hash'>;
  readonly rule: number;
  readonly plan: Plan;
  readonly profile: Profile;
  /** Already through every hard constraint; the ladder is a permutation of these and of nothing else. */
  readonly quotes: readonly Quote[];
  readonly rejected: readonly Rejection[];
  /** Belief of the model's quality for this profile. */
  readonly quality: (model: ModelKey) => Estimate;
  /** V: dollars per unit of quality (pacing.ts). */
  readonly exchangeRate: number;
  readonly rng: Rng;
  readonly explore: Ask['explore'];
  /** What exploring may cost on top (exploration.ts, pace.ts); absent: the policy's day of it. */
  readonly explorable?: NanoUsd;
  /** Absent: nobody is too dear. */
  readonly purse?: Purse | undefined;
  /** For the objective `order`; without it the order of the quotes. */
  readonly orderOf?: OrderOf;
  /** Where the holdout goes, if it is among the quotes; reported either way. */
  readonly baseline?: Quote;
  /** The caller named a model or an offer: nothing is sampled and nobody is held out. */
  readonly pinned?: boolean;
};

const learns = (objective: Objective): boolean =>
  objective.kind === 'worth' || objective.kind === 'budget' || objective.kind === 'floor';

const judge = ({ quotes, quality, plan, exchangeRate }: DecideInput): Judged[] => {
  const known = new Map<ModelKey, Estimate>();
  const perMs = usdOf(plan.priceOfASecond) / 1000;
  return quotes.map((quote) => {
    const { model } = quote.offer;
    const estimate = known.get(model) ?? quality(model);
    known.set(model, estimate);
    const price = usdOf(quote.cost) + perMs * quote.totalMs;
    return { quote, quality: estimate, price, utility: exchangeRate * estimate.mean - price };
  });
};

/** Position of each quote's model among the quotes, for an order nobody stated. */
const orderOfQuotes = (quotes: readonly Quote[]): OrderOf => {
  const models = quotes.map(({ offer }) => offer.model);
  return (model) => models.indexOf(model);
};

type Lottery = {
  /** Those a draw may choose; one: nothing is drawn. */
  readonly contenders: readonly Judged[];
  readonly share: number;
  readonly holdout: Judged | undefined;
  readonly holdoutShare: number;
  /** The model a floor is measured by, and its part of the draws. */
  readonly audited: Judged | undefined;
  readonly auditShare: number;
};

/**
 * A floor is measured by a model that is perhaps never the best buy, so a part of the draws goes to it: half while its belief is unsure, later a
 * tenth, as far as the money for exploring goes.
 */
const AUDIT_UNSURE = 0.5;
const AUDIT_SURE = 0.1;
const SURE_SD = 0.03;
const auditOf = (
  { plan, explorable }: DecideInput,
  ranked: readonly Judged[],
): Pick<Lottery, 'audited' | 'auditShare'> => {
  const { objective } = plan;
  const [greedy] = ranked;
  const reference =
    objective.kind === 'floor' ? ranked.find(({ quote }) => quote.offer.model === objective.of) : undefined;
  if (!greedy || !reference || reference === greedy) return { audited: undefined, auditShare: 0 };
  const left = explorable ?? plan.explore.spend;
  const least = plan.explore.floor * Math.max(...ranked.map(({ quality }) => quality.mean));
  if (left <= 0 || extraOver(reference.quote, greedy.quote) > left || reference.quality.mean < least)
    return { audited: undefined, auditShare: 0 };
  return { audited: reference, auditShare: reference.quality.sd > SURE_SD ? AUDIT_UNSURE : AUDIT_SURE };
};

const lotteryOf = (input: DecideInput, ranked: readonly Judged[], within: readonly Judged[]): Lottery => {
  const { plan, explore, pinned, baseline, exchangeRate, explorable = plan.explore.spend } = input;
  const open = explore === 'allowed' && pinned !== true;
  const samples = open && learns(plan.objective) && plan.explore.share > 0;
  const holdout = open ? ranked.find(({ quote }) => quote.offer.key === baseline?.offer.key) : undefined;
  const contenders = samples
    ? contendersOf({ ranked: within, explore: plan.explore, left: explorable, exchangeRate })
    : ranked.slice(0, 1);
  return {
    contenders,
    share: samples ? shareOf(plan.explore.share, contenders.slice(1)) : 0,
    holdout,
    holdoutShare: holdout ? plan.feedback.holdout : 0,
    ...(samples ? auditOf(input, ranked) : { audited: undefined, auditShare: 0 }),
  };
};

/** P(first) of each offer over the random numbers of this decision: holdout · [baseline] + (1 − holdout) · (share · (audit · [reference] + (1 − audit) · P(draw wins)) + (1 − share) · [greedy]). */
const chancesOf = (lottery: Lottery, exchangeRate: number, greedy: Judged): ReadonlyMap<Judged, number> => {
  const { contenders, share, holdout, holdoutShare, audited, auditShare } = lottery;
  const chances = new Map<Judged, number>();
  const give = (to: Judged, chance: number): void => void chances.set(to, (chances.get(to) ?? 0) + chance);
  const open = 1 - holdoutShare;
  if (holdout) give(holdout, holdoutShare);
  if (audited) give(audited, open * share * auditShare);
  const drawn = share * (1 - auditShare);
  if (contenders.length < 2) give(greedy, open * (1 - share + drawn));
  else {
    give(greedy, open * (1 - share));
    const wins = winChances(
      contenders.map(({ utility, quality }) => ({ mean: utility, sd: exchangeRate * quality.sd })),
    );
    contenders.forEach((contender, at) => give(contender, open * drawn * (wins[at] ?? 0)));
  }
  return chances;
};

type Choice = { readonly chosen: Judged; readonly reason: Reason; readonly drawn: ReadonlyMap<ModelKey, number> };

const choose = (input: DecideInput, lottery: Lottery, greedy: Judged): Choice => {
  const { rng, exchangeRate, pinned } = input;
  const { contenders, share, holdout, holdoutShare, audited, auditShare } = lottery;
  const drawn = new Map<ModelKey, number>();
  if (pinned === true) return { chosen: greedy, reason: 'pinned', drawn };
  if (holdout && holdoutShare > 0 && rng.next() < holdoutShare) return { chosen: holdout, reason: 'holdout', drawn };
  const still: Choice = { chosen: greedy, reason: 'objective', drawn };
  if ((contenders.length < 2 && !audited) || rng.next() >= share) return still;
  if (audited && rng.next() < auditShare) return { chosen: audited, reason: 'explored', drawn };
  if (contenders.length < 2) return still;
  let chosen = greedy;
  let most = Number.NEGATIVE_INFINITY;
  for (const contender of contenders) {
    const draw = normalDraw(rng, contender.quality);
    drawn.set(contender.quote.offer.model, draw);
    const utility = exchangeRate * draw - contender.price;
    if (utility > most) [chosen, most] = [contender, utility];
  }
  return { chosen, reason: chosen === greedy ? 'objective' : 'explored', drawn };
};

/** @throws RouterError no_candidate when no quote is left, naming the constraints that removed offers */
export const decide = (input: DecideInput): Decision => {
  const { plan, exchangeRate, rejected, baseline, quotes } = input;
  const judged = rank(judge(input), plan.objective, input.orderOf ?? orderOfQuotes(quotes));
  const { within, beyond } = splitByPurse(judged, input.purse);
  const ranked = [...within, ...beyond];
  const [greedy] = ranked;
  if (!greedy) throw refuse(input);
  const lottery = lotteryOf(input, ranked, within);
  const chances = chancesOf(lottery, exchangeRate, greedy);
  const { chosen, reason, drawn } = choose(input, lottery, greedy);
  const rungs = ranked.map((entry): { entry: Judged; rung: Ranked } => {
    const draw = drawn.get(entry.quote.offer.model) ?? entry.quality.mean;
    const utility = exchangeRate * draw - entry.price;
    const probability = chances.get(entry) ?? 0;
    return { entry, rung: { quote: entry.quote, quality: entry.quality, drawn: draw, utility, probability } };
  });
  const first = rungs.filter(({ entry }) => entry === chosen).map(({ rung }) => rung);
  const rest = rungs.filter(({ entry }) => entry !== chosen).map(({ rung }) => rung);
  const sorted = [...first, ...(drawn.size > 0 ? rest.sort((a, b) => b.utility - a.utility) : rest)];
  return {
    requestId: input.requestId,
    at: input.at,
    policy: input.policy.name,
    policyHash: input.policy.hash,
    rule: input.rule,
    plan,
    profile: input.profile,
    ladder: learns(plan.objective) ? spreadSecond(sorted, exchangeRate) : sorted,
    rejected,
    reason,
    probability: chances.get(chosen) ?? 0,
    exchangeRate,
    ...(baseline ? { baseline } : {}),
  };
};

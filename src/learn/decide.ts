// Which offer goes first, which follow, why, and with what probability. Pure: beliefs, prices, random numbers and spent dollars are handed in.
import type { Ask } from '../core/ask.ts';
import {
  CONSTRAINTS,
  type Decision,
  type Estimate,
  type Quote,
  type Ranked,
  type Reason,
  type Rejection,
} from '../core/decision.ts';
import { RouterError } from '../core/errors.ts';
import { type NanoUsd, usdOf, ZERO_USD } from '../core/money.ts';
import type { ModelKey } from '../core/offer.ts';
import type { Objective, Plan, Policy } from '../core/policy.ts';
import type { Rng } from '../core/ports.ts';
import type { Profile } from '../core/profile.ts';
import { winChances } from './chances.ts';
import { contendersOf, type Judged } from './exploration.ts';
import { type OrderOf, rank, spreadSecond } from './ladder.ts';
import { normalDraw } from './normal.ts';

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
  /** Spent on exploring by this policy today (exploration.ts). */
  readonly explorationSpent?: NanoUsd;
  /** For the objective `order`; without it the order of the quotes. */
  readonly orderOf?: OrderOf;
  /** Where the holdout goes, if it is among the quotes; reported either way. */
  readonly baseline?: Quote;
  /** The caller named a model or an offer: nothing is sampled and nobody is held out. */
  readonly pinned?: boolean;
};

const learns = (objective: Objective): boolean =>
  objective.kind === 'worth' || objective.kind === 'budget' || objective.kind === 'floor';

const refuse = (rejected: readonly Rejection[]): RouterError => {
  const counts = CONSTRAINTS.map((by) => ({ by, count: rejected.filter((entry) => entry.by === by).length }));
  const named = counts.filter(({ count }) => count > 0).map(({ by, count }) => `${by} removed ${count}`);
  const why =
    named.length > 0 ? `of ${rejected.length} offers, ${named.join(', ')}` : 'no offer of its models is configured';
  return new RouterError('no_candidate', `No offer can take this request: ${why}.`);
};

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
};

const lotteryOf = (input: DecideInput, ranked: readonly Judged[]): Lottery => {
  const { plan, explore, pinned, baseline, exchangeRate, explorationSpent = ZERO_USD } = input;
  const open = explore === 'allowed' && pinned !== true;
  const samples = open && learns(plan.objective) && plan.explore.share > 0;
  const holdout = open ? ranked.find(({ quote }) => quote.offer.key === baseline?.offer.key) : undefined;
  return {
    contenders: samples
      ? contendersOf({ ranked, explore: plan.explore, spent: explorationSpent, exchangeRate })
      : ranked.slice(0, 1),
    share: samples ? plan.explore.share : 0,
    holdout,
    holdoutShare: holdout ? plan.feedback.holdout : 0,
  };
};

/** P(first) of each offer over the random numbers of this decision: holdout · [baseline] + (1 − holdout) · (share · P(draw wins) + (1 − share) · [greedy]). */
const chancesOf = (lottery: Lottery, exchangeRate: number, greedy: Judged): ReadonlyMap<Judged, number> => {
  const { contenders, share, holdout, holdoutShare } = lottery;
  const chances = new Map<Judged, number>();
  const give = (to: Judged, chance: number): void => void chances.set(to, (chances.get(to) ?? 0) + chance);
  const open = 1 - holdoutShare;
  if (holdout) give(holdout, holdoutShare);
  if (contenders.length < 2) give(greedy, open);
  else {
    give(greedy, open * (1 - share));
    const wins = winChances(
      contenders.map(({ utility, quality }) => ({ mean: utility, sd: exchangeRate * quality.sd })),
    );
    contenders.forEach((contender, at) => give(contender, open * share * (wins[at] ?? 0)));
  }
  return chances;
};

type Choice = { readonly chosen: Judged; readonly reason: Reason; readonly drawn: ReadonlyMap<ModelKey, number> };

const choose = (input: DecideInput, lottery: Lottery, greedy: Judged): Choice => {
  const { rng, exchangeRate, pinned } = input;
  const { contenders, share, holdout, holdoutShare } = lottery;
  const drawn = new Map<ModelKey, number>();
  if (pinned === true) return { chosen: greedy, reason: 'pinned', drawn };
  if (holdout && holdoutShare > 0 && rng.next() < holdoutShare) return { chosen: holdout, reason: 'holdout', drawn };
  if (contenders.length < 2 || rng.next() >= share) return { chosen: greedy, reason: 'objective', drawn };
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
  const ranked = rank(judge(input), plan.objective, input.orderOf ?? orderOfQuotes(quotes));
  const [greedy] = ranked;
  if (!greedy) throw refuse(rejected);
  const lottery = lotteryOf(input, ranked);
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

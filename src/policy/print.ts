// How a resolved policy is written in the file language, every default filled in.
import type { Condition, Example, Objective, Plan, Policy, Requirements, Rule } from '../core/policy.ts';
import { SPEND } from './spend-unit.ts';
import * as unit from './units.ts';

export type Printed = string | number | boolean | readonly Printed[] | { readonly [key: string]: Printed };
export type PrintedSection = { readonly [key: string]: Printed };

const orNone = <Value>(kind: unit.Unit<Value>, value: Value | undefined): string =>
  value === undefined ? 'none' : kind.write(value);
const orAny = (names: readonly string[]): Printed => (names.length === 0 ? 'any' : names);

const printRequirements = (require: Requirements): PrintedSection => ({
  data: {
    training: require.training,
    retention: require.retention,
    regions: orAny(require.regions),
    self_hosted: require.selfHosted,
  },
  max_cost: orNone(unit.MONEY, require.maxCost),
  first_token: orNone(unit.DURATION, require.firstTokenMs),
  max_input_price: orNone(unit.PRICE, require.maxInputPrice),
  max_output_price: orNone(unit.PRICE, require.maxOutputPrice),
  providers: orAny(require.providers),
});

const printObjective = (objective: Objective): Printed => {
  switch (objective.kind) {
    case 'worth':
      return { worth: unit.MONEY.write(objective.amount) };
    case 'budget':
      return { budget: unit.RATE.write(objective) };
    case 'floor':
      return { floor: unit.FLOOR.write(objective) };
    case 'order':
    case 'cheapest':
    case 'fastest':
      return objective.kind;
    default:
      return objective satisfies never;
  }
};

const printLimits = ({
  deadlineMs,
  streamDeadlineMs = deadlineMs,
  outputTokens,
  spend,
}: Plan['limits']): PrintedSection => ({
  deadline: unit.DURATION.write(deadlineMs),
  stream_deadline: unit.DURATION.write(streamDeadlineMs),
  output_tokens: orNone(unit.TOKENS, outputTokens),
  spend: orNone(SPEND, spend),
});

const printExploration = ({ share, spend, floor }: Plan['explore']): PrintedSection => ({
  share: unit.SHARE.write(share),
  spend: unit.PER_DAY.write(spend),
  floor: unit.SHARE.write(floor),
});

const printFallback = ({ attempts, onRateLimit, onRefusal, stream, hedge }: Plan['fallback']): PrintedSection => ({
  attempts,
  on_rate_limit: onRateLimit,
  on_refusal: onRefusal,
  stream,
  hedge: hedge === undefined ? 'off' : unit.MONEY.write(hedge),
});

const printFeedback = ({ halfLifeMs, holdout, baseline, weights = {}, judge }: Plan['feedback']): PrintedSection => ({
  half_life: unit.DURATION.write(halfLifeMs),
  holdout: unit.SHARE.write(holdout),
  baseline: baseline ?? 'none',
  weights,
  judge: judge
    ? { model: judge.model, share: unit.SHARE.write(judge.share), spend: unit.PER_DAY.write(judge.spend) }
    : 'off',
});

/** A whole plan, or the parts that a rule changes. */
export const printPlan = (plan: Partial<Plan>): PrintedSection => ({
  ...(plan.models && { models: plan.models }),
  ...(plan.require && { require: printRequirements(plan.require) }),
  ...(plan.objective && { objective: printObjective(plan.objective) }),
  ...(plan.priceOfASecond !== undefined && { price_of_a_second: unit.MONEY.write(plan.priceOfASecond) }),
  ...(plan.explore && { explore: printExploration(plan.explore) }),
  ...(plan.fallback && { fallback: printFallback(plan.fallback) }),
  ...(plan.limits && { limits: printLimits(plan.limits) }),
  ...(plan.feedback && { feedback: printFeedback(plan.feedback) }),
});

const printCondition = ({ task, difficulty, needs, language, inputTokens }: Condition): PrintedSection => ({
  ...(task && { task }),
  ...(difficulty && { difficulty: unit.DIFFICULTY_TEST.write(difficulty) }),
  ...(needs && { needs }),
  ...(language && { language }),
  ...(inputTokens && { input_tokens: unit.TOKENS_TEST.write(inputTokens) }),
});

/** A rule's limits are those of one request: the cap on spend is the policy's alone and is not repeated. */
const printRule = ({ when, change }: Rule): PrintedSection => {
  const { limits, ...rest } = change;
  if (!limits) return { when: printCondition(when), ...printPlan(rest) };
  const { spend: _ofThePolicy, ...own } = printLimits(limits);
  return { when: printCondition(when), ...printPlan(rest), limits: own };
};

const printExample = ({ say, expect }: Example): PrintedSection => ({
  say,
  expect: {
    ...(expect.rule !== undefined && { rule: expect.rule }),
    ...(expect.task && { task: expect.task }),
    ...(expect.difficulty && { difficulty: unit.DIFFICULTY_TEST.write(expect.difficulty) }),
  },
});

/** As plain JSON in the file language: readable by parsePolicy, which gives the same policy. */
export const printPolicy = (policy: Policy): PrintedSection => ({
  version: 1,
  name: policy.name,
  about: policy.about,
  ...printPlan(policy.plan),
  rules: policy.rules.map(printRule),
  store: { prompts: policy.storePrompts ? 'always' : 'never' },
  examples: policy.examples.map(printExample),
});

// Which rule of a policy a request falls under, and the plan that follows.
import type { Condition, Plan, Policy } from '../core/policy.ts';
import type { Profile } from '../core/profile.ts';
import { passes } from './units.ts';

export type Match = {
  /** 1-based number of the rule that matched, or 0. */
  readonly rule: number;
  readonly plan: Plan;
};

const has = <Item>(wanted: readonly Item[] | undefined, test: (item: Item) => boolean): boolean =>
  wanted === undefined || wanted.some(test);

const holds = (condition: Condition, profile: Profile): boolean =>
  has(condition.task, (task) => task === profile.task) &&
  has(condition.needs, (need) => profile.needs[need]) &&
  has(condition.language, (language) => language === profile.language) &&
  (condition.difficulty === undefined || passes(condition.difficulty, profile.difficulty)) &&
  (condition.inputTokens === undefined || passes(condition.inputTokens, profile.inputTokens));

/** Pure and total: the first rule whose condition holds, else the policy's own plan. */
export const match = (policy: Policy, profile: Profile): Match => {
  const index = policy.rules.findIndex((rule) => holds(rule.when, profile));
  const rule = policy.rules[index];
  return rule ? { rule: index + 1, plan: { ...policy.plan, ...rule.change } } : { rule: 0, plan: policy.plan };
};

// What a policy file comes to: its contents over the defaults, each rule over that, and the hash of it all.
import { createHash } from 'node:crypto';
import type { Condition, Example, JudgeTerms, Plan, Policy, Requirements, Rule } from '../core/policy.ts';
import { DEFAULT_PLAN, JUDGED_SHARE } from './defaults.ts';
import { narrow } from './narrow.ts';
import type { PolicyFile, RuleFile } from './schema.ts';

export type Path = readonly (string | number)[];
/** Something wrong with what the file says, at a place in it. */
export type Fault = {
  readonly path: Path;
  readonly message: string;
  /** `key`: it is the name of the last part that is wrong, not what stands there. */
  readonly at?: 'key';
};
export type Resolved = { readonly policy: Policy; readonly faults: readonly Fault[] };

type Changes = Omit<RuleFile, 'when' | 'limits'> & Pick<PolicyFile, 'limits' | 'feedback'>;

/** `none` takes a value away; a field that is not named keeps the base's. */
const laid = <Value>(change: Value | 'none' | undefined, base: Value | undefined): Value | undefined =>
  change === 'none' ? undefined : (change ?? base);

const statedRequirements = ({ data, ...limits }: NonNullable<Changes['require']>): Requirements => {
  const maxCost = laid(limits.max_cost, undefined);
  const firstTokenMs = laid(limits.first_token, undefined);
  const maxInputPrice = laid(limits.max_input_price, undefined);
  const maxOutputPrice = laid(limits.max_output_price, undefined);
  return {
    training: data?.training ?? 'any',
    retention: data?.retention ?? 'any',
    regions: data?.regions ?? [],
    selfHosted: data?.self_hosted ?? false,
    ...(maxCost !== undefined && { maxCost }),
    ...(firstTokenMs !== undefined && { firstTokenMs }),
    ...(maxInputPrice !== undefined && { maxInputPrice }),
    ...(maxOutputPrice !== undefined && { maxOutputPrice }),
    providers: limits.providers ?? [],
  };
};

const laidLimits = (base: Plan['limits'], change: NonNullable<Changes['limits']>): Plan['limits'] => {
  const outputTokens = laid(change.output_tokens, base.outputTokens);
  const spend = laid(change.spend, base.spend);
  const streamDeadlineMs = change.stream_deadline ?? change.deadline ?? base.streamDeadlineMs;
  return {
    deadlineMs: change.deadline ?? base.deadlineMs,
    ...(streamDeadlineMs !== undefined && { streamDeadlineMs }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(spend && { spend }),
  };
};

const laidFallback = (base: Plan['fallback'], change: NonNullable<Changes['fallback']>): Plan['fallback'] => {
  const hedge = change.hedge ?? base.hedge;
  return {
    attempts: change.attempts ?? base.attempts,
    onRateLimit: change.on_rate_limit ?? base.onRateLimit,
    onRefusal: change.on_refusal ?? base.onRefusal,
    stream: change.stream ?? base.stream,
    ...(hedge !== undefined && hedge !== 'off' && { hedge }),
  };
};

type JudgeFile = NonNullable<NonNullable<Changes['feedback']>['judge']>;
const laidJudge = (judge: JudgeFile): JudgeTerms | undefined =>
  judge === 'off' ? undefined : { ...judge, share: judge.share ?? JUDGED_SHARE };

const laidFeedback = (base: Plan['feedback'], change: NonNullable<Changes['feedback']>): Plan['feedback'] => {
  const baseline = laid(change.baseline, base.baseline);
  const weights = change.weights ?? base.weights;
  const judge = change.judge === undefined ? base.judge : laidJudge(change.judge);
  return {
    halfLifeMs: change.half_life ?? base.halfLifeMs,
    holdout: change.holdout ?? base.holdout,
    ...(baseline && { baseline }),
    ...(weights && Object.keys(weights).length > 0 && { weights }),
    ...(judge && { judge }),
  };
};

/** Only the sections that are named, each complete. */
const changesTo = (
  base: Plan,
  file: Changes,
): { readonly change: Partial<Plan>; readonly faults: readonly Fault[] } => {
  const narrowed = file.require && narrow(base.require, statedRequirements(file.require));
  const { explore, fallback } = file;
  const change: Partial<Plan> = {
    ...(file.models && { models: file.models }),
    ...(narrowed && { require: narrowed.require }),
    ...(file.objective && { objective: file.objective }),
    ...(file.price_of_a_second !== undefined && { priceOfASecond: file.price_of_a_second }),
    ...(explore && {
      explore: {
        share: explore.share ?? base.explore.share,
        spend: explore.spend ?? base.explore.spend,
        floor: explore.floor ?? base.explore.floor,
      },
    }),
    ...(fallback && { fallback: laidFallback(base.fallback, fallback) }),
    ...(file.limits && { limits: laidLimits(base.limits, file.limits) }),
    ...(file.feedback && { feedback: laidFeedback(base.feedback, file.feedback) }),
  };
  const faults: Fault[] = (narrowed?.conflicts ?? []).map((list) => ({
    path: list === 'regions' ? ['require', 'data', 'regions'] : ['require', 'providers'],
    message: `a rule can only narrow, and none of these is among its ${list}: ${base.require[list].join(', ')}`,
  }));
  return { change, faults };
};

const conditionOf = ({ task, difficulty, needs, language, input_tokens }: RuleFile['when']): Condition => ({
  ...(task && { task }),
  ...(difficulty && { difficulty }),
  ...(needs && { needs }),
  ...(language && { language }),
  ...(input_tokens && { inputTokens: input_tokens }),
});

type ExampleFile = NonNullable<PolicyFile['examples']>[number];

const exampleOf = ({ say, expect }: ExampleFile, line: number): Example => ({
  say,
  expect: {
    ...(expect.rule !== undefined && { rule: expect.rule }),
    ...(expect.task && { task: expect.task }),
    ...(expect.difficulty && { difficulty: expect.difficulty }),
  },
  line,
});

/** JSON with sorted keys: equal values give equal text, whatever order they were written in. */
const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

/** Of what decides: comments, layout, `about` and examples change nothing, so they leave the hash alone. */
const hashOf = (deciding: Pick<Policy, 'name' | 'plan' | 'rules' | 'storePrompts'>): string =>
  createHash('sha256').update(canonicalJson(deciding)).digest('hex').slice(0, 16);

/** Pure. `lineOf` says where a part of the file stands, from 1. */
export const resolvePolicy = (file: PolicyFile, lineOf: (path: Path) => number): Resolved => {
  const faults: Fault[] = [];
  const own = changesTo(DEFAULT_PLAN, file);
  const plan: Plan = { ...DEFAULT_PLAN, ...own.change };
  const rules: Rule[] = (file.rules ?? []).map(({ when, ...changes }, index) => {
    const { change, faults: found } = changesTo(plan, changes);
    faults.push(...found.map((fault) => ({ ...fault, path: ['rules', index, ...fault.path] })));
    if (Object.keys(change).length === 0) faults.push({ path: ['rules', index], message: 'this rule changes nothing' });
    return { when: conditionOf(when), change };
  });
  const examples = (file.examples ?? []).map((example, index) => {
    const { rule } = example.expect;
    if (typeof rule === 'number' && rule > rules.length)
      faults.push({
        path: ['examples', index, 'expect', 'rule'],
        message: `there are ${rules.length} rules, not ${rule}`,
      });
    return exampleOf(example, lineOf(['examples', index]));
  });
  const deciding = { name: file.name, plan, rules, storePrompts: false };
  return { policy: { ...deciding, about: file.about, hash: hashOf(deciding), examples }, faults };
};

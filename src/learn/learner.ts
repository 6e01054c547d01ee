// The learner as the pipeline sees it: what to expect of a request, which offer to choose, and what came of it.
import type { Ask } from '../core/ask.ts';
import type { Decision, Estimate, Quote, Rejection } from '../core/decision.ts';
import { decodeFeatures } from '../core/features.ts';
import type { Feedback, Lesson } from '../core/ledger.ts';
import { type NanoUsd, nanoUsd } from '../core/money.ts';
import type { ModelKey } from '../core/offer.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Plan, Policy } from '../core/policy.ts';
import type { Rng } from '../core/ports.ts';
import type { Profile } from '../core/profile.ts';
import type { Beliefs } from './beliefs.ts';
import { decide } from './decide.ts';
import type { ExplorationSpend } from './exploration.ts';
import type { OrderOf } from './ladder.ts';
import { lessonOf } from './lesson.ts';
import type { TokenEstimate } from './output-tokens.ts';
import type { Pacer } from './pacing.ts';

export type LearnerDeps = {
  readonly beliefs: Beliefs;
  readonly pacer: Pacer;
  readonly exploration: ExplorationSpend;
  /** Position of a model in a policy's list, for the objective `order`. */
  readonly orderIn: (patterns: readonly string[]) => OrderOf;
  readonly rng: Rng;
  /** Where several processes learn as one; absent: what is taught here is learned here. */
  readonly teach?: (word: Word) => void;
};

/** What a request has to teach by now; `turn` grows with every judgement, `was` is what it taught before. */
export type Word = { readonly lesson: Lesson; readonly turn: number; readonly was?: Lesson | undefined };

export type Choice = {
  readonly ask: Pick<Ask, 'requestId' | 'explore'>;
  readonly at: number;
  readonly policy: Pick<Policy, 'name' | 'hash'>;
  readonly rule: number;
  readonly plan: Plan;
  readonly profile: Profile;
  readonly quotes: readonly Quote[];
  readonly rejected: readonly Rejection[];
  readonly baseline?: Quote;
  readonly pinned: boolean;
};

const qualityOf = (
  beliefs: Beliefs,
  { profile, plan, at }: Pick<Choice, 'profile' | 'plan' | 'at'>,
): ((model: ModelKey) => Estimate) => {
  const { task, band, difficulty } = profile;
  const features = decodeFeatures(profile.features);
  const { halfLifeMs } = plan.feedback;
  return (model) => beliefs.standing({ model, task, band, difficulty, features, at, halfLifeMs });
};

/** What a floor is a share of: the reference at its mean and one standard deviation, since a floor that is perhaps missed is none. */
const wanted = ({ mean, sd }: Estimate): number => Math.min(1, mean + sd);

type Judgement = {
  readonly decision: Decision;
  readonly outcome: Outcome;
  readonly before: readonly Feedback[];
  readonly now: readonly Feedback[];
};

const teachAlone =
  (beliefs: Beliefs): Required<LearnerDeps>['teach'] =>
  ({ lesson, was }) => {
    if (was) beliefs.unlearn(was);
    beliefs.learn(lesson);
  };

/** What follows from a word is worked out when it is heard, so that the next request does not wait for it. */
const teachIn = ({ beliefs, teach = teachAlone(beliefs) }: LearnerDeps): Required<LearnerDeps>['teach'] => {
  return (word) => {
    teach(word);
    beliefs.conclude(word.lesson.model);
  };
};

/** What came of decisions: pacing, the exploration allowance and the beliefs hear of it here. */
const createTeacher = ({ beliefs, pacer, exploration }: LearnerDeps, taught: Required<LearnerDeps>['teach']) => ({
  /** A decision that is acted upon: it counts for pacing and for the exploration allowance. */
  committed(decision: Decision): void {
    const { objective } = decision.plan;
    pacer.observe(
      decision,
      objective.kind === 'floor' ? wanted(qualityOf(beliefs, decision)(objective.of)) : undefined,
    );
    exploration.add(decision);
  },

  settled(decision: Decision, outcome: Outcome): void {
    const { policy, plan, ladder } = decision;
    const answered =
      outcome.status === 'ok' ? ladder.find(({ quote }) => quote.offer.key === outcome.offer) : undefined;
    const expected = answered ? { expected: answered.quote.cost } : {};
    pacer.settle({ policy, plan, cost: outcome.cost, ...expected, at: decision.at });
    const lesson = lessonOf(decision, outcome);
    if (lesson) taught({ lesson, turn: 0 });
  },

  /** Somebody has judged an answer: what it taught before is taken back, what it teaches now is learned. */
  judged({ decision, outcome, before, now }: Judgement): void {
    const was = lessonOf(decision, outcome, before);
    const lesson = lessonOf(decision, outcome, now);
    if (lesson) taught({ lesson, was, turn: now.at(-1)?.at ?? 0 });
  },

  /** In a replay, where nothing is learned: what a request came to. */
  spentBefore: (spent: Parameters<Pacer['settle']>[0]): void => pacer.settle(spent),

  /** Another process has explored under this policy. */
  exploredElsewhere: exploration.spend,

  learn: (lesson: Lesson): void => beliefs.learn(lesson),
  unlearn: (lesson: Lesson): void => beliefs.unlearn(lesson),
});

export const createLearner = (deps: LearnerDeps) => {
  const { beliefs, pacer, exploration, orderIn, rng } = deps;
  /** What exploring may cost in this decision: what is left of the day's dollars and of what the budget has saved up for it. */
  const leftFor = ({ policy, plan, at }: Omit<Choice, 'ask'>): NanoUsd => {
    const today = nanoUsd(Math.max(0, plan.explore.spend - exploration.spent(policy.name, at)));
    return nanoUsd(Math.min(today, pacer.explorable(policy.name, plan) ?? today));
  };
  return {
    ...createTeacher(deps, teachIn(deps)),

    /** Tokens to expect of an answer, by model. */
    tokensFor: ({ task, band, features: text }: Profile) => {
      const features = decodeFeatures(text);
      return (model: ModelKey): TokenEstimate => beliefs.outputTokens({ model, task, band, features });
    },

    /** Changes nothing. @throws RouterError no_candidate */
    decide({ ask, ...choice }: Choice): Decision {
      const { policy, plan, at } = choice;
      return decide({
        ...choice,
        ...ask,
        quality: qualityOf(beliefs, choice),
        exchangeRate: pacer.rate(policy.name, plan, at),
        explorable: leftFor(choice),
        purse: pacer.purse(policy.name, plan, at),
        orderOf: orderIn(plan.models),
        rng,
      });
    },

    digest: (): string => beliefs.digest(),
  };
};

export type Learner = ReturnType<typeof createLearner>;

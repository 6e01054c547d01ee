// The learner as this process has it: rebuilt from the ledger, taught by feedback, teaching the market what it saw.
import type { Calibration } from '../core/calibration.ts';
import type { Decision } from '../core/decision.ts';
import type { Lesson } from '../core/ledger.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Policy } from '../core/policy.ts';
import type { Ledger, Rng } from '../core/ports.ts';
import { inputTokensOf } from '../core/price.ts';
import { createBeliefs } from '../learn/beliefs.ts';
import { createExplorationSpend } from '../learn/exploration.ts';
import { createLearner, type Learner, type Word } from '../learn/learner.ts';
import { createPacer } from '../learn/pacing.ts';
import { placeOfModel } from '../policy/globs.ts';
import type { OpenMarket } from './market.ts';
import { measure } from './measuring.ts';

export type LearningWorld = {
  readonly market: OpenMarket;
  readonly ledger: Ledger;
  readonly rng: Rng;
  /** Hears what people said beside signals of our own. */
  readonly calibration?: Pick<Calibration, 'heard'>;
  /** Who else learns and spends; absent: nobody. */
  readonly others?: {
    readonly replicas: () => number;
    readonly teach: (word: Word) => void;
    readonly recalled: (lesson: Lesson) => void;
  };
};

/** Beliefs are what the ledger says, read from its beginning. */
export const openLearner = async ({ market, ledger, rng, calibration, others }: LearningWorld): Promise<Learner> => {
  const beliefs = createBeliefs({ priorOf: market.priorOf });
  beliefs.merge(market.imported);
  const learner = createLearner({
    beliefs,
    pacer: createPacer(others?.replicas),
    exploration: createExplorationSpend(),
    orderIn: (patterns) => (model) => placeOfModel(patterns, model),
    rng,
    ...(others && { teach: others.teach }),
  });
  for await (const lessons of ledger.lessons())
    for (const lesson of lessons) {
      learner.learn(lesson);
      if (lesson.signals) calibration?.heard(lesson.caller ?? '', [], lesson.signals);
      others?.recalled(lesson);
    }
  return learner;
};

export type SpentWorld = {
  readonly policies: readonly Policy[];
  readonly ledger: Ledger;
  readonly learner: Learner;
  /** Epoch ms. */
  readonly at: number;
};

/** The budget a policy or one of its rules keeps to. */
export const budgetOf = ({ plan, rules }: Pick<Policy, 'plan' | 'rules'>) =>
  [plan.objective, ...rules.flatMap(({ change }) => change.objective ?? [])].find(
    (objective) => objective.kind === 'budget',
  );

/** Tells the pacer what the ledger says each budget has already spent in the period that is running. */
export const recallSpend = async ({ policies, ledger, learner, at }: SpentWorld): Promise<void> => {
  for (const { name, plan, rules } of policies) {
    const budget = budgetOf({ plan, rules });
    if (!budget) continue;
    const from = Math.floor(at / budget.periodMs) * budget.periodMs;
    const rows = await ledger.spend({ from, to: at + 1 }, 'policy');
    const cost = rows.find((row) => row.key === name)?.cost;
    if (cost) learner.spentBefore({ policy: name, plan: { ...plan, objective: budget }, cost, at });
  }
};

/** What the market learns from how a request ended: the speed of the offers that were called, and who holds the conversation's cache. */
export const teachMarket = (market: OpenMarket, decision: Decision, outcome: Outcome): void => {
  measure(market, decision, outcome);
  const answered = outcome.attempts.at(-1);
  if (outcome.status !== 'ok' || !answered) return;
  const { profile } = decision;
  const inputTokens = inputTokensOf(answered.usage) || profile.inputTokens;
  market.conversations.remember({ conversation: profile.conversation, offer: answered.offer, inputTokens });
};

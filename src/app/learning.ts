// The learner as this process has it: rebuilt from the ledger, taught by feedback, teaching the market what it saw.
import type { Calibration } from '../core/calibration.ts';
import type { Decision } from '../core/decision.ts';
import type { Lesson } from '../core/ledger.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Ledger, Rng, Tally } from '../core/ports.ts';
import { addUsd } from '../core/money.ts';
import { inputTokensOf } from '../core/price.ts';
import { PERIODS_MS, windowAt } from '../core/window.ts';
import { createBeliefs } from '../learn/beliefs.ts';
import type { Books } from '../learn/books.ts';
import { createExplorationSpend } from '../learn/exploration.ts';
import { createLearner, type Learner, type Word } from '../learn/learner.ts';
import { createPacer } from '../learn/pacing.ts';
import { placeOfModel } from '../policy/globs.ts';
import { budgetCounter, counterOf } from '../policy/limits.ts';
import type { OpenMarket } from './market.ts';
import { measure } from './measuring.ts';
import { importedOnly } from './prior-file.ts';

export type LearningWorld = {
  readonly market: OpenMarket;
  readonly ledger: Ledger;
  readonly rng: Rng;
  /** Where what budgets have spent is counted. */
  readonly tally: Tally;
  /** Epoch ms. */
  readonly at: number;
  /** Hears what people said beside signals of our own. */
  readonly calibration?: Pick<Calibration, 'heard'>;
  /** Who else learns and spends; absent: nobody. */
  readonly others?:
    | {
        readonly replicas: () => number;
        readonly teach: (word: Word) => void;
        readonly recalled: (lesson: Lesson) => void;
      }
    | undefined;
};

/** Pacing goes by the counters of the store, as limits do. */
export const booksOf = (tally: Tally): Books => ({
  spent: (policy, { periodMs }, at) => tally.known(counterOf(budgetCounter(policy), periodMs, at)),
});

/** A restart gives nobody a fresh day of exploring. The ledger has what was paid where something was tried, which is more than what trying it cost on top. */
const recallExplored = async (
  { ledger, at }: Pick<LearningWorld, 'ledger' | 'at'>,
  learner: Learner,
): Promise<void> => {
  const { start: from, end: to } = windowAt(PERIODS_MS.day, at);
  for (const { key, cost, ambiguousCost } of await ledger.spend({ from, to, reason: 'explored' }, 'policy'))
    learner.exploredElsewhere(key, addUsd(cost, ambiguousCost), at);
};

/** Beliefs are what the ledger says, read from its beginning. */
export const openLearner = async (world: LearningWorld): Promise<Learner> => {
  const { market, ledger, rng, tally, calibration, others } = world;
  const beliefs = createBeliefs({ priorOf: market.priorOf });
  const learner = createLearner({
    beliefs,
    pacer: createPacer({ replicas: others?.replicas, books: booksOf(tally) }),
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
  beliefs.merge(importedOnly(market.imported, beliefs.state));
  await recallExplored(world, learner);
  return learner;
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

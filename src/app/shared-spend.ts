// What one replica spends of a budget or on exploring, the others count as well. Limits do not rest on it: those are held in the shared store.
import { z } from 'zod';
import type { Decision } from '../core/decision.ts';
import { nanoUsd } from '../core/money.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Policy } from '../core/policy.ts';
import { explorationCost } from '../learn/exploration.ts';
import type { Learner } from '../learn/learner.ts';
import { budgetOf } from './learning.ts';

export type SharedSpendDeps = {
  readonly learner: Pick<Learner, 'spentBefore' | 'exploredElsewhere'>;
  readonly policy: (name: string) => Policy | undefined;
  readonly tell: (body: unknown) => void;
};

const Amount = z.int().min(0).transform(nanoUsd);
const SpentBody = z.object({ policy: z.string().max(256), cost: Amount, explored: Amount, at: z.number() });

export const createSharedSpend = ({ learner, policy, tell }: SharedSpendDeps) => ({
  settled(decision: Decision, { cost, at }: Outcome): void {
    const explored = explorationCost(decision);
    if (decision.plan.objective.kind !== 'budget' && explored === 0) return;
    tell({ policy: decision.policy, cost, explored, at });
  },
  /** @throws when it is not what a replica of this version says */
  hear(body: unknown): void {
    const { policy: name, cost, explored, at } = SpentBody.parse(body);
    const known = policy(name);
    const objective = known && budgetOf(known);
    if (known && objective) learner.spentBefore({ policy: name, plan: { ...known.plan, objective }, cost, at });
    learner.exploredElsewhere(name, explored, at);
  },
});

// What one replica spends on exploring, the others count as well. Limits and budgets do not rest on it: those are counted in the shared store.
import { z } from 'zod';
import type { Decision } from '../core/decision.ts';
import { nanoUsd } from '../core/money.ts';
import { explorationCost } from '../learn/exploration.ts';
import type { Learner } from '../learn/learner.ts';

export type SharedSpendDeps = {
  readonly learner: Pick<Learner, 'exploredElsewhere'>;
  readonly tell: (body: unknown) => void;
};

const Amount = z.int().min(0).transform(nanoUsd);
const SpentBody = z.object({ policy: z.string().max(256), explored: Amount, at: z.number() });

export const createSharedSpend = ({ learner, tell }: SharedSpendDeps) => ({
  settled(decision: Decision): void {
    const explored = explorationCost(decision);
    if (explored > 0) tell({ policy: decision.policy, explored, at: decision.at });
  },
  /** @throws when it is not what a replica of this version says */
  hear(body: unknown): void {
    const { policy, explored, at } = SpentBody.parse(body);
    learner.exploredElsewhere(policy, explored, at);
  },
});

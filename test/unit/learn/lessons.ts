// Lessons for tests of believing: one made of what matters to the test.
import type { Lesson } from '../../../src/core/ledger.ts';
import { createBeliefs } from '../../../src/learn/beliefs.ts';
import type { Prior } from '../../../src/learn/quality.ts';

export const DAY_MS = 86_400_000;
export const NOW = Date.UTC(2026, 10, 24, 12);
export const PRIOR: Prior = { easy: 0.9, hard: 0.5, weight: 4, outputTokens: 300 };

export const lessonWith = (change: Partial<Lesson> = {}): Lesson => ({
  requestId: 'r1',
  at: NOW,
  model: 'x/small',
  offer: 'a:x/small',
  task: 'code',
  band: 'medium',
  halfLifeMs: 14 * DAY_MS,
  reward: 1,
  ...change,
});

export const believers = (prior: Prior = PRIOR) => createBeliefs({ priorOf: () => prior });

export const asking = (change: object = {}) => ({
  model: 'x/small',
  task: 'code' as const,
  band: 'medium' as const,
  difficulty: 0.5,
  at: NOW,
  halfLifeMs: 14 * DAY_MS,
  ...change,
});

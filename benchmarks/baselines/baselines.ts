// The routers that ours is held against, by the name under which they stand in the tables.
import { TICK_MS } from '../../src/app/replay/objective.ts';
import type { CreateRouter } from '../../src/app/replay/router.ts';
import { contextFreeThompson, epsilonGreedy } from './context-free.ts';
import { familyTable } from './family-table.ts';
import { createLinUcb } from './linucb.ts';
import { promptLength } from './prompt-length.ts';

/** All but LinUCB have the product's own pacing, quotes and decision; LinUCB has its published pacer. */
export const BASELINES: Readonly<Record<string, CreateRouter>> = {
  'context-free Thompson': contextFreeThompson,
  'ε-greedy': epsilonGreedy,
  'prompt length': promptLength,
  'task labels': familyTable,
  LinUCB: createLinUcb(TICK_MS),
};

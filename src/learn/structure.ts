// What the structure of unjudged answers adds to a belief: much while nobody judges, less with every judged answer, which has it in already.
import { BANDS } from '../core/profile.ts';
import type { Cells, Sums } from './cells.ts';
import type { Kind } from './lesson-columns.ts';

/** Answers in order that are assumed before any are seen. */
const IN_ORDER_PSEUDO = 5;
/** Judged answers of a task after which structure counts half. */
const FADES_AT = 20;

/** Distance from the belief without it, in units of quality. Pooled over the bands of a task: what breaks a schema breaks it at any difficulty. */
export const structureOffset = (cells: Cells, { task }: Pick<Kind, 'task'>): number => {
  const sum = (of: (sums: Readonly<Sums>) => number): number =>
    BANDS.reduce((total, band) => total + of(cells(task, band)), 0);
  const shown = sum(({ shifts }) => shifts);
  if (shown <= 0) return 0;
  const judged = sum(({ rewards }) => rewards);
  return (sum(({ shift }) => shift) / (shown + IN_ORDER_PSEUDO)) * (FADES_AT / (FADES_AT + judged));
};

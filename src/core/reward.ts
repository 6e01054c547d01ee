// What number in [0,1] an answer is given by those who judged it.
import type { Feedback } from './ledger.ts';

/** What counts as a signal; each is kept apart in the ledger. Other signals (schema, tool arguments, finish) join this union. */
export type Signal = Pick<Feedback, 'source' | 'score' | 'at'>;

/** How much a source's word weighs: a test that ran beats a click, a click beats a model's opinion. */
export const SOURCE_WEIGHTS: Readonly<Record<string, number>> = { eval: 2, user: 1, judge: 0.5 };
/** Of a source nobody has weighed. */
export const OTHER_SOURCE_WEIGHT = 1;

const byTime = (a: Signal, b: Signal): number => a.at - b.at;

/**
 * The weighted mean of what each source said last; by time, and by order where the times are equal. Scores are clipped to [0,1].
 * @returns undefined when nobody has said anything usable
 */
export const rewardOf = (
  signals: readonly Signal[],
  weights: Readonly<Record<string, number>> = SOURCE_WEIGHTS,
): number | undefined => {
  const last = new Map<string, number>();
  for (const { source, score } of signals.filter(({ score }) => Number.isFinite(score)).sort(byTime))
    last.set(source, Math.min(1, Math.max(0, score)));
  let sum = 0;
  let total = 0;
  for (const [source, score] of last) {
    const weight = (Object.hasOwn(weights, source) ? weights[source] : undefined) ?? OTHER_SOURCE_WEIGHT;
    sum += weight * score;
    total += weight;
  }
  return total > 0 ? sum / total : undefined;
};

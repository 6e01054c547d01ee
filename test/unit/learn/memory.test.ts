import { describe, expect, it } from 'vitest';
import { rowOf } from '../../../src/learn/lesson-columns.ts';
import { createMemory, LESSONS_KEPT } from '../../../src/learn/memory.ts';
import { seededRng } from '../../support/rng.ts';
import { DAY_MS, lessonWith, NOW } from './lessons.ts';

const { reward: _, ...unjudged } = lessonWith({ outputTokens: 100 });
const nameOf = (count: number): string => `r${count}`;

const filled = (rows: readonly ReturnType<typeof rowOf>[]) => {
  const memory = createMemory();
  for (const row of rows) memory.add(row);
  return memory.rows('x/small');
};

describe('a memory', () => {
  it('is in order of time, whatever order it was filled in', () => {
    const rng = seededRng(3);
    const rows = Array.from({ length: 2_000 }, (_, count) =>
      rowOf(lessonWith({ requestId: nameOf(count), at: NOW - Math.floor(rng.next() * DAY_MS), reward: rng.next() }), 1),
    );
    const one = filled(rows);
    expect(filled(rows.toReversed())).toEqual(one);
    expect(one).toHaveLength(LESSONS_KEPT);
    expect(one.map(({ at }) => at)).toEqual(one.map(({ at }) => at).toSorted((a, b) => a - b));
  });

  it('lets a lesson nobody judged go before an older one that somebody did, until that is four half-lives older', () => {
    const judged = (days: number) => rowOf(lessonWith({ at: NOW - days * DAY_MS, requestId: `old${days}` }), 1);
    const rest = Array.from({ length: LESSONS_KEPT }, (_, count) =>
      rowOf({ ...unjudged, requestId: nameOf(count), at: NOW + count }, 1),
    );
    const kept = filled([judged(30), judged(70), ...rest]);
    expect(kept.filter(({ reward }) => reward >= 0).map(({ at }) => at)).toEqual([NOW - 30 * DAY_MS]);
  });

  it('counts a lesson that is taught twice twice, and forgets one that is taken back as often', () => {
    const row = rowOf(lessonWith(), 1);
    expect(filled([row, row])).toEqual([{ ...row, times: 2 }]);
    expect(filled([row, rowOf(lessonWith(), -1)])).toEqual([]);
  });

  it('keeps the features of a lesson as they were', () => {
    const row = rowOf(lessonWith({ features: 'ABCgB' }), 1);
    expect(filled([row])).toEqual([row]);
  });
});

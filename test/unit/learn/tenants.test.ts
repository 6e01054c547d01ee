// What one tenant can do to a belief that others share, and what the structure of unjudged answers does to it.
import { describe, expect, it } from 'vitest';
import type { Lesson } from '../../../src/core/ledger.ts';
import { IMPORTED_TENANT, rowOf } from '../../../src/learn/lesson-columns.ts';
import { LESSONS_KEPT } from '../../../src/learn/memory.ts';
import { asking, believers, lessonWith, NOW } from './lessons.ts';

const lessons = (caller: string, count: number, change: Partial<Lesson> = {}): Lesson[] =>
  Array.from({ length: count }, (_, at) =>
    lessonWith({ requestId: `${caller}/${at}`, at: NOW - at * 60_000, caller, ...change }),
  );
const belief = (all: readonly Lesson[]) => {
  const beliefs = believers();
  for (const lesson of all) beliefs.learn(lesson);
  return beliefs.quality(asking());
};
const HONEST = ['a', 'b', 'c', 'd', 'e'];
const honest = (count: number): Lesson[] => HONEST.flatMap((caller) => lessons(caller, count, { reward: 0.9 }));

describe('a tenant', () => {
  it('alone is heard in full', () => {
    const alone = belief(lessons('a', 200, { reward: 0.2 }));
    const unnamed = belief(lessons('a', 200, { reward: 0.2 }).map(({ caller: _, ...lesson }) => lesson));
    expect(alone).toEqual(unnamed);
  });

  it('that floods a shared belief moves it by no more than a fifth of the way, however much it says', () => {
    const before = belief(honest(60)).mean;
    const flooded = belief([...honest(60), ...lessons('mallory', 5_000, { reward: 0 })]).mean;
    // A fifth of zeros among four fifths of 0.9, and what the doubt of a wider scatter leaves to the prior.
    expect(flooded).toBeGreaterThan(0.8 * before - 0.03);
    expect(flooded).toBeLessThan(before);
  });

  it('that floods the memory leaves the others their places', () => {
    const beliefs = believers();
    for (const lesson of honest(60)) beliefs.learn(lesson);
    for (let at = 0; at < 3_000; at++)
      beliefs.learn(lessonWith({ requestId: `m${at}`, at: NOW + at, caller: 'mallory', reward: 0 }));
    const kept = beliefs.state().filter(({ reward }) => reward === 900_000);
    expect(kept).toHaveLength(300);
  });

  it('cannot make a model look as if it had changed for everybody', () => {
    const old = honest(100).map((lesson) => ({ ...lesson, at: lesson.at - 1_000_000_00 }));
    const late = lessons('mallory', 900, { reward: 0 });
    expect(belief([...old, ...late]).mean).toBeGreaterThan(0.6);
  });

  it('among few does not silence the others, nor they it', () => {
    const two = belief([...lessons('prod', 1_000, { reward: 0.9 }), ...lessons('dev', 5, { reward: 0.1 })]);
    expect(two.mean).toBeGreaterThan(0.8);
    expect(two.sd).toBeLessThan(0.06);
  });

  it('is counted the same in whatever order lessons come', () => {
    const all = [...honest(40), ...lessons('mallory', 400, { reward: 0 })];
    expect(belief(all.toReversed())).toEqual(belief(all));
  });
});

describe('structure', () => {
  const shown = (shift: number, count: number): Lesson[] =>
    lessons('a', count, { shift }).map(({ reward: _, ...lesson }) => lesson);

  it('in order changes nothing, out of order lowers what is believed', () => {
    const nothing = belief([]).mean;
    expect(belief(shown(0, 50)).mean).toBeCloseTo(nothing);
    expect(belief(shown(-0.7, 50)).mean).toBeLessThan(nothing - 0.5);
    expect(
      belief([...shown(0, 90), ...shown(-0.7, 10).map((lesson) => ({ ...lesson, requestId: `${lesson.requestId}x` }))])
        .mean,
    ).toBeGreaterThan(nothing - 0.1);
  });

  it('gives way to those who judge', () => {
    const judged = lessons('b', 200, { reward: 0.9 });
    expect(belief([...judged, ...shown(-0.7, 200)]).mean).toBeGreaterThan(belief(judged).mean - 0.08);
  });

  it('is of its task alone', () => {
    const beliefs = believers();
    for (const lesson of shown(-0.7, 50)) beliefs.learn({ ...lesson, task: 'extract' });
    expect(beliefs.quality(asking({ task: 'extract' })).mean).toBeLessThan(0.3);
    expect(beliefs.quality(asking()).mean).toBeCloseTo(belief([]).mean);
  });

  it('is taken back as it was taught', () => {
    const beliefs = believers();
    const before = beliefs.digest();
    const [lesson] = shown(-0.7, 1);
    if (!lesson) throw new Error('no lesson');
    beliefs.learn(lesson);
    beliefs.unlearn(lesson);
    beliefs.learn({ ...lesson, reward: 0.5 });
    beliefs.unlearn({ ...lesson, reward: 0.5 });
    expect(beliefs.digest()).toBe(before);
  });
});

describe('what was imported', () => {
  const imported = (count: number, reward: number) =>
    Array.from({ length: count }, (_, at) => ({
      ...rowOf(lessonWith({ requestId: `i${at}`, at: NOW - at, reward }), 1),
      tenant: IMPORTED_TENANT,
    }));

  it('is believed, and outweighed by as many answers of one’s own', () => {
    const beliefs = believers();
    beliefs.merge(imported(400, 0.1));
    expect(beliefs.quality(asking()).mean).toBeLessThan(0.25);
    for (const lesson of lessons('a', 120, { reward: 0.9 })) beliefs.learn(lesson);
    expect(beliefs.quality(asking()).mean).toBeGreaterThan(0.6);
  });

  it('gives up its places before any lesson of one’s own', () => {
    const beliefs = believers();
    beliefs.merge(imported(400, 0.1));
    for (const lesson of lessons('a', LESSONS_KEPT, { reward: 0.9 })) beliefs.learn(lesson);
    expect(beliefs.state().filter(({ tenant }) => tenant === IMPORTED_TENANT)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { rowOf } from '../../../src/learn/lesson-columns.ts';
import { createMemory, LESSONS_KEPT } from '../../../src/learn/memory.ts';
import { regimeStart } from '../../../src/learn/regime.ts';
import { seededRng } from '../../support/rng.ts';
import { lessonWith, NOW } from './lessons.ts';

/** A model that is right so often before and after, with one request a minute. */
const history = (seed: number, spells: readonly { readonly lessons: number; readonly right: number }[]) => {
  const rng = seededRng(seed * 7_919);
  const memory = createMemory();
  let at = NOW;
  for (const { lessons, right } of spells)
    for (let count = 0; count < lessons; count++) {
      at += 60_000;
      memory.add(rowOf(lessonWith({ requestId: `${seed}/${at}`, at, reward: rng.next() < right ? 1 : 0 }), 1));
    }
  return memory;
};

const SEEDS = Array.from({ length: 40 }, (_, at) => at + 1);

describe('a change of a model', () => {
  it('is seen in one of forty steady histories at most, long or short, sure or doubtful', () => {
    for (const lessons of [40, 300, LESSONS_KEPT])
      for (const right of [0.5, 0.8, 0.95]) {
        const alarms = SEEDS.filter((seed) => regimeStart(history(seed, [{ lessons, right }])) > 0);
        expect({ lessons, right, alarms: alarms.length }).toEqual({
          lessons,
          right,
          alarms: expect.toSatisfy((n: number) => n <= 1),
        });
      }
  });

  it('of twenty points is seen after a hundred and twenty lessons in most histories, near where it was', () => {
    const starts = SEEDS.map((seed) =>
      regimeStart(
        history(seed, [
          { lessons: 400, right: 0.92 },
          { lessons: 120, right: 0.72 },
        ]),
      ),
    );
    expect(starts.filter((start) => Math.abs(start - 400) < 60).length).toBeGreaterThanOrEqual(31);
  });

  it('is looked for again after one that was found', () => {
    const memory = history(2, [
      { lessons: 300, right: 0.9 },
      { lessons: 300, right: 0.4 },
      { lessons: 300, right: 0.9 },
    ]);
    expect(Math.abs(regimeStart(memory) - 600)).toBeLessThan(20);
  });
});

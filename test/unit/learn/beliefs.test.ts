import { describe, expect, it } from 'vitest';
import type { Lesson } from '../../../src/core/ledger.ts';
import { seededRng } from '../../support/rng.ts';
import { createBeliefs } from '../../../src/learn/beliefs.ts';
import { LESSONS_KEPT } from '../../../src/learn/memory.ts';
import { asking, believers, DAY_MS, lessonWith, NOW, PRIOR } from './lessons.ts';

const taught = (lessons: number, change: Partial<Lesson> = {}) => {
  const beliefs = believers();
  for (let count = 0; count < lessons; count++) beliefs.learn(lessonWith(change));
  return beliefs;
};

describe('quality', () => {
  it('is the catalogue’s, between easy and hard, before anything is learned', () => {
    const beliefs = believers();
    expect(beliefs.quality(asking({ difficulty: 0 })).mean).toBeCloseTo(0.9);
    expect(beliefs.quality(asking({ difficulty: 0.5 })).mean).toBeCloseTo(0.7);
    expect(beliefs.quality(asking({ difficulty: 1 })).mean).toBeCloseTo(0.5);
    expect(beliefs.quality(asking()).sd).toBeGreaterThan(0.1);
  });

  it('moves from the prior to what is seen, and grows surer', () => {
    const means = [0, 5, 50, 500].map((lessons) => taught(lessons, { reward: 0.2 }).quality(asking()));
    expect(means.map(({ mean }) => mean)).toEqual(means.map(({ mean }) => mean).toSorted((a, b) => b - a));
    expect(means.map(({ sd }) => sd)).toEqual(means.map(({ sd }) => sd).toSorted((a, b) => b - a));
    expect(Math.abs((means.at(-1)?.mean ?? 0) - 0.2)).toBeLessThan(0.02);
  });

  it('teaches most where it was seen, less the rest of the task and of the band, least the rest of the model', () => {
    const beliefs = taught(30, { reward: 0 });
    const lost = (change: object) => believers().quality(asking(change)).mean - beliefs.quality(asking(change)).mean;
    const cell = lost({});
    const task = lost({ band: 'easy' });
    const band = lost({ task: 'write' });
    const rest = lost({ task: 'write', band: 'easy' });
    expect(cell).toBeGreaterThan(Math.max(task, band));
    expect(Math.min(task, band)).toBeGreaterThan(rest);
    expect(rest).toBeGreaterThan(0.05);
    expect(lost({ model: 'y/large' })).toBe(0);
  });

  it('keeps the catalogue’s slope: harder requests of a band are believed to go worse', () => {
    const beliefs = taught(50, { reward: 0.7 });
    const at = (difficulty: number) => beliefs.quality(asking({ difficulty })).mean;
    expect(at(0.4) - at(0.6)).toBeCloseTo(0.08, 6);
  });

  it('forgets by half every half-life, and returns to the prior', () => {
    const beliefs = taught(100, { reward: 0 });
    const after = (days: number) => beliefs.quality(asking({ at: NOW + days * DAY_MS }));
    expect(after(0).mean).toBeLessThan(0.05);
    expect(after(70).mean).toBeGreaterThan(after(14).mean);
    expect(after(70).sd).toBeGreaterThan(after(14).sd);
    expect(after(1_400).mean).toBeCloseTo(0.7, 2);
  });

  it('weighs age by the half-life that is asked for, not the one it was learned with', () => {
    const beliefs = taught(100, { reward: 0 });
    const later = { at: NOW + 28 * DAY_MS };
    expect(beliefs.quality(asking({ ...later, halfLifeMs: DAY_MS })).mean).toBeGreaterThan(
      beliefs.quality(asking({ ...later, halfLifeMs: 100 * DAY_MS })).mean + 0.5,
    );
  });

  it('leaves a favourite that got worse within a hundred and fifty lessons', () => {
    const beliefs = taught(400, { reward: 0.9, at: NOW - 10 * DAY_MS, halfLifeMs: 3 * DAY_MS });
    for (let count = 0; count < 150; count++) beliefs.learn(lessonWith({ reward: 0.7, halfLifeMs: 3 * DAY_MS }));
    expect(beliefs.quality(asking({ halfLifeMs: 3 * DAY_MS })).mean).toBeLessThan(0.77);
  });

  it('is honest about its error: nine of ten truths lie within 1.7 standard deviations', () => {
    let within = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const rng = seededRng(seed);
      const truth = 0.3 + 0.6 * rng.next();
      const beliefs = believers();
      for (let count = 0; count < 60; count++) beliefs.learn(lessonWith({ reward: rng.next() < truth ? 1 : 0 }));
      const { mean, sd } = beliefs.quality(asking());
      if (Math.abs(mean - truth) < 1.7 * sd) within += 1;
    }
    expect(within / 200).toBeGreaterThan(0.85);
  });

  it('stays in [0,1] with a prior at its edge', () => {
    const beliefs = believers({ easy: 1, hard: 0, weight: 1, outputTokens: 10 });
    for (let count = 0; count < 50; count++) beliefs.learn(lessonWith({ band: 'easy', reward: 1 }));
    expect(beliefs.quality(asking({ difficulty: 0 })).mean).toBeLessThanOrEqual(1);
    expect(beliefs.quality(asking({ difficulty: 1 })).mean).toBeGreaterThanOrEqual(0);
  });

  it('notices a new prior at once', () => {
    let prior = PRIOR;
    const beliefs = createBeliefs({ priorOf: () => prior });
    beliefs.learn(lessonWith({ reward: 0.7 }));
    const before = beliefs.quality(asking()).mean;
    prior = { ...PRIOR, easy: 0.3, hard: 0.1 };
    expect(beliefs.quality(asking()).mean).toBeLessThan(before - 0.25);
  });
});

describe('a lesson taken back', () => {
  it('leaves nothing behind', () => {
    const beliefs = taught(20, { reward: 0.4 });
    const before = beliefs.digest();
    const late = lessonWith({ reward: 0, outputTokens: 900, at: NOW + 5 * DAY_MS });
    beliefs.learn(late);
    expect(beliefs.digest()).not.toBe(before);
    beliefs.unlearn(late);
    expect(beliefs.digest()).toBe(before);
  });

  it('replaces what was said before when it is told anew', () => {
    const beliefs = taught(1, { reward: 0 });
    beliefs.unlearn(lessonWith({ reward: 0 }));
    beliefs.learn(lessonWith({ reward: 1 }));
    expect(beliefs.digest()).toBe(taught(1, { reward: 1 }).digest());
  });

  it('may arrive before the lesson itself, as deltas from elsewhere do', () => {
    const beliefs = believers();
    beliefs.unlearn(lessonWith());
    expect(beliefs.quality(asking()).mean).toBeCloseTo(0.7);
    beliefs.learn(lessonWith());
    expect(beliefs.digest()).toBe(believers().digest());
  });
});

describe('state', () => {
  it('goes through JSON and back, and adds up', () => {
    const [one, two, both] = [believers(), believers(), believers()];
    for (const [at, beliefs] of [one, two].entries()) {
      const lesson = lessonWith({ reward: at / 2, outputTokens: 10 + at, task: at === 0 ? 'code' : 'chat' });
      beliefs.learn(lesson);
      both.learn(lesson);
    }
    one.merge(JSON.parse(JSON.stringify(two.state())));
    expect(one.digest()).toBe(both.digest());
    expect(one.quality(asking())).toEqual(both.quality(asking()));
  });

  it('remembers a bounded number of lessons, the newest', () => {
    const beliefs = believers();
    for (let day = 0; day < 2_000; day++) beliefs.learn(lessonWith({ at: NOW - day * DAY_MS, halfLifeMs: DAY_MS }));
    expect(beliefs.state()).toHaveLength(LESSONS_KEPT);
    expect(Math.min(...beliefs.state().map(({ at }) => at))).toBe(NOW - (LESSONS_KEPT - 1) * DAY_MS);
  });

  it('holds nothing of a lesson that teaches nothing', () => {
    const { reward: _, ...silent } = lessonWith();
    const beliefs = believers();
    beliefs.learn(silent);
    expect(beliefs.state()).toEqual([]);
  });
});

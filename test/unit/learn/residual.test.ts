import { describe, expect, it } from 'vitest';
import { encodeFeatures, FEATURE_SPACE, STRUCTURAL, decodeFeatures } from '../../../src/core/features.ts';
import { createBeliefs } from '../../../src/learn/beliefs.ts';
import { seededRng } from '../../support/rng.ts';
import { asking, believers, DAY_MS, lessonWith, NOW, PRIOR } from './lessons.ts';

/** Ten words out of a vocabulary of 200, and the one that tells hard requests from easy ones. */
const wordsOf = (rng: { next(): number }, tell: boolean): Uint16Array => {
  const ids = new Set<number>(tell ? [STRUCTURAL] : [STRUCTURAL + 1]);
  while (ids.size < 11) ids.add(STRUCTURAL + 2 + 80 * Math.floor(200 * rng.next()));
  return Uint16Array.from(ids).sort();
};

type Told = {
  readonly lessons: number;
  readonly reward: (tell: boolean, luck: number) => number;
  readonly shuffled?: boolean;
};
const told = ({ lessons, reward, shuffled = false }: Told) => {
  const rng = seededRng(11);
  const all = Array.from({ length: lessons }, (_, count) => {
    const tell = rng.next() < 0.5;
    const features = encodeFeatures(wordsOf(rng, tell));
    return lessonWith({
      requestId: `q${count}`,
      at: NOW - (lessons - count) * 60_000,
      features,
      reward: reward(tell, rng.next()),
      outputTokens: tell ? 900 : 90,
    });
  });
  const beliefs = believers();
  for (const lesson of shuffled ? all.toSorted((a, b) => a.requestId.localeCompare(b.requestId)) : all)
    beliefs.learn(lesson);
  return beliefs;
};
const gapOf = (beliefs: ReturnType<typeof believers>): number => {
  const rng = seededRng(12);
  const mean = (tell: boolean): number =>
    Array.from({ length: 20 }, () => beliefs.quality(asking({ features: wordsOf(rng, tell) })).mean).reduce(
      (a, b) => a + b,
      0,
    ) / 20;
  return mean(false) - mean(true);
};
const told90 = (tell: boolean, luck: number): number => (luck < (tell ? 0.5 : 0.9) ? 1 : 0);

describe('what features explain', () => {
  it('is nothing before it has predicted anything', () => {
    expect(gapOf(told({ lessons: 0, reward: told90 }))).toBe(0);
    expect(Math.abs(gapOf(told({ lessons: 15, reward: told90 })))).toBe(0);
  });

  it('is most of a gap between kinds of words, once there are lessons enough', () => {
    expect(gapOf(told({ lessons: 1_000, reward: told90 }))).toBeGreaterThan(0.15);
  });

  it('is next to nothing where rewards do not depend on words', () => {
    expect(Math.abs(gapOf(told({ lessons: 1_000, reward: (_, luck) => (luck < 0.7 ? 1 : 0) })))).toBeLessThan(0.02);
  });

  it('is the same in whatever order the lessons came', () => {
    const [one, two] = [false, true].map((shuffled) => told({ lessons: 400, reward: told90, shuffled }));
    expect(gapOf(two ?? believers())).toBe(gapOf(one ?? believers()));
    expect(two?.digest()).toBe(one?.digest());
  });

  it('tells long answers from short ones', () => {
    const beliefs = told({ lessons: 600, reward: told90 });
    const rng = seededRng(13);
    const tokens = (tell: boolean) => beliefs.outputTokens({ ...asking(), features: wordsOf(rng, tell) }).mean;
    expect(tokens(true)).toBeGreaterThan(2 * tokens(false));
  });

  it('is replayed from a state that went through JSON', () => {
    const one = told({ lessons: 300, reward: told90 });
    const two = createBeliefs({ priorOf: () => PRIOR });
    two.merge(JSON.parse(JSON.stringify(one.state())));
    expect(gapOf(two)).toBe(gapOf(one));
  });
});

describe('a feature text', () => {
  it('says every set of features in order', () => {
    const ids = [0, 1, 31, 32, 63, 64, 1_100, 9_000, FEATURE_SPACE - 1];
    expect([...decodeFeatures(encodeFeatures(ids))]).toEqual(ids);
  });

  it('that is not one of ours is read as far as it goes', () => {
    expect([...decodeFeatures('AB!C')]).toEqual([0, 2]);
    expect([...decodeFeatures('____________')]).toEqual([]);
    expect(decodeFeatures('A'.repeat(500)).length).toBeLessThanOrEqual(46);
  });
});

it('ages: what words once told counts less than what they tell now', () => {
  const beliefs = told({ lessons: 500, reward: told90 });
  const rng = seededRng(14);
  for (let count = 0; count < 700; count++) {
    const tell = rng.next() < 0.5;
    const features = encodeFeatures(wordsOf(rng, tell));
    const at = NOW + 60 * DAY_MS + count * 60_000;
    beliefs.learn(lessonWith({ requestId: `n${count}`, at, features, reward: told90(!tell, rng.next()) }));
  }
  expect(gapOf(beliefs)).toBeLessThan(-0.1);
});

it('tells apart two kinds of request on which a model is believed nearly perfect', () => {
  const beliefs = told({ lessons: 1_000, reward: (tell, luck) => (luck < (tell ? 0.95 : 1) ? 1 : 0) });
  const rng = seededRng(15);
  const least = (tell: boolean): number =>
    beliefs.standing(asking({ features: wordsOf(rng, tell), difficulty: 0 })).mean;
  const gap = Array.from({ length: 20 }, () => least(false) - least(true)).reduce((a, b) => a + b, 0) / 20;
  expect(gap).toBeGreaterThan(0.01);
});

import { expect, it } from 'vitest';
import { rewardOf } from '../../../src/core/reward.ts';

const said = (source: string, score: number, at = 0) => ({ source, score, at });

it('is what the only source says', () => expect(rewardOf([said('user', 0.25)])).toBe(0.25));

it('is nothing when nobody has said anything usable', () => {
  expect(rewardOf([])).toBeUndefined();
  expect(rewardOf([said('user', Number.NaN)])).toBeUndefined();
});

it('weighs a test that ran above a click, and a click above a judge', () => {
  expect(rewardOf([said('eval', 1), said('user', 0)])).toBeCloseTo(2 / 3);
  expect(rewardOf([said('judge', 1), said('user', 0)])).toBeCloseTo(1 / 3);
});

it('lets the last word of each source count, whatever order they arrive in', () => {
  const late = said('user', 1, 20);
  const early = said('user', 0, 10);
  expect(rewardOf([late, early])).toBe(1);
  expect(rewardOf([early, late])).toBe(1);
});

it('takes weights of its own, and 1 for a source they do not name', () => {
  expect(rewardOf([said('a', 1), said('b', 0)], { a: 3 })).toBe(0.75);
  expect(rewardOf([said('toString', 1)])).toBe(1);
});

it('clips scores to [0,1]', () => expect(rewardOf([said('user', 7)])).toBe(1));

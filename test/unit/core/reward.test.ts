import { expect, it } from 'vitest';
import { judgementOf, rewardOf, shiftOf } from '../../../src/core/reward.ts';

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

it('takes a signal for what it was taken for when it was recorded, at the weight the policy gave it', () => {
  const judged = { ...said('@judge', 1), taken: { value: 0.4 } };
  expect(rewardOf([judged])).toBeCloseTo(0.4);
  expect(rewardOf([{ ...said('user', 1), taken: { weight: 3 } }, said('other', 0)])).toBeCloseTo(0.75);
});

it('lets structure count beside those who judge only where the policy weighs it', () => {
  expect(rewardOf([said('user', 1), said('@schema', 0)])).toBe(1);
  expect(rewardOf([said('user', 1), { ...said('@schema', 0), taken: { weight: 1 } }])).toBeCloseTo(0.5);
  expect(rewardOf([{ ...said('@schema', 0), taken: { weight: 1 } }])).toBeUndefined();
});

it('is a shift where nobody has judged: nothing for what is in order, down for what is not', () => {
  expect(judgementOf([said('@finish', 1), said('@schema', 1)]).shift).toBeCloseTo(0);
  expect(judgementOf([said('@finish', 1), said('@schema', 0)])).toEqual({ shift: -0.7 });
  expect(judgementOf([said('@schema', 0), said('user', 0.9)])).toEqual({ reward: 0.9 });
  expect(judgementOf([])).toEqual({});
});

it('softens or silences structure by the policy’s weight, and bounds it', () => {
  expect(shiftOf([{ ...said('@schema', 0), taken: { weight: 0.5 } }])).toBeCloseTo(-0.35);
  expect(shiftOf([{ ...said('@schema', 0), taken: { weight: 0 } }])).toBeUndefined();
  expect(shiftOf([said('@schema', 0), said('@tools', 0), said('@finish', 0), said('@repeat', 0)])).toBe(-1);
});

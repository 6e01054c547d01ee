// What signals of our own come to be taken for, as people judge the same answers.
import { describe, expect, it } from 'vitest';
import { createCalibration } from '../../../src/core/calibration.ts';

const said = (source: string, score: number) => ({ source, score, at: 0 });
const ME = 'key-1';

/** So many answers that a judge gave `score` and people `word`. */
const pairs = (count: number, score: number, word: number, source = '@judge') => {
  const calibration = createCalibration();
  for (let at = 0; at < count; at++) calibration.heard(ME, [], [said(source, score), said('user', word)]);
  return calibration;
};

describe('calibration', () => {
  it('takes a judge at its word until people have judged the same answers, then for what they say', () => {
    expect(createCalibration().taken(ME, said('@judge', 0.9)).value).toBe(0.9);
    const few = pairs(5, 0.9, 0.3).taken(ME, said('@judge', 0.9)).value ?? 0;
    const many = pairs(2_000, 0.9, 0.3).taken(ME, said('@judge', 0.9)).value ?? 0;
    expect(few).toBeLessThan(0.9);
    expect(few).toBeGreaterThan(0.7);
    expect(many).toBeCloseTo(0.3, 1);
  });

  it('keeps scores apart by steps: what is said of good grades says nothing of bad ones', () => {
    const calibration = pairs(2_000, 0.9, 0.3);
    expect(calibration.taken(ME, said('@judge', 0.1)).value).toBe(0.1);
  });

  it('learns how much worse answers out of order are than those in order', () => {
    const calibration = createCalibration();
    for (let at = 0; at < 1_000; at++) {
      calibration.heard(ME, [], [said('@schema', 1), said('user', 0.9)]);
      calibration.heard(ME, [], [said('@schema', 0), said('user', 0.7)]);
    }
    // Of all answers the mean is 0.8.
    expect(calibration.taken(ME, said('@schema', 0)).shift).toBeCloseTo(-0.1, 1);
    expect(calibration.taken(ME, said('@schema', 1)).shift).toBeCloseTo(0.1, 1);
    expect(createCalibration().taken(ME, said('@schema', 0)).shift).toBe(-0.7);
  });

  it('counts what is revised once, as it was said last', () => {
    const calibration = createCalibration();
    const first = [said('@judge', 0.9), said('user', 0)];
    const last = [said('@judge', 0.9), said('user', 0.9)];
    for (let at = 0; at < 50; at++) {
      calibration.heard(ME, [], first);
      calibration.heard(ME, first, last);
    }
    expect(calibration.taken(ME, said('@judge', 0.9)).value).toBeCloseTo(0.9);
  });

  it('is each caller’s own: another’s way of judging changes nothing', () => {
    const calibration = pairs(2_000, 0.9, 0);
    expect(calibration.taken('key-2', said('@judge', 0.9)).value).toBe(0.9);
  });

  it('takes what people say as it is, and pairs without people for nothing', () => {
    const calibration = createCalibration();
    expect(calibration.taken(ME, said('user', 0.4))).toEqual({});
    for (let at = 0; at < 100; at++) calibration.heard(ME, [], [said('@judge', 0.9), said('@schema', 0)]);
    expect(calibration.taken(ME, said('@judge', 0.9)).value).toBe(0.9);
  });
});

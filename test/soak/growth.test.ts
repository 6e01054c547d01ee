import { describe, expect, it } from 'vitest';
import { seededRng } from '../support/rng.ts';
import { growth } from './growth.ts';

const RATE = 30;
/** Ten minutes, a point every ten seconds; MiB. */
const measured = (perHour: number, noise: number) => {
  const rng = seededRng(7);
  return Array.from({ length: 60 }, (_, index) => {
    const at = index / 360;
    return { at, value: 190 + perHour * at + noise * (rng.next() - 0.5) };
  });
};
const judged = (perHour: number, noise: number) =>
  growth({ name: 'it', rate: RATE, points: measured(perHour, noise) }).findings;

describe('growth in ten minutes', () => {
  it('is nothing to find where there is none', () => {
    expect(judged(0, 4)).toEqual([]);
  });

  it('of 256 bytes a request is found', () => {
    expect(judged((256 * RATE * 3_600) / 2 ** 20, 4)).toEqual(['that is more than 1 MiB/h for certain']);
  });

  it('is not taken for none where the figures are too restless to tell', () => {
    expect(judged(0, 60)).toEqual(['a leak of 256 bytes a request, 26 MiB/h, could not be told from none']);
  });
});

import { describe, expect, it } from 'vitest';
import { type Normal, winChances } from '../../../src/learn/chances.ts';
import { normalCdf, normalDraw } from '../../../src/learn/normal.ts';
import { seededRng } from '../../support/rng.ts';

const counted = (normals: readonly Normal[], times: number): number[] => {
  const rng = seededRng(11);
  const wins = normals.map(() => 0);
  for (let time = 0; time < times; time++) {
    const draws = normals.map((normal) => normalDraw(rng, normal));
    const best = draws.indexOf(Math.max(...draws));
    wins[best] = (wins[best] ?? 0) + 1;
  }
  return wins.map((count) => count / times);
};

describe('winChances', () => {
  it('gives all of it to the largest where widths are too small to divide by', () => {
    expect(
      winChances([
        { mean: 0, sd: 1e-321 },
        { mean: 1, sd: 0 },
      ]),
    ).toEqual([0, 1]);
  });

  it('is the closed form for two', () => {
    const [chance = 0] = winChances([
      { mean: 0.7, sd: 0.1 },
      { mean: 0.6, sd: 0.2 },
    ]);
    expect(Math.abs(chance - normalCdf(0.1 / Math.hypot(0.1, 0.2)))).toBeLessThan(0.002);
  });

  it.each([
    [
      [
        { mean: 0.7, sd: 0.05 },
        { mean: 0.68, sd: 0.1 },
        { mean: 0.5, sd: 0.3 },
      ],
    ],
    [
      [
        { mean: 0.7, sd: 0 },
        { mean: 0.68, sd: 0.1 },
        { mean: 0.69, sd: 0.0001 },
      ],
    ],
    [Array.from({ length: 20 }, (_, at) => ({ mean: 0.5 + at / 100, sd: 0.02 + (at % 4) / 20 }))],
  ])('is what a hundred thousand draws say (%#)', (normals) => {
    const drawn = counted(normals, 100_000);
    winChances(normals).forEach((chance, at) => expect(Math.abs(chance - (drawn[at] ?? 0))).toBeLessThan(0.007));
  });

  it('sums to one and leaves next to nothing, never nothing, to those out of reach', () => {
    const chances = winChances([
      { mean: 1, sd: 0.01 },
      { mean: 0, sd: 0.01 },
      { mean: 0.99, sd: 0.01 },
    ]);
    expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 12);
    expect(chances[1]).toBeGreaterThan(0);
    expect(chances[1]).toBeLessThan(1e-8);
  });

  it('gives all to the first best where nothing varies', () => {
    expect(
      winChances([
        { mean: -2, sd: 0 },
        { mean: -1, sd: 0 },
        { mean: -1, sd: 0 },
      ]),
    ).toEqual([0, 1, 0]);
    expect(winChances([])).toEqual([]);
  });
});

describe('normalDraw', () => {
  it('has the mean and the standard deviation asked for', () => {
    const rng = seededRng(5);
    const draws = Array.from({ length: 50_000 }, () => normalDraw(rng, { mean: 3, sd: 2 }));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const sd = Math.sqrt(draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length);
    expect(Math.abs(mean - 3)).toBeLessThan(0.04);
    expect(Math.abs(sd - 2)).toBeLessThan(0.03);
  });
});

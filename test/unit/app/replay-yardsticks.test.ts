// What a replay is measured by, against values worked out by hand.
import { describe, expect, it } from 'vitest';
import { fixedModels, hullAt, hullOf, randomModel } from '../../../src/app/replay/hull.ts';
import { interval95, quantileOf } from '../../../src/app/replay/intervals.ts';
import { oracleAt, oracleFor } from '../../../src/app/replay/oracle.ts';
import { apgrOf, cptOf, pairScore, pgrCurve, type Scored } from '../../../src/app/replay/pair.ts';
import type { Offered } from '../../../src/app/replay/stream.ts';

const USD = 1e9;
/** Rows of [quality, dollars] per model; null: could not be asked. */
const offeredOf = (rows: readonly (readonly (readonly [number, number] | null)[])[]): Offered => ({
  models: rows[0]?.length ?? 0,
  length: rows.length,
  quality: Float64Array.from(rows.flatMap((row) => row.map((cell) => cell?.[0] ?? Number.NaN))),
  cost: Float64Array.from(rows.flatMap((row) => row.map((cell) => (cell?.[1] ?? 0) * USD))),
  down: new Uint8Array(rows.length * (rows[0]?.length ?? 0)),
});

describe('the hull of fixed models', () => {
  const points = [
    { usd: 1, quality: 0.5 },
    { usd: 2, quality: 0.55 },
    { usd: 3, quality: 0.8 },
    { usd: 4, quality: 0.7 },
  ];

  it('keeps the models no mix of others beats, cheapest first', () => {
    expect(hullOf(points)).toEqual([points[0], points[2]]);
  });

  it('mixes between corners, and is flat outside them', () => {
    expect(hullAt(points, 2)).toBeCloseTo(0.65, 12);
    expect(hullAt(points, 0.5)).toBe(0.5);
    expect(hullAt(points, 100)).toBe(0.8);
  });

  it('takes the better of two models at one price', () => {
    expect(
      hullAt(
        [
          { usd: 1, quality: 0.3 },
          { usd: 1, quality: 0.6 },
        ],
        1,
      ),
    ).toBe(0.6);
  });
});

describe('fixed and random models', () => {
  const offered = offeredOf([
    [[1, 2], [0, 1], null],
    [
      [0, 4],
      [1, 1],
      [0.5, 3],
    ],
  ]);

  it('are means over the requests a model could be asked', () => {
    expect(fixedModels(offered)).toEqual([
      { usd: 3, quality: 0.5 },
      { usd: 1, quality: 0.5 },
      { usd: 3, quality: 0.5 },
    ]);
    expect(fixedModels(offeredOf([[null, [1, 1]]]))[0]).toBeUndefined();
  });

  it('draw evenly among those that are there', () => {
    const { quality, usd } = randomModel(offered);
    expect(quality).toBeCloseTo((0.5 + 0.5) / 2, 12);
    expect(usd).toBeCloseTo((1.5 + 8 / 3) / 2, 12);
  });
});

describe('the oracle', () => {
  // Gains of the dear model: 1, 0.5, 0 for $9, $9, $9 more.
  const offered = offeredOf([
    [
      [0, 1],
      [1, 10],
    ],
    [
      [0.5, 1],
      [1, 10],
    ],
    [
      [1, 1],
      [1, 10],
    ],
  ]);

  it('without a price of money takes the best, and the cheaper of two that are level', () => {
    const { quality, usd } = oracleAt(offered, 0);
    expect(quality).toBe(1);
    expect(usd).toBe(7);
  });

  it('of a budget buys the largest gains first and stays within it', () => {
    const { quality, usd } = oracleFor(offered, 4.5);
    expect(quality).toBeCloseTo((1 + 0.5 + 1) / 3, 12);
    expect(usd).toBeCloseTo(4, 12);
  });

  it('with more than enough spends no more than the best costs', () => {
    expect(oracleFor(offered, 100).usd).toBe(7);
  });

  it('with too little takes the cheapest everywhere', () => {
    expect(oracleFor(offered, 0.5)).toMatchObject({ quality: 0.5, usd: 1 });
  });

  it('leaves out what could not be asked', () => {
    expect(oracleAt(offeredOf([[null, [0.2, 1]]]), 0).quality).toBe(0.2);
  });
});

describe('two models told apart', () => {
  /** Ten prompts: the strong model helps on the first five only. */
  const helpful = (number: number): Pick<Scored, 'weak' | 'strong'> =>
    number < 5 ? { weak: 0, strong: 1 } : { weak: 1, strong: 1 };
  const scoredBy = (gain: (number: number) => number): Scored[] =>
    Array.from({ length: 10 }, (_, number) => ({ gain: gain(number), ...helpful(number) }));

  it('recovers the gap at once where the order is perfect', () => {
    const score = pairScore(scoredBy((number) => -number));
    // PGR rises by a fifth with each of the first five calls, then stays at one: ½·½ + ½.
    expect(score?.apgr).toBeCloseTo(0.75, 10);
    expect(score?.cpt50).toBeCloseTo(25, 10);
    expect(score?.cpt80).toBeCloseTo(40, 10);
  });

  it('recovers it last where the order is the wrong way round', () => {
    const score = pairScore(scoredBy((number) => number));
    expect(score?.apgr).toBeCloseTo(0.25, 10);
    expect(score?.cpt50).toBeCloseTo(75, 10);
    expect(score?.cpt80).toBeCloseTo(90, 10);
  });

  it('is the coin flip where nothing is known: one threshold, one straight line', () => {
    const curve = pgrCurve(scoredBy(() => 0.3)) ?? [];
    expect(curve).toEqual([
      { share: 0, pgr: 0 },
      { share: 1, pgr: 1 },
    ]);
    expect(apgrOf(curve)).toBe(0.5);
    expect(cptOf(curve, 0.8)).toBeCloseTo(80, 10);
  });

  it('has ten steps over a hundred prompts, each of a tenth more strong calls', () => {
    const scored = Array.from({ length: 100 }, (_, number) => ({ gain: number, weak: 0, strong: 1 }));
    const shares = (pgrCurve(scored) ?? []).map(({ share }) => share);
    expect(shares).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  });

  it('goes above one where fewer strong calls answer more', () => {
    const scored: Scored[] = [
      { gain: 1, weak: 0, strong: 1 },
      { gain: 0.5, weak: 0, strong: 1 },
      { gain: 0, weak: 1, strong: 0 },
    ];
    expect(pairScore(scored)?.apgr).toBeGreaterThan(1);
  });

  it('says nothing of models that are level', () => {
    expect(pairScore([{ gain: 0, weak: 1, strong: 1 }])).toBeUndefined();
    expect(pairScore([])).toBeUndefined();
  });
});

describe('intervals and quantiles', () => {
  it('are Student’s: 1, 2, 3 is 2 ± 4.303 · 1/√3', () => {
    const [low, high] = interval95([1, 2, 3]) ?? [];
    expect(low).toBeCloseTo(2 - 4.303 / Math.sqrt(3), 6);
    expect(high).toBeCloseTo(2 + 4.303 / Math.sqrt(3), 6);
  });

  it('do not exist for one value', () => {
    expect(interval95([1])).toBeNull();
  });

  it('follow the table beyond it: 2.009 at 50 degrees of freedom', () => {
    const values = Array.from({ length: 51 }, (_, number) => number % 2);
    const [low = 0, high = 0] = interval95(values) ?? [];
    const mean = 25 / 51;
    const sd = Math.sqrt((51 * mean * (1 - mean)) / 50);
    expect((high - low) / 2 / (sd / Math.sqrt(51))).toBeCloseTo(2.009, 2);
  });

  it('lie between neighbours', () => {
    expect(quantileOf(Float64Array.from([3, 1, 2]), 0.5)).toBe(2);
    expect(quantileOf(Float64Array.from([0, 1]), 0.25)).toBe(0.25);
    expect(quantileOf(new Float64Array(), 0.5)).toBeNaN();
  });
});

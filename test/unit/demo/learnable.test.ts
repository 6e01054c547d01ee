import { describe, expect, it } from 'vitest';
import { runOffline } from './offline-learner.ts';

const SEEDS = Array.from({ length: 10 }, (_, at) => at + 1);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("the demo's world can be learned in 400 requests, by a learner that knows nothing of the truth", () => {
  const runs = SEEDS.map((seed) => ({ seed, score: runOffline({ seed, requests: 400, worthUsd: 0.14 }) }));

  it.each(runs)('seed $seed: at most half of the spend of the strong model, and above the coin flip', ({ score }) => {
    expect(score.spend_usd / score.baseline.spend_usd).toBeLessThan(0.5);
    expect(score.quality - score.hull_quality).toBeGreaterThan(0.003);
    expect(score.quality / score.baseline.quality).toBeGreaterThan(0.955);
  });

  it('reaches 97 % of the quality of the strong model on average, for four tenths of its cost', () => {
    expect(mean(runs.map(({ score }) => score.quality / score.baseline.quality))).toBeGreaterThan(0.97);
    expect(mean(runs.map(({ score }) => score.spend_usd / score.baseline.spend_usd))).toBeLessThan(0.4);
  });

  it('leaves room above: the oracle is better and cheaper, chance is much worse', () => {
    for (const { score } of runs) {
      expect(score.oracle.quality).toBeGreaterThan(score.quality);
      expect(score.oracle.spend_usd).toBeLessThan(score.spend_usd);
      expect(score.random.quality).toBeLessThan(score.hull_quality);
    }
  });

  it('makes the fall of one price worth moving for', () => {
    expect(mean(runs.map(({ score }) => score.price_change?.share_after ?? 0))).toBeGreaterThan(0.3);
    expect(runs.every(({ score }) => score.price_change?.share_before === 0)).toBe(true);
  });
});

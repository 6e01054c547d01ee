// What bourse replay reports of recordings in every shape, held against the same numbers worked out from the file by the plainest means.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ReplayReport } from '../../../src/app/replay/report.ts';
import { replay } from '../../../src/commands/replay.ts';
import { seededRng } from '../../support/rng.ts';
import { type RecordedRow, writeRecording } from '../../support/recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-brute-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Shape = {
  readonly models: number;
  readonly rows: number;
  /** Share of answers nobody asked for. */
  readonly missing: number;
  readonly binary: boolean;
  /** Dollars of the cheapest model; each further one costs four times as much. */
  readonly usd: number;
};
const SHAPES: Readonly<Record<string, Shape>> = {
  'two models, right or wrong': { models: 2, rows: 120, missing: 0, binary: true, usd: 1e-5 },
  'eleven models, graded': { models: 11, rows: 90, missing: 0, binary: false, usd: 1e-6 },
  'forty models': { models: 40, rows: 40, missing: 0, binary: true, usd: 1e-6 },
  'a third of the answers missing': { models: 4, rows: 120, missing: 0.33, binary: false, usd: 1e-5 },
  'models that cost nothing': { models: 3, rows: 80, missing: 0, binary: true, usd: 0 },
  'one row': { models: 3, rows: 1, missing: 0, binary: false, usd: 1e-4 },
  'one model': { models: 1, rows: 60, missing: 0, binary: false, usd: 1e-4 },
};

const rowsOf = ({ models, rows, missing, binary, usd }: Shape, seed: number): readonly RecordedRow[] => {
  const rng = seededRng(seed);
  return Array.from({ length: rows }, (_, row) => {
    const hard = rng.next();
    const kept = Array.from({ length: models }, (_unused, model) => model).filter(
      (model) => model === row % models || rng.next() >= missing,
    );
    const answer = (model: number): Readonly<Record<string, number>> => {
      const chance = Math.min(1, Math.max(0, 0.4 + (0.5 * model) / models + (hard - 0.5) / 2));
      const quality = binary ? Number(rng.next() < chance) : chance;
      return { quality, cost_usd: usd * 4 ** (model % 8) * (0.5 + rng.next()) };
    };
    return {
      id: `row-${row}`,
      prompt: `Question ${row} of ${hard < 0.5 ? 'garden birds' : 'operator theory'}?`,
      outcomes: Object.fromEntries(kept.map((model) => [`model-${model}`, answer(model)])),
    };
  });
};

type Point = { readonly quality: number; readonly usd: number };
const answersIn = (row: RecordedRow): readonly Point[] =>
  Object.values(row.outcomes).map(({ quality, cost_usd }) => ({ quality: quality ?? 0, usd: cost_usd ?? 0 }));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const fixedIn = (rows: readonly RecordedRow[]): readonly Point[] =>
  [...new Set(rows.flatMap(({ outcomes }) => Object.keys(outcomes)))].map((name) => {
    const own = rows.map(({ outcomes }) => outcomes[name]).filter((answer) => answer !== undefined);
    return {
      quality: mean(own.map(({ quality }) => quality ?? 0)),
      usd: mean(own.map(({ cost_usd }) => cost_usd ?? 0)),
    };
  });

/** Every single model and every mix of two that costs so much, one after the other; the cheapest where nothing is as cheap. */
const bestMix = (points: readonly Point[], usd: number): number => {
  const cheapest = Math.min(...points.map((point) => point.usd));
  const within = points.filter((point) => point.usd <= Math.max(usd, cheapest));
  const above = points.filter((point) => point.usd > Math.max(usd, cheapest));
  const mixes = within.flatMap((low) =>
    above.map((high) => low.quality + ((high.quality - low.quality) * (usd - low.usd)) / (high.usd - low.usd)),
  );
  return Math.max(...within.map(({ quality }) => quality), ...(usd >= cheapest ? mixes : []));
};

const KEYS = ['dataset', 'protocol', 'prompts', 'models', 'seeds', 'results', 'pair', 'decision_us'];
const RESULT_KEYS = (
  'quality quality_ci95 cost_usd hull_quality best_single_quality random_quality oracle_quality ' +
  'lift_over_hull lift_ci95 shares regret'
).split(' ');

const played = async (rows: readonly RecordedRow[], ...words: string[]): Promise<ReplayReport> => {
  const data = writeRecording(folder, 'rows.jsonl.gz', rows);
  let out = '';
  const terminal = { out: (line: string) => (out += line), err: () => undefined, write: () => undefined, live: false };
  expect(await replay.run(['--data', data, '--json', ...words], terminal)).toBe(0);
  return JSON.parse(out);
};

describe.each(Object.entries(SHAPES))('a recording of %s', (_, shape) => {
  const rows = rowsOf(shape, 5);
  const middle = shape.usd * 10;
  const goals = ['--budget', String(middle || 1), '--budget', '1', '--worth', '0.01', '--floor', '0.9:model-0'];

  it('is reported as the plainest reckoning has it', async () => {
    const report = await played(rows, '--seeds', '1', ...goals);
    expect(Object.keys(report)).toEqual(KEYS);
    expect(report).toMatchObject({ protocol: 'bandit', prompts: shape.rows, seeds: 1, results: { length: 4 } });
    expect(report.pair === null).toBe(shape.models !== 2);
    const fixed = fixedIn(rows);
    for (const result of report.results) {
      expect(Object.keys(result).slice(1)).toEqual(RESULT_KEYS);
      expect(result.best_single_quality).toBeCloseTo(Math.max(...fixed.map(({ quality }) => quality)), 4);
      expect(result.random_quality).toBeCloseTo(
        mean(rows.map((row) => mean(answersIn(row).map(({ quality }) => quality)))),
        4,
      );
      expect(result.hull_quality).toBeCloseTo(bestMix(fixed, result.cost_usd), 4);
      expect(result.lift_over_hull).toBeCloseTo(result.quality - result.hull_quality, 4);
      expect([result.quality_ci95, result.lift_ci95]).toEqual([null, null]);
    }
  });

  it('has shares of all requests, an oracle nobody passes, and regret that ends at what the oracle is ahead', async () => {
    const { results, prompts, models } = await played(rows, '--seeds', '2', ...goals);
    for (const result of results) {
      expect(Object.keys(result.shares)).toEqual(models);
      expect(Object.values(result.shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
      expect(result.regret.at(-1)).toBeCloseTo(prompts * (result.oracle_quality - result.quality), 2);
      const [low, high] = result.lift_ci95 ?? [1, 0];
      expect(low).toBeLessThanOrEqual(result.lift_over_hull);
      expect(high).toBeGreaterThanOrEqual(result.lift_over_hull);
    }
    const best = mean(rows.map((row) => Math.max(...answersIn(row).map(({ quality }) => quality))));
    const [, plenty] = results;
    expect(plenty?.oracle_quality).toBeCloseTo(best, 4);
    expect(plenty?.quality).toBeLessThanOrEqual(best + 1e-6);
  });
});

describe('a replay', () => {
  it('says the same twice, times aside', async () => {
    const rows = rowsOf({ models: 3, rows: 100, missing: 0.2, binary: false, usd: 1e-5 }, 9);
    const words = ['--seeds', '2', '--budget', '1e-4', '--noise', '0.2', '--feedback-rate', '0.5'];
    const [{ decision_us: _once, ...one }, { decision_us: _again, ...two }] = [
      await played(rows, ...words),
      await played(rows, ...words),
    ];
    expect(two).toEqual(one);
  });
});

// How the shipped prior is trained: what recordings bear out is found, what they do not is shrunk, and what ships is complete.
import { describe, expect, it } from 'vitest';
import { fitLengths, lengthFit, NO_EFFECTS } from '../../../benchmarks/train/lengths.ts';
import { fitSlope, gainArea, slopeFit } from '../../../benchmarks/train/quality.ts';
import { type Item, loadSets, type TrainingSet } from '../../../benchmarks/train/sets.ts';
import { BANDS, type Band, TASKS, type Task } from '../../../src/core/profile.ts';
import prior from '../../../src/learn/length-prior.json' with { type: 'json' };
import { seededRng } from '../../support/rng.ts';
import { sampleProfile } from '../../support/sample.ts';

type World = { readonly tokens: (task: Task, band: Band) => number; readonly loss: number };

const setOf = (name: string, { tokens, loss }: World, seed: number): TrainingSet => {
  const rng = seededRng(seed);
  const items = Array.from({ length: 400 }, (_, at): Item => {
    const task = TASKS[at % 2] ?? 'chat';
    const band = BANDS[at % 3] ?? 'easy';
    const difficulty = rng.next();
    const profile = sampleProfile({ task, band, difficulty });
    const noise = Math.exp(rng.next() - 0.5);
    const answer = (usual: number, share: number) => ({
      quality: Math.max(0, 1 - share * loss * difficulty),
      tokens: usual * tokens(task, band) * noise,
    });
    return {
      profile,
      characters: 100,
      seen: new Map([
        ['weak', answer(100, 1)],
        ['strong', answer(900, 0.2)],
      ]),
    };
  });
  return { name, family: name, weak: 'weak', strong: 'strong', items, dropped: 0 };
};

const longCode: World = { tokens: (task) => (task === 'code' ? 3 : 1), loss: 0.6 };
const alike: World = { tokens: () => 1, loss: 0 };
const three = (world: World) => [1, 2, 3].map((seed) => setOf(`set${seed}`, world, seed));

describe('training', () => {
  it('finds lengths by kind that hold on recordings it has not seen, whatever each model’s usual length', () => {
    const effects = fitLengths(three(longCode));
    expect(effects.task.code - effects.task.chat).toBeGreaterThan(0.6);
    const held = setOf('held', longCode, 9);
    expect(lengthFit(held, effects)).toBeGreaterThan(0.5);
    expect(lengthFit(held, NO_EFFECTS)).toBeCloseTo(0);
  });

  it('finds nothing where kinds are alike, and says when it would do harm', () => {
    const effects = fitLengths(three(alike));
    for (const task of TASKS) expect(Math.abs(effects.task[task])).toBeLessThan(0.05);
    expect(lengthFit(setOf('held', alike, 9), fitLengths(three(longCode)))).toBeLessThan(0);
    expect(lengthFit({ ...setOf('held', alike, 9), items: [] }, effects)).toBeUndefined();
  });

  it('finds what difficulty costs, and which requests a strong model gains on', () => {
    const held = setOf('held', longCode, 9);
    const slope = fitSlope(three(longCode));
    expect(slope).toBeCloseTo(-0.36, 1);
    expect(slopeFit(held, slope)).toBeGreaterThan(0.5);
    expect(gainArea(held, 'difficulty')).toBeGreaterThan(0.6);
    expect(gainArea(held, 'length')).toBeCloseTo(0.5);
  });

  it('needs recordings: without any there are no sets', async () => expect(await loadSets('/nowhere')).toEqual([]));

  it('has left a factor for every task and band', () => {
    for (const task of TASKS) expect(prior.task[task]).toBeGreaterThan(0);
    for (const band of BANDS) expect(prior.band[band]).toBeGreaterThan(0);
  });
});

import { expect, it } from 'vitest';
import type { Band, Task } from '../../../src/core/profile.ts';
import prior from '../../../src/learn/length-prior.json' with { type: 'json' };
import { normalDraw } from '../../../src/learn/normal.ts';
import { seededRng } from '../../support/rng.ts';
import { believers, DAY_MS, lessonWith, NOW, PRIOR } from './lessons.ts';

const of = (task: Task = 'code', band: Band = 'medium') => ({ model: 'x/small', task, band });

/** Log-normal answers: median 400, mean 400·e^(0.5·0.6²) = 479, P90 863. */
const taught = (answers: number) => {
  const rng = seededRng(21);
  const beliefs = believers();
  const said: number[] = [];
  for (let count = 0; count < answers; count++) {
    const outputTokens = Math.round(Math.exp(normalDraw(rng, { mean: Math.log(400), sd: 0.6 })));
    said.push(outputTokens);
    beliefs.learn(lessonWith({ outputTokens }));
  }
  return { beliefs, said };
};

it('starts from the catalogue, longer or shorter by kind as far as training bore that out', () => {
  const beliefs = believers();
  const { mean, p90 } = beliefs.outputTokens(of('chat'));
  const usual = PRIOR.outputTokens * prior.task.chat * prior.band.medium;
  expect(mean).toBeGreaterThan(usual);
  expect(mean).toBeLessThan(2 * usual);
  expect(p90).toBeGreaterThan(mean);
  const longer = (a: Task, b: Task) => beliefs.outputTokens(of(a)).mean / beliefs.outputTokens(of(b)).mean;
  expect(longer('code', 'translate')).toBeCloseTo(prior.task.code / prior.task.translate, 1);
  const harder = beliefs.outputTokens(of('code', 'hard')).mean / beliefs.outputTokens(of('code', 'easy')).mean;
  expect(harder).toBeCloseTo(prior.band.hard / prior.band.easy, 1);
});

it('learns the mean of long-tailed answers, not their median', () => {
  const { beliefs, said } = taught(1_000);
  const mean = said.reduce((sum, tokens) => sum + tokens, 0) / said.length;
  expect(Math.abs(beliefs.outputTokens(of()).mean / mean - 1)).toBeLessThan(0.06);
});

it('has nine of ten answers below its P90', () => {
  const { beliefs, said } = taught(1_000);
  const { p90 } = beliefs.outputTokens(of());
  const below = said.filter((tokens) => tokens <= p90).length / said.length;
  expect(below).toBeGreaterThan(0.87);
  expect(below).toBeLessThan(0.93);
});

it('lets one task teach the others a little', () => {
  const { beliefs } = taught(100);
  expect(beliefs.outputTokens(of('write')).mean).not.toBe(believers().outputTokens(of('write')).mean);
});

it('is not carried away by one runaway answer', () => {
  const { beliefs } = taught(200);
  const before = beliefs.outputTokens(of()).mean;
  beliefs.learn(lessonWith({ outputTokens: 60_000 }));
  expect(beliefs.outputTokens(of()).mean).toBeLessThan(2 * before);
});

it('follows a model that has begun to talk more', () => {
  const beliefs = believers();
  for (let count = 0; count < 200; count++)
    beliefs.learn(lessonWith({ outputTokens: 200, at: NOW - 10 * DAY_MS, halfLifeMs: 2 * DAY_MS }));
  for (let count = 0; count < 100; count++) beliefs.learn(lessonWith({ outputTokens: 800, halfLifeMs: 2 * DAY_MS }));
  expect(beliefs.outputTokens(of()).mean).toBeGreaterThan(650);
});

it('keeps out of the way of quality', () => {
  const { beliefs } = taught(1);
  const silent = believers();
  const { reward: _, ...spoken } = lessonWith({ outputTokens: 900 });
  silent.learn(spoken);
  expect(silent.quality({ ...of(), difficulty: 0.5, at: NOW, halfLifeMs: DAY_MS }).mean).toBeCloseTo(0.7);
  expect(beliefs.outputTokens(of()).mean).toBeGreaterThan(0);
});

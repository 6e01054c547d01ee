import { describe, expect, it } from 'vitest';
import { TASKS } from '../../../src/core/profile.ts';
import { MODELS } from '../../../src/demo/cast.ts';
import { drawsFor, hashOf, normal } from '../../../src/demo/draw.ts';
import { createJudge } from '../../../src/demo/judge.ts';
import { OFFERS, PROVIDERS } from '../../../src/demo/stalls.ts';
import { createTruth, dollarsOf, promptTokens, type Subject } from '../../../src/demo/truth.ts';
import { modelKey } from '../../../src/core/offer.ts';

const truth = createTruth(7);
const large = modelKey('quarry/granite-large');
const meanQuality = (model: string, subject: Omit<Subject, 'id'>): number => {
  const ids = Array.from({ length: 200 }, (_, at) => `q${at}`);
  return ids.reduce((sum, id) => sum + truth.quality(modelKey(model), { id, ...subject }), 0) / ids.length;
};

describe('the truth', () => {
  it('has at least twelve offers of eight models at five providers in three dialects', () => {
    expect(OFFERS.length).toBeGreaterThanOrEqual(12);
    expect(new Set(OFFERS.map(({ model }) => model)).size).toBe(8);
    expect(PROVIDERS).toHaveLength(5);
    expect(new Set(PROVIDERS.map(({ dialect }) => dialect))).toEqual(new Set(['chat', 'messages', 'gemini']));
    expect(OFFERS.every(({ provider }) => PROVIDERS.some(({ name }) => name === provider))).toBe(true);
  });

  it('is the same whenever it is asked', () => {
    const subject: Subject = { id: 'x', task: 'code', difficulty: 0.5 };
    expect(truth.quality(large, subject)).toBe(createTruth(7).quality(large, subject));
    expect(truth.answerTokens(large, subject)).toEqual(createTruth(7).answerTokens(large, subject));
    expect(createTruth(8).quality(large, subject)).not.toBe(truth.quality(large, subject));
  });

  it('falls with difficulty for every model and task', () => {
    for (const { model } of MODELS)
      for (const task of TASKS) {
        const [easy, hard] = [0.1, 0.9].map((difficulty) => truth.quality(model, { id: 'x', task, difficulty }));
        expect(easy).toBeGreaterThan(hard ?? 1);
      }
  });

  it('knows a specialist, an all-rounder and a trap', () => {
    const hardCode = { task: 'code', difficulty: 0.83 } as const;
    expect(meanQuality('foundry/anvil-coder', hardCode)).toBeGreaterThan(meanQuality('quarry/granite-large', hardCode));
    const write = { task: 'write', difficulty: 0.5 } as const;
    expect(meanQuality('foundry/anvil-coder', write)).toBeLessThan(meanQuality('tidal/current-70b', write));
    for (const task of TASKS)
      expect(meanQuality('summit/obelisk-1', { task, difficulty: 0.6 })).toBeLessThan(
        meanQuality('quarry/granite-large', { task, difficulty: 0.6 }),
      );
  });

  it('bills what a call used', () => {
    const tokens = { input: 1_000_000, cached: 1_000_000, cacheWrite: 0, text: 500_000, reasoning: 500_000 };
    expect(dollarsOf(tokens, { input: 2, cached: 0.5, output: 8 })).toBe(10.5);
    expect(promptTokens(large, { characters: 400, messages: 2 })).toBe(108);
  });
});

describe('the draws', () => {
  it('are uniform and independent of each other', () => {
    const firsts = Array.from({ length: 4000 }, (_, at) => drawsFor(1, 'x', at).next());
    const mean = firsts.reduce((sum, value) => sum + value, 0) / firsts.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(new Set(firsts).size).toBeGreaterThan(3990);
    expect(hashOf('a', 'b')).not.toBe(hashOf('ab'));
    const rng = drawsFor('n');
    const normals = Array.from({ length: 4000 }, () => normal(rng));
    expect(normals.reduce((sum, value) => sum + value * value, 0) / normals.length).toBeCloseTo(1, 1);
  });
});

describe('the judge', () => {
  const judge = createJudge({ truth, seed: 7 });
  const verdicts = Array.from({ length: 2000 }, (_, index) => {
    const subject: Subject = { id: `s${index}`, task: 'chat', difficulty: 0.9 };
    return {
      quality: truth.quality(modelKey('tidal/current-70b'), subject),
      verdict: judge(subject, { model: modelKey('tidal/current-70b'), index }),
    };
  });
  const said = verdicts.flatMap(({ quality, verdict }) => (verdict ? [{ quality, ...verdict }] : []));

  it('speaks of about two thirds of the answers, in two voices', () => {
    expect(said.length / verdicts.length).toBeCloseTo(0.65, 1);
    expect(new Set(said.map(({ source }) => source))).toEqual(new Set(['eval', 'user']));
    expect(said.every(({ score }) => score >= 0 && score <= 1)).toBe(true);
    expect(said.every(({ source, score }) => source === 'eval' || score === 0 || score === 1)).toBe(true);
  });

  it('errs on both sides of the truth', () => {
    const error = said.reduce((sum, { score, quality }) => sum + score - quality, 0) / said.length;
    expect(Math.abs(error)).toBeLessThan(0.02);
    expect(said.some(({ score, quality }) => score !== Math.round(quality * 100) / 100)).toBe(true);
  });
});

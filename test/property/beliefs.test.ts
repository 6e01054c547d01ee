import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Lesson } from '../../src/core/ledger.ts';
import { encodeFeatures } from '../../src/core/features.ts';
import { BANDS, TASKS } from '../../src/core/profile.ts';
import { createBeliefs } from '../../src/learn/beliefs.ts';

const DAY_MS = 86_400_000;
const MODELS = ['x/small', 'y/large', 'z/middle'];
const lesson: fc.Arbitrary<Lesson> = fc
  .record(
    {
      requestId: fc.uuid(),
      at: fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }),
      model: fc.constantFrom(...MODELS),
      offer: fc.constant('a:x/small'),
      task: fc.constantFrom(...TASKS),
      band: fc.constantFrom(...BANDS),
      halfLifeMs: fc.constantFrom(60_000, 3_600_000, DAY_MS, 14 * DAY_MS),
      outputTokens: fc.integer({ min: 0, max: 200_000 }),
      reward: fc.double({ min: 0, max: 1, noNaN: true }),
    },
    { requiredKeys: ['requestId', 'at', 'model', 'offer', 'task', 'band', 'halfLifeMs'] },
  )
  // fast-check leaves out optional keys at random: lessons without reward, without tokens, with neither.
  .map((entry) => entry satisfies Lesson);

const lessons = fc.array(lesson, { maxLength: 80 });
const shuffled = fc
  .array(lesson, { maxLength: 80 })
  .chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
  );
const believers = () => createBeliefs({ priorOf: () => ({ easy: 0.9, hard: 0.4, weight: 3, outputTokens: 200 }) });
const taught = (all: readonly Lesson[]) => {
  const beliefs = believers();
  for (const lesson of all) beliefs.learn(lesson);
  return beliefs;
};
const views = (beliefs: ReturnType<typeof believers>) =>
  MODELS.flatMap((model) =>
    BANDS.map((band) => ({
      quality: beliefs.quality({
        model,
        task: 'code',
        band,
        difficulty: 0.5,
        at: 1_800_000_000_000,
        halfLifeMs: DAY_MS,
      }),
      tokens: beliefs.outputTokens({ model, task: 'code', band }),
    })),
  );

it('believes the same whatever order its lessons come in', () => {
  fc.assert(
    fc.property(shuffled, ([all, other]) => {
      const [one, two] = [taught(all), taught(other)];
      expect(two.digest()).toBe(one.digest());
    }),
  );
});

it('merges two halves into the whole', () => {
  fc.assert(
    fc.property(lessons, fc.nat(), (all, cut) => {
      const at = all.length === 0 ? 0 : cut % all.length;
      const merged = taught(all.slice(0, at));
      merged.merge(JSON.parse(JSON.stringify(taught(all.slice(at)).state())));
      expect(merged.digest()).toBe(taught(all).digest());
    }),
  );
});

it('always answers with a sound estimate', () => {
  fc.assert(
    fc.property(lessons, (all) => {
      for (const { quality, tokens } of views(taught(all))) {
        expect(quality.mean).toBeGreaterThanOrEqual(0);
        expect(quality.mean).toBeLessThanOrEqual(1);
        expect(quality.sd).toBeGreaterThan(0);
        expect(quality.sd).toBeLessThan(1);
        expect(tokens.mean).toBeGreaterThanOrEqual(1);
        expect(tokens.p90).toBeGreaterThanOrEqual(tokens.mean);
      }
    }),
  );
});

it('reads the same before and after another question was asked', () => {
  fc.assert(
    fc.property(lessons, lesson, (all, late) => {
      const asked = taught(all);
      views(asked);
      asked.learn(late);
      expect(views(asked)).toEqual(views(taught([...all, late])));
    }),
  );
});

/** As a router lives: lessons in order of time or late, judged afterwards, taken back, with features and shown structure; asked in between. */
const act = fc.record({
  lesson,
  late: fc.boolean(),
  features: fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 6 }),
  shift: fc.option(fc.double({ min: -1, max: 0.3, noNaN: true }), { nil: undefined }),
  next: fc.constantFrom('ask', 'conclude', 'take back', 'judge', 'nothing'),
});

it('answers like somebody who has just read the same lessons, whatever was asked and worked out on the way', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
      const beliefs = believers();
      acts.forEach(({ lesson: drawn, late, features, shift, next }, step) => {
        const told: Lesson = {
          ...drawn,
          ...(late ? {} : { at: 1_799_000_000_000 + step }),
          features: encodeFeatures(Uint16Array.from(features).sort()),
          ...(drawn.reward === undefined && shift !== undefined ? { shift } : {}),
        };
        beliefs.learn(told);
        if (next === 'take back' || next === 'judge') beliefs.unlearn(told);
        if (next === 'judge') beliefs.learn({ ...told, reward: 0.25 });
        if (next === 'conclude') beliefs.conclude(told.model);
        if (next === 'nothing') return;
        const reader = believers();
        reader.merge(beliefs.state());
        expect(views(beliefs)).toEqual(views(reader));
      });
    }),
    { numRuns: 60 },
  );
});

it('does so too when its memory is full', () => {
  const beliefs = believers();
  const [pool] = fc.sample(fc.array(lesson, { minLength: 1_700, maxLength: 1_700 }), { numRuns: 1, seed: 5 });
  pool?.forEach((drawn, step) => {
    beliefs.learn({ ...drawn, model: 'x/small', ...(step % 7 === 0 ? {} : { at: 1_799_000_000_000 + step }) });
    if (step % 3 === 0) views(beliefs);
    if (step % 40 !== 0) return;
    const reader = believers();
    reader.merge(beliefs.state());
    expect(views(beliefs)).toEqual(views(reader));
  });
});

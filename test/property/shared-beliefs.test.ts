// What replicas teach one another, in any interleaving, told late and told twice, judged on any of them: in the end all believe what one alone would.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSharedBeliefs } from '../../src/app/shared-beliefs.ts';
import type { Lesson } from '../../src/core/ledger.ts';
import type { Word } from '../../src/learn/learner.ts';
import { createFakeClock } from '../support/clock.ts';
import { believers, lessonWith, NOW } from '../unit/learn/lessons.ts';

const REPLICAS = 3;

const setUp = () => {
  const clock = createFakeClock(NOW);
  const inboxes: unknown[][] = Array.from({ length: REPLICAS }, () => []);
  const replicas = inboxes.map((_inbox, self) => {
    const beliefs = believers();
    const tell = (body: unknown): void => {
      for (const [at, inbox] of inboxes.entries()) if (at !== self) inbox.push(JSON.parse(JSON.stringify(body)));
    };
    return { beliefs, shared: createSharedBeliefs({ clock, ...beliefs, tell, say: () => undefined }) };
  });
  return { replicas, inboxes };
};

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('end' as const), on: fc.nat(REPLICAS - 1), late: fc.nat(10_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('judge' as const),
      on: fc.nat(REPLICAS - 1),
      which: fc.nat(),
      reward: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('hear' as const),
      on: fc.nat(REPLICAS - 1),
      which: fc.nat(),
      twice: fc.boolean(),
    }),
  },
);

describe('beliefs of several replicas', () => {
  it('are those of one that was taught the same, whatever was heard when and how often', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { replicas, inboxes } = setUp();
        const last = new Map<string, Lesson>();
        const hear = (on: number, which: number, keep: boolean): void => {
          const inbox = inboxes[on] ?? [];
          const at = which % Math.max(1, inbox.length);
          const [body] = keep ? [inbox[at]] : inbox.splice(at, 1);
          if (body) replicas[on]?.shared.hear(body);
        };
        const teach = (on: number, word: Word): void => {
          replicas[on]?.shared.teach(word);
          last.set(word.lesson.requestId, word.lesson);
        };
        for (const [number, next] of steps.entries()) {
          if (next.kind === 'end') {
            const { reward: _, ...lesson } = lessonWith({
              requestId: `r${number}`,
              at: NOW + next.late,
              outputTokens: 10,
            });
            teach(next.on, { lesson, turn: 0 });
          } else if (next.kind === 'judge') {
            const was = [...last.values()][next.which % Math.max(1, last.size)];
            if (was) teach(next.on, { lesson: { ...was, reward: next.reward }, was, turn: NOW + number });
          } else hear(next.on, next.which, next.twice);
        }
        for (const on of inboxes.keys()) while ((inboxes[on]?.length ?? 0) > 0) hear(on, 0, false);
        const alone = believers();
        for (const lesson of last.values()) alone.learn(lesson);
        for (const { beliefs } of replicas) expect(beliefs.digest()).toBe(alone.digest());
      }),
      { numRuns: 300 },
    );
  });
});

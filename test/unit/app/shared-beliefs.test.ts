import { describe, expect, it } from 'vitest';
import { createSharedBeliefs } from '../../../src/app/shared-beliefs.ts';
import type { Lesson } from '../../../src/core/ledger.ts';
import { createFakeClock } from '../../support/clock.ts';
import { believers, lessonWith, NOW } from '../learn/lessons.ts';

const settleDown = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

const setUp = (ledger: readonly Lesson[] = []) => {
  const clock = createFakeClock(NOW);
  const beliefs = believers();
  const asked: number[] = [];
  const since = async function* (at: number) {
    asked.push(at);
    yield ledger;
  };
  const shared = createSharedBeliefs({ clock, ...beliefs, tell: () => undefined, say: () => undefined, since });
  return { clock, beliefs, shared, asked };
};

const digestOf = (...lessons: readonly Lesson[]): string => {
  const alone = believers();
  lessons.forEach(alone.learn);
  return alone.digest();
};

describe('beliefs shared among replicas', () => {
  it('fetch from the ledger what was said and never heard, and nothing twice', async () => {
    const [known, missed] = [lessonWith({ requestId: 'known' }), lessonWith({ requestId: 'missed' })];
    const { clock, beliefs, shared, asked } = setUp([known, missed]);
    shared.teach({ lesson: known, turn: 0 });
    shared.missed();
    shared.missed();
    clock.advance(2_000);
    await settleDown();
    expect(asked).toHaveLength(1);
    expect(beliefs.digest()).toBe(digestOf(known, missed));
    shared.hear({ lesson: missed, turn: 0 });
    expect(beliefs.digest()).toBe(digestOf(known, missed));
  });

  it('look once more for what was still on its way into the ledger, and again for what is missed meanwhile', async () => {
    const ledger: Lesson[] = [];
    const { clock, beliefs, shared, asked } = setUp(ledger);
    const passes = async (ms: number): Promise<void> => {
      clock.advance(ms);
      await settleDown();
    };
    shared.missed();
    await passes(250);
    ledger.push(lessonWith({ requestId: 'late' }));
    shared.missed();
    await passes(2_000);
    expect(beliefs.digest()).toBe(digestOf(...ledger));
    ledger.push(lessonWith({ requestId: 'later' }));
    await passes(250);
    await passes(2_000);
    expect(beliefs.digest()).toBe(digestOf(...ledger));
    expect(asked).toHaveLength(4);
  });

  it('are asked for again when the ledger was away', async () => {
    const clock = createFakeClock(NOW);
    const beliefs = believers();
    const said: string[] = [];
    const lesson = lessonWith({ requestId: 'missed' });
    let away = true;
    const since = async function* () {
      if (away) throw new Error('away');
      yield [lesson];
    };
    const say = (line: string): void => void said.push(line);
    const shared = createSharedBeliefs({ clock, ...beliefs, tell: () => undefined, say, since });
    shared.missed();
    for (let turn = 0; turn < 6; turn++) {
      if (turn === 4) away = false;
      clock.advance(2_000);
      await settleDown();
    }
    expect(said).toHaveLength(1);
    expect(beliefs.digest()).toBe(digestOf(lesson));
  });

  it('revise a request of long ago by what the notice says it taught before', () => {
    const was = lessonWith({ requestId: 'old', at: NOW - 86_400_000, reward: 1 });
    const { beliefs, shared } = setUp();
    beliefs.learn(was);
    shared.recalled(was);
    shared.hear({ lesson: { ...was, reward: 0 }, was, turn: NOW });
    expect(beliefs.digest()).toBe(digestOf({ ...was, reward: 0 }));
  });

  it('refuse what no replica would say', () => {
    const { shared } = setUp();
    expect(() => shared.hear({ lesson: { ...lessonWith(), reward: 7 }, turn: 0 })).toThrow('reward');
    expect(() => shared.hear({ lesson: { ...lessonWith(), task: 'juggling' }, turn: 0 })).toThrow('task');
  });
});

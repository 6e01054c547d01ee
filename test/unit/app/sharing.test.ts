import { describe, expect, it } from 'vitest';
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import { createSharing } from '../../../src/app/sharing.ts';
import { revokeKey } from '../../../src/app/void-keys.ts';
import { createMemoryBoard } from '../../../src/store/bulletin-memory.ts';
import { createFakeClock } from '../../support/clock.ts';

const settleDown = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

const setUp = () => {
  const clock = createFakeClock();
  const { joinAs } = createMemoryBoard();
  const join = async (name: string) => {
    const heard: [string, ...unknown[]][] = [];
    const say = (line: string): void => void heard.push(['said', line]);
    const sharing = createSharing({ bulletin: joinAs(name), clock, say });
    sharing.listen({
      feeds: ['litellm', 'vercel'],
      feed: (bytes) => void heard.push(['feed', Buffer.from(bytes).toString()]),
      cooldown: (...words) => void heard.push(['cooldown', ...words]),
      revoked: (id) => void heard.push(['revoked', id]),
      lesson: (body) => void heard.push(['lesson', body]),
      spent: (body) => void heard.push(['spent', body]),
      missed: () => undefined,
    });
    await settleDown();
    return { heard, sharing };
  };
  return { clock, joinAs, join };
};

describe('replicas around one board', () => {
  it('count one another while they are heard of, and no longer', async () => {
    const { clock, join } = setUp();
    const [a, b] = [await join('a'), await join('b')];
    clock.advance(2_000);
    await settleDown();
    expect([a.sharing.replicas(), b.sharing.replicas()]).toEqual([2, 2]);
    await b.sharing.close();
    for (let second = 0; second < 12; second++) {
      clock.advance(1_000);
      await settleDown();
    }
    expect(a.sharing.replicas()).toBe(1);
    await a.sharing.close();
  });

  it('hear of a reading of a feed from the one who read it, and one that comes later finds it', async () => {
    const { join } = setUp();
    const [a, b] = [await join('a'), await join('b')];
    a.sharing.feedRead('vercel', Buffer.from('prices'));
    await settleDown();
    expect(b.heard).toEqual([['feed', 'prices']]);
    expect(a.heard).toEqual([]);
    const late = await join('late');
    expect(late.heard).toEqual([['feed', 'prices']]);
    await Promise.all([a, b, late].map(({ sharing }) => sharing.close()));
  });

  it('leave alone what one of them had to leave alone, for no longer than is believed of anybody', async () => {
    const { join } = setUp();
    const [a, b] = [await join('a'), await join('b')];
    a.sharing.cooled(offerKey('openai', modelKey('openai/gpt-5')), 86_400_000, '429');
    await settleDown();
    expect(b.heard).toEqual([['cooldown', 'openai:openai/gpt-5', 900_000, '429']]);
    await Promise.all([a, b].map(({ sharing }) => sharing.close()));
  });

  it('all refuse a key that was revoked, those that start later as well', async () => {
    const { join, joinAs } = setUp();
    const a = await join('a');
    await revokeKey(joinAs('the command line'), 'k1');
    await revokeKey(joinAs('the command line'), 'k2');
    await settleDown();
    expect(a.heard).toEqual([
      ['revoked', 'k1'],
      ['revoked', 'k2'],
    ]);
    const late = await join('late');
    expect(late.heard).toEqual([
      ['revoked', 'k1'],
      ['revoked', 'k2'],
    ]);
    await Promise.all([a, late].map(({ sharing }) => sharing.close()));
  });

  it('outlive what they cannot read, and say so', async () => {
    const { join, joinAs } = setUp();
    const a = await join('a');
    joinAs('a later version').post({ topic: 'offer', body: { offer: 'no offer', forMs: -1 } });
    joinAs('a later version').post({ topic: 'lesson', body: { taught: true } });
    await settleDown();
    expect(a.heard).toEqual([
      ['said', 'a notice of another replica could not be read (offer)'],
      ['lesson', { taught: true }],
    ]);
    await a.sharing.close();
  });
});

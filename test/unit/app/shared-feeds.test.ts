import { describe, expect, it } from 'vitest';
import { createSharing } from '../../../src/app/sharing.ts';
import type { Bulletin, BulletinEars, Notice } from '../../../src/core/bulletin.ts';
import { createFakeClock } from '../../support/clock.ts';

const settleDown = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

/** A board that is heard, and that answers, when a test says so. */
const createStagedBoard = () => {
  const pins = new Map<string, string>();
  const posted: Notice[] = [];
  let ears: BulletinEars | undefined;
  const board = { away: false, takes: true };
  const here = <T>(answer: () => T): Promise<T> =>
    board.away ? Promise.reject(new Error('away')) : Promise.resolve(answer());
  const bulletin: Bulletin = {
    post: (notice) => void posted.push(notice),
    follow: (given) => void (ears = given),
    pin: (name, value) =>
      board.takes ? here(() => void pins.set(name, value)) : Promise.reject(new Error('read-only')),
    pinned: (name) => here(() => pins.get(name)),
    state: { connected: true, lost: 0, waiting: 0 },
    close: async () => undefined,
  };
  const pinFeed = (text: string): void => void pins.set('feed/vercel', Buffer.from(text).toString('base64'));
  const heard = (notice: Notice): void => ears?.notice({ ...notice, from: 'another' });
  return { board, bulletin, pins, posted, pinFeed, heard, joined: () => ears?.joined(), missed: () => ears?.missed() };
};

const setUp = () => {
  const clock = createFakeClock();
  const staged = createStagedBoard();
  const read: string[] = [];
  const sharing = createSharing({ bulletin: staged.bulletin, clock, say: () => undefined });
  const nothing = (): void => undefined;
  const listen = (): void =>
    sharing.listen({
      feeds: ['vercel'],
      feed: (bytes) => void read.push(Buffer.from(bytes).toString()),
      cooldown: nothing,
      revoked: nothing,
      lesson: nothing,
      spent: nothing,
      missed: nothing,
    });
  const told = (): readonly Notice[] => staged.posted.filter(({ topic }) => topic === 'feed');
  return { ...staged, clock, sharing, listen, read, told };
};

describe('readings of feeds on a board', () => {
  it('are read when others can be heard, so that none that came before is missed', async () => {
    const { sharing, listen, pinFeed, joined, read } = setUp();
    pinFeed('before it started');
    listen();
    await settleDown();
    // Its notice is never heard here: this replica does not follow yet.
    pinFeed('while it joined');
    joined();
    await settleDown();
    expect(read).toEqual(['while it joined']);
    await sharing.close();
  });

  it('are read again whenever hearing was interrupted', async () => {
    const { sharing, listen, pinFeed, joined, read } = setUp();
    listen();
    pinFeed('first');
    joined();
    await settleDown();
    pinFeed('while nothing was heard');
    joined();
    await settleDown();
    expect(read).toEqual(['first', 'while nothing was heard']);
    await sharing.close();
  });

  it('are asked for until the board answers', async () => {
    const { sharing, listen, board, pinFeed, joined, heard, read, clock } = setUp();
    listen();
    pinFeed('prices');
    board.away = true;
    joined();
    heard({ topic: 'feed', body: { feed: 'vercel' } });
    await settleDown();
    expect(read).toEqual([]);
    board.away = false;
    clock.advance(250);
    await settleDown();
    expect(read).toEqual(['prices']);
    await sharing.close();
  });

  it('are told when the board is back, the newest only, and not before it is there', async () => {
    const { sharing, listen, board, pins, told, clock } = setUp();
    listen();
    board.away = true;
    sharing.feedRead('vercel', Buffer.from('old'));
    await settleDown();
    sharing.feedRead('vercel', Buffer.from('new'));
    await settleDown();
    expect(told()).toEqual([]);
    board.away = false;
    clock.advance(250);
    await settleDown();
    expect(Buffer.from(pins.get('feed/vercel') ?? '', 'base64').toString()).toBe('new');
    expect(told()).toEqual([{ topic: 'feed', body: { feed: 'vercel' } }]);
    await sharing.close();
  });

  it('are not taken from a board that has an older one than was read here', async () => {
    const { sharing, listen, board, pinFeed, joined, read, told, clock } = setUp();
    listen();
    pinFeed('old');
    board.takes = false;
    sharing.feedRead('vercel', Buffer.from('new'));
    joined();
    await settleDown();
    expect(read).toEqual([]);
    board.takes = true;
    clock.advance(250);
    await settleDown();
    expect(told()).toHaveLength(1);
    await sharing.close();
  });
});

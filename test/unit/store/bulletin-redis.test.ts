import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { describe, expect, inject, it, vi } from 'vitest';
import { openRedisBulletin } from '../../../src/store/bulletin-redis.ts';
import { systemClock } from '../../../src/world.ts';
import { createValve } from '../../support/valve.ts';

const url = inject('redisUrl') ?? '';
const WAIT = { timeout: 5_000, interval: 10 };

/** One that follows by way of a valve, one that posts, and somebody at the server. */
const setUp = async () => {
  const valve = await createValve(url);
  const prefix = `{${randomUUID()}}:`;
  const redis = new Redis(url);
  const open = (replica: string, at: string) => openRedisBulletin({ url: at, prefix, replica, clock: systemClock });
  const [follower, poster] = [open('follower', valve.url), open('poster', url)];
  const seen: unknown[] = [];
  follower.follow({
    joined: () => seen.push('joined'),
    missed: () => seen.push('missed'),
    notice: ({ body }) => seen.push(body),
  });
  const post = (body: unknown): void => poster.post({ topic: 'lesson', body });
  const until = (...wanted: readonly unknown[]) => vi.waitFor(() => expect(seen).toEqual(wanted), WAIT);
  const told = (count: number) => vi.waitFor(async () => expect(await redis.xlen(`${prefix}news`)).toBe(count), WAIT);
  const close = async (): Promise<void> => {
    await Promise.all([follower.close(), poster.close()]);
    redis.disconnect();
    await valve.close();
  };
  return { redis, stream: `${prefix}news`, valve, seen, post, until, told, close };
};

describe.skipIf(!url)('whoever follows the stream in Redis', () => {
  it('joins again when its connection was cut, and has missed nothing', async () => {
    const { valve, seen, post, until, told, close } = await setUp();
    await until('joined', 'missed');
    post(1);
    await until('joined', 'missed', 1);
    valve.shut('cut');
    post(2);
    await told(2);
    valve.open();
    await until('joined', 'missed', 1, 'joined', 2);
    expect(seen).toHaveLength(5);
    await close();
  });

  it('is told so when what came meanwhile is there no more, even of one it had never heard of', async () => {
    const { redis, stream, valve, seen, post, until, told, close } = await setUp();
    await until('joined', 'missed');
    await redis.xadd(stream, '*', 'r', 'another', 's', '1', 'n', '[{"topic":"lesson","body":1}]');
    await until('joined', 'missed', 1);
    valve.shut('cut');
    post(2);
    await told(2);
    await redis.xtrim(stream, 'MAXLEN', 0);
    valve.open();
    post(3);
    await until('joined', 'missed', 1, 'joined', 'missed', 3);
    expect(seen).toHaveLength(6);
    await close();
  });
});

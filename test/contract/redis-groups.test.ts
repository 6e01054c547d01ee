import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { nanoUsd } from '../../src/core/money.ts';
import { openRedisBulletin } from '../../src/store/bulletin-redis.ts';
import { createLeasedStore } from '../../src/store/leased.ts';
import { connectRedis } from '../../src/store/redis-client.ts';
import { openRedisStore } from '../../src/store/redis.ts';
import { systemClock } from '../../src/world.ts';
import { onPath } from '../support/child-server.ts';
import { startRedisCluster, startSentinelGroup } from '../support/redis-groups.ts';
import { bulletinContract } from './bulletin.contract.ts';
import { storeContract } from './store.contract.ts';

const program = onPath('redis-server') ?? '';

const GROUPS = [
  { name: 'a Redis cluster', start: startRedisCluster },
  { name: 'a Redis behind a sentinel', start: startSentinelGroup },
];

describe.skipIf(!inject('redisUrl')).each(GROUPS)('$name', ({ start }) => {
  let group: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    group = await start(program);
  });
  afterAll(() => group[Symbol.asyncDispose]());

  const open = () =>
    openRedisStore({
      url: group.url,
      prefix: `{${randomUUID()}}:`,
      clock: systemClock,
      replica: 'a',
      commandMs: 10_000,
    });

  describe('the store', () => {
    storeContract(open);

    it('counts anew when somebody is gone', async () => {
      const store = open();
      const hold = { key: 'k', amount: nanoUsd(10), limit: nanoUsd(1_000), ttlMs: 60_000 };
      expect(await store.reserve('before', [hold])).toEqual({ ok: true });
      await store.recount(['gone']);
      await expect.poll(() => store.spent('k'), { timeout: 5_000 }).toBe(0);
      expect(await store.members()).toEqual(['a']);
      await store.close();
    });
  });

  describe('slices of the store', () => {
    storeContract(() =>
      createLeasedStore({ shared: open(), clock: systemClock, replica: randomUUID(), replicas: () => 3 }),
    );
  });

  describe('the board', () => {
    const prefix = `{${randomUUID()}}:`;
    bulletinContract((replica) => openRedisBulletin({ url: group.url, prefix, replica, clock: systemClock }));
  });
});

describe.skipIf(!inject('redisUrl'))('a sentinel that is down', () => {
  it('is passed over, and nothing is printed of it', async () => {
    await using group = await startSentinelGroup(program);
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const down = createServer((socket) => socket.on('error', () => undefined).resetAndDestroy()).listen(0, '127.0.0.1');
    await once(down, 'listening');
    const { port } = down.address() as AddressInfo;
    const client = connectRedis(group.url.replace(/\/bourse$/, `,127.0.0.1:${port}/bourse`), {});
    await once(down, 'connection');
    // What has been reset by then is heard of long before these have been answered.
    for (let turn = 0; turn < 50; turn++) expect(await client.ping()).toBe('PONG');
    client.disconnect();
    down.close();
    expect(printed.mock.calls).toEqual([]);
    printed.mockRestore();
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { nanoUsd } from '../../src/core/money.ts';
import { openRedisBulletin } from '../../src/store/bulletin-redis.ts';
import { createLeasedStore } from '../../src/store/leased.ts';
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

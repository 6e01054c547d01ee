import { randomUUID } from 'node:crypto';
import { describe, inject } from 'vitest';
import { openRedisStore } from '../../src/store/redis.ts';
import { systemClock } from '../../src/world.ts';
import { storeContract } from './store.contract.ts';

const url = inject('redisUrl');

describe.skipIf(!url)('the Redis store', () => {
  storeContract(() =>
    openRedisStore({
      url: url ?? '',
      prefix: `{${randomUUID()}}:`,
      clock: systemClock,
      replica: 'a',
      commandMs: 10_000,
    }),
  );
});

import { randomUUID } from 'node:crypto';
import { describe, inject } from 'vitest';
import { createLeasedStore } from '../../src/store/leased.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { openRedisStore } from '../../src/store/redis.ts';
import { systemClock } from '../../src/world.ts';
import { createFakeClock } from '../support/clock.ts';
import { storeContract } from './store.contract.ts';

const url = inject('redisUrl');

describe('slices of a memory store', () => {
  const clock = createFakeClock();
  storeContract(() =>
    createLeasedStore({ shared: createMemoryStore({ clock }), clock, replica: 'a', replicas: () => 3 }),
  );
});

describe.skipIf(!url)('slices of a Redis store', () => {
  const shared = { url: url ?? '', prefix: `{${randomUUID()}}:`, clock: systemClock, replica: 'a', commandMs: 10_000 };
  storeContract(() =>
    createLeasedStore({ shared: openRedisStore(shared), clock: systemClock, replica: randomUUID(), replicas: () => 3 }),
  );
});

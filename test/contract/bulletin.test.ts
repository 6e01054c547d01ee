import { randomUUID } from 'node:crypto';
import { describe, inject } from 'vitest';
import { createMemoryBoard } from '../../src/store/bulletin-memory.ts';
import { openRedisBulletin } from '../../src/store/bulletin-redis.ts';
import { systemClock } from '../../src/world.ts';
import { bulletinContract } from './bulletin.contract.ts';

const url = inject('redisUrl');

describe('the board of one process', () => {
  bulletinContract(createMemoryBoard().joinAs);
});

describe.skipIf(!url)('the board in Redis', () => {
  const prefix = `{${randomUUID()}}:`;
  bulletinContract((replica) => openRedisBulletin({ url: url ?? '', prefix, replica, clock: systemClock }));
});

import { Redis } from 'ioredis';
import { Client } from 'pg';
import { describe, expect, inject, it } from 'vitest';

const redisUrl = inject('redisUrl');
const postgresUrl = inject('postgresUrl');

describe('the test servers', () => {
  it.skipIf(!redisUrl)('include a Redis that answers and keeps nothing on disk', async () => {
    const redis = new Redis(redisUrl ?? '');
    expect(await redis.ping()).toBe('PONG');
    expect(await redis.config('GET', 'save')).toEqual(['save', '']);
    await redis.quit();
  });

  it.skipIf(!postgresUrl)('include a PostgreSQL that answers', async () => {
    const client = new Client({ connectionString: postgresUrl });
    await client.connect();
    expect((await client.query('select 1 + 1 as two')).rows).toEqual([{ two: 2 }]);
    await client.end();
  });
});

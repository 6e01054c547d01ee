import { randomUUID } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, inject, it } from 'vitest';
import { nanoUsd } from '../../../src/core/money.ts';
import { openRedisStore } from '../../../src/store/redis.ts';
import { systemClock } from '../../../src/world.ts';

const url = inject('redisUrl') ?? '';
const hold = { key: 'k', amount: nanoUsd(10), limit: nanoUsd(1_000), ttlMs: 60_000 };
const unhandled: unknown[] = [];
process.on('unhandledRejection', (cause) => unhandled.push(cause));

/** Between the store and the real Redis: can stop passing bytes without closing, as a frozen Redis does. */
const freezableProxy = async (target: string) => {
  const to = new URL(target);
  const sockets = new Set<Socket>();
  let frozen = false;
  const server: Server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      if (frozen) socket.pause();
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: (on: boolean): void => {
      frozen = on;
      for (const socket of sockets) {
        if (on) socket.pause();
        else socket.resume();
      }
    },
    close: (): void => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};

describe.skipIf(!url)('the Redis store in trouble', () => {
  it('starts without Redis and refuses, rather than waits', async () => {
    const store = openRedisStore({ url: 'redis://127.0.0.1:1', clock: systemClock, replica: 'a' });
    await expect(store.reserve('a', [hold])).rejects.toMatchObject({ code: 'overloaded' });
    await expect(store.spent('k')).rejects.toMatchObject({ code: 'overloaded' });
    await store.close();
  });

  it('refuses while Redis is frozen, then goes on and has given back what it was unsure of', async () => {
    const proxy = await freezableProxy(url);
    const store = openRedisStore({
      url: proxy.url,
      prefix: `{${randomUUID()}}:`,
      clock: systemClock,
      replica: 'a',
      commandMs: 250,
    });
    expect(await store.reserve('before', [hold])).toEqual({ ok: true });
    proxy.freeze(true);
    await expect(store.reserve('during', [hold])).rejects.toMatchObject({ code: 'overloaded' });
    await expect(store.reserve('during-2', [hold])).rejects.toMatchObject({ code: 'overloaded' });
    proxy.freeze(false);
    const later = () => store.reserve('after', [hold]).catch(() => 'refused');
    await expect.poll(later, { timeout: 15_000, interval: 100 }).toEqual({ ok: true });
    expect(await store.spent('k')).toBe(20);
    await store.close();
    proxy.close();
  });

  it('keeps two stores on one Redis to one budget', async () => {
    const prefix = `{${randomUUID()}}:`;
    const stores = [1, 2, 3].map(() =>
      openRedisStore({ url, prefix, clock: systemClock, replica: 'a', commandMs: 10_000 }),
    );
    const answers = await Promise.all(
      stores.flatMap((store, replica) =>
        Array.from({ length: 100 }, (_, index) =>
          store.reserve(`r${replica}-${index}`, [{ ...hold, limit: nanoUsd(500) }]),
        ),
      ),
    );
    expect(answers.filter((answer) => answer.ok)).toHaveLength(50);
    expect(await stores[0]?.spent('k')).toBe(500);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('leaves no rejection unhandled in all of this', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });
});

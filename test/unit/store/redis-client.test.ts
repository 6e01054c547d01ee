import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connectRedis } from '../../../src/store/redis-client.ts';

/** The first bytes that somebody who connects there says. */
const firstWords = async (urlOf: (port: number) => string): Promise<Buffer> => {
  const heard = Promise.withResolvers<Buffer>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('data', heard.resolve);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  const client = connectRedis(urlOf(typeof address === 'object' && address ? address.port : 0), {});
  client.on('error', () => undefined);
  const said = await heard.promise;
  client.disconnect();
  for (const socket of sockets) socket.destroy();
  server.close();
  return said;
};

/** A TLS handshake begins with this byte. */
const HANDSHAKE = 22;

describe('an address of Redis', () => {
  it.each(['rediss://127.0.0.1:PORT', 'rediss+cluster://127.0.0.1:PORT', 'rediss+sentinel://127.0.0.1:PORT/bourse'])(
    '%s is spoken to in TLS',
    async (url) => {
      expect((await firstWords((port) => url.replace('PORT', String(port))))[0]).toBe(HANDSHAKE);
    },
  );

  it('of sentinels names the primary', () => {
    expect(() => connectRedis('redis+sentinel://127.0.0.1:1', {})).toThrow('ends with the name of the primary');
  });

  it('of another kind is refused', () => {
    expect(() => connectRedis('http://127.0.0.1:1', {})).toThrow('REDIS_URL: expected');
  });
});

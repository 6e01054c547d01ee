// A TCP relay in front of a real server that can be shut: cut (connections end, new ones are refused) or frozen (nothing moves).
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Valve = {
  /** The server's address, by way of this relay. */
  readonly url: string;
  shut(how: 'cut' | 'frozen'): void;
  open(): void;
  close(): Promise<void>;
};

export const createValve = async (target: string): Promise<Valve> => {
  const to = new URL(target);
  const sockets = new Set<Socket>();
  let state: 'open' | 'cut' | 'frozen' = 'open';
  const server = createServer((near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(Number(to.port), to.hostname);
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(into);
      from
        .on('error', () => into.destroy())
        .on('close', () => {
          sockets.delete(from);
          into.destroy();
        });
    }
    if (state === 'frozen') for (const socket of [near, far]) socket.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    shut: (how) => {
      state = how;
      for (const socket of sockets)
        if (how === 'cut') socket.destroy();
        else socket.pause();
    },
    open: () => {
      state = 'open';
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

// A loopback server that can go away and come back at the same port.
import { createServer, type RequestListener, type Server } from 'node:http';

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });

const stop = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

export type Port = {
  readonly port: number;
  set(open: boolean): Promise<void>;
  /** Ends everything at once. */
  close(): Promise<void>;
};

/** Listens on a free port of 127.0.0.1; while `set(false)` holds, connections are refused. */
export const openPort = async (listener: RequestListener): Promise<Port> => {
  let server = createServer(listener);
  const earlier: Server[] = [];
  const port = await listen(server, 0);
  return {
    port,
    set: async (wanted) => {
      if (wanted === server.listening) return;
      if (!wanted) {
        // What is under way may end; whoever comes new is refused.
        server.close();
        server.closeIdleConnections();
        return;
      }
      earlier.push(server);
      server = createServer(listener);
      await listen(server, port);
    },
    close: async () => {
      await Promise.all([...earlier, server].map(stop));
    },
  };
};

// Real servers for tests: a private Redis and a private PostgreSQL on loopback, in folders of their own, thrown away when they stop.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { launch, launched, onPath, untilReady } from './child-server.ts';

const run = promisify(execFile);
/** Folders carry the run's process id, so that what a killed run left behind can be told from what a neighbour still uses. */
const FOLDER = `bourse-test-${process.pid}-`;

export type Service = {
  readonly url: string;
  /** To the server and all the processes it has made. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void;
  /** What it kept is thrown away. */
  stop(): Promise<void>;
};

/** The newest installed PostgreSQL's folder of programs. */
export const postgresPrograms = (): string | undefined => {
  const root = '/usr/lib/postgresql';
  const debian = existsSync(root)
    ? readdirSync(root)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(root, version, 'bin'))
        .find((folder) => existsSync(join(folder, 'initdb')))
    : undefined;
  const elsewhere = onPath('initdb');
  return debian ?? (elsewhere && join(elsewhere, '..'));
};

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

export const startRedis = async (
  program: string,
  { port: wanted, settings = [] }: { readonly port?: number; readonly settings?: readonly string[] } = {},
): Promise<Service> => {
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER}redis-`));
  const port = wanted ?? (await freePort());
  const quick = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const options = [...quick, ...settings];
  const server = launch({ program, options, folder, asPostgres: false, signal: 'SIGTERM' });
  await untilReady(server, async () => {
    const client = new Redis({
      port,
      host: '127.0.0.1',
      lazyConnect: true,
      retryStrategy: () => null,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.ping();
    } finally {
      client.disconnect();
    }
  });
  return { url: `redis://127.0.0.1:${port}`, signal: server.signal, stop: server.stop };
};

/** @param settings besides those that make it quick to start and careless of power */
export const startPostgres = async (
  programs: string,
  settings: readonly string[] = [],
): Promise<Service & { restart(): Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER}postgres-`));
  const asPostgres = process.getuid?.() === 0;
  if (asPostgres) await run('chown', ['postgres', folder]);
  const port = await freePort();
  const data = join(folder, 'data');
  const initial = [
    '-D',
    data,
    '-U',
    'bourse',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  await run(...launched(join(programs, 'initdb'), initial, asPostgres), { cwd: folder });
  const quick = ['fsync=off', 'full_page_writes=off', 'listen_addresses=127.0.0.1', 'unix_socket_directories='];
  const url = `postgresql://bourse@127.0.0.1:${port}/postgres`;
  const start = async () => {
    const server = launch({
      program: join(programs, 'postgres'),
      options: ['-D', data, '-p', String(port), ...[...quick, ...settings].flatMap((setting) => ['-c', setting])],
      folder,
      asPostgres,
      signal: 'SIGQUIT',
    });
    await untilReady(server, async () => {
      const client = new Client({ connectionString: url });
      client.on('error', () => undefined);
      try {
        await client.connect();
      } finally {
        await client.end().catch(() => undefined);
      }
    });
    return server;
  };
  let server = await start();
  return {
    url,
    signal: (name) => server.signal(name),
    stop: () => server.stop(),
    restart: async () => {
      server.signal('SIGKILL');
      await server.ended;
      server = await start();
    },
  };
};

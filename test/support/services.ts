// Decides which real servers a test run has: a private Redis and a private PostgreSQL on loopback, started once and thrown away.
import { execFile, type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** undefined: this machine has none; what needs it is skipped. */
    redisUrl: string | undefined;
    postgresUrl: string | undefined;
  }
}

const START_MS = 20_000;
const STOP_MS = 5_000;
const run = promisify(execFile);
/** Folders carry the run's process id, so that what a killed run left behind can be told from what a neighbour still uses. */
const FOLDER = `bourse-test-${process.pid}-`;

type Service = { readonly url: string; stop(): Promise<void> };

const onPath = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(':')
    .concat('/usr/bin', '/usr/local/bin')
    .map((folder) => join(folder, name))
    .find(existsSync);

/** The newest installed PostgreSQL's folder of programs. */
const postgresPrograms = (): string | undefined => {
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

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

/** Linux: the server dies with us even when we are killed, and PostgreSQL, which refuses to be root, runs as its own user. */
const launched = (program: string, options: readonly string[], asPostgres: boolean): [string, string[]] => {
  const setpriv = onPath('setpriv');
  if (!setpriv) return [program, [...options]];
  const user = asPostgres ? ['--reuid=postgres', '--regid=postgres', '--init-groups'] : [];
  return [setpriv, [...user, '--pdeathsig=QUIT', program, ...options]];
};

type Launch = {
  readonly program: string;
  readonly options: readonly string[];
  readonly folder: string;
  readonly asPostgres: boolean;
  readonly signal: 'SIGTERM' | 'SIGQUIT';
};

const launch = ({ program, options, folder, asPostgres, signal }: Launch) => {
  const child: ChildProcess = spawn(...launched(program, options, asPostgres), { cwd: folder, stdio: 'pipe' });
  let said = '';
  const hear = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-2_000);
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill(signal);
    const killed = new AbortController();
    await Promise.race([
      gone,
      wait(STOP_MS, undefined, { signal: killed.signal }).then(() => child.kill('SIGKILL')),
    ]).finally(() => killed.abort());
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  return { stop, said: () => said, gone: () => child.exitCode !== null || child.signalCode !== null };
};

/** Asks until it answers; a server that died or never came fails with its own last words. */
const untilReady = async (server: ReturnType<typeof launch>, ask: () => Promise<unknown>): Promise<void> => {
  const until = Date.now() + START_MS;
  while (!server.gone() && Date.now() < until) {
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (answered) return;
    await wait(20);
  }
  await server.stop();
  throw new Error(`a test server did not start:\n${server.said()}`);
};

const startRedis = async (program: string): Promise<Service> => {
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER}redis-`));
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const server = launch({ program, options, folder, asPostgres: false, signal: 'SIGTERM' });
  await untilReady(server, async () => {
    const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.ping();
    } finally {
      client.disconnect();
    }
  });
  return { url: `redis://127.0.0.1:${port}`, stop: server.stop };
};

const startPostgres = async (programs: string): Promise<Service> => {
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
  const server = launch({
    program: join(programs, 'postgres'),
    options: ['-D', data, '-p', String(port), ...quick.flatMap((setting) => ['-c', setting])],
    folder,
    asPostgres,
    signal: 'SIGQUIT',
  });
  const url = `postgresql://bourse@127.0.0.1:${port}/postgres`;
  await untilReady(server, async () => {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } finally {
      await client.end().catch(() => undefined);
    }
  });
  return { url, stop: server.stop };
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
};

const sweepLeftovers = async (): Promise<void> => {
  const dead = readdirSync(tmpdir()).filter((name) => {
    const pid = /^bourse-test-(\d+)-/.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
  await Promise.all(dead.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true })));
};

/** Absent: loud here, fatal in CI. */
const absent = (name: string): undefined => {
  if (process.env['CI'] === 'true')
    throw new Error(`${name} is not installed on this machine, and CI must test with it`);
  process.stderr.write(`\n!!! ${name} is not installed on this machine: the tests that need it are SKIPPED\n`);
};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepLeftovers();
  const redis = onPath('redis-server');
  const postgres = postgresPrograms();
  const started = await Promise.allSettled([
    redis ? startRedis(redis) : Promise.resolve().then(() => absent('redis-server')),
    postgres ? startPostgres(postgres) : Promise.resolve().then(() => absent('PostgreSQL')),
  ]);
  const services = started.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  const stop = async (): Promise<void> => {
    await Promise.all(services.flatMap((service) => (service ? [service.stop()] : [])));
  };
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  project.provide('redisUrl', services[0]?.url);
  project.provide('postgresUrl', services[1]?.url);
  return stop;
}

// What a scenario stands on: a Redis and a PostgreSQL of its own, sellers on loopback, and replicas that are real `bourse serve` processes.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { createKey } from '../../src/auth/keys.ts';
import { connectRedis, type RedisClient } from '../../src/store/redis-client.ts';
import { makeCertificate, postgresTls, redisTls } from '../support/certificate.ts';
import { says } from '../support/answers.ts';
import { type SellerSpec, temporaryFolder, writeSetup } from '../support/bourse.ts';
import { startServe } from '../support/process.ts';
import { freePort, type Service, startPostgres, startRedis } from '../support/servers.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { createValve, type Valve } from '../support/valve.ts';
import { findPrograms } from './programs.ts';

export type Caller = { readonly id: string; readonly authorization: string };

export type Replica = {
  readonly url: string;
  readonly folder: string;
  readonly err: () => string;
  kill(): Promise<unknown>;
  stop(): Promise<unknown>;
};

export type Terms = {
  readonly sellers?: readonly SellerSpec[];
  readonly policies?: Readonly<Record<string, object>>;
  /** Laid over bourse.yaml. */
  readonly config?: object;
  /** What the one key may spend, such as $0.05/day. */
  readonly spend?: string;
  /** later: its address is given out, but nothing is there until `replaceRedis`. A URL: one that the scenario has started itself. */
  readonly redis?: 'none' | 'later' | 'now' | { readonly url: string };
  readonly database?: 'none';
  /** Replicas speak to both servers through TLS, and believe the servers' certificate. */
  readonly secure?: boolean;
  /** Between replicas and both servers are relays that can be shut. */
  readonly valves?: boolean;
};

export type Start = {
  /** Laid over its environment. */
  readonly env?: Readonly<Record<string, string>>;
};

const SELLERS: readonly SellerSpec[] = [
  { name: 'orion', dialect: 'chat', sells: [{ model: 'lab/titan', price: [1, 2], maxOutput: '100' }] },
];

/** At the prices above: 200 microdollars. */
const ANSWER = { text: 'Hello.', input: 20, output: 90 };

/** Undoes, last first. */
const createUndo = () => {
  const undo: (() => unknown)[] = [];
  return {
    add: (work: () => unknown): void => void undo.push(work),
    all: async (): Promise<void> => {
      for (const work of undo.toReversed()) await work();
    },
  };
};

const withRedis = async <T, C extends RedisClient>(client: C, work: (client: C) => Promise<T>): Promise<T> => {
  client.on('error', () => undefined);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
};

export const openWorld = async (terms: Terms = {}) => {
  const undo = createUndo();
  const { sellers = SELLERS, policies, spend, redis = 'now', database } = terms;
  const programs = findPrograms();
  const folder = temporaryFolder();
  undo.add(() => rmSync(folder, { recursive: true, force: true }));
  const upstreams = await Promise.all(sellers.map(() => startUpstream()));
  undo.add(() => Promise.all(upstreams.map((upstream) => upstream.close())));
  for (const [at, upstream] of upstreams.entries()) upstream.play(says(sellers[at]?.dialect ?? 'chat', ANSWER));
  const certificate = terms.secure ? await makeCertificate(folder) : undefined;
  const postgresSettings = certificate ? await postgresTls(certificate) : [];
  const postgres = database === 'none' ? undefined : await startPostgres(programs.postgres, postgresSettings);
  if (postgres) undo.add(() => postgres.stop());
  const port = await freePort();
  const own = redis === 'none' ? undefined : `redis://127.0.0.1:${port}`;
  const redisUrl = typeof redis === 'object' ? redis.url : own;
  const securePort = await freePort();
  const settings = certificate ? redisTls(certificate, securePort) : [];
  let redisServer: Service | undefined =
    redis === 'now' ? await startRedis(programs.redis, { port, settings }) : undefined;
  undo.add(() => redisServer?.stop());
  const through = async (url: string | undefined): Promise<Valve | undefined> => {
    if (!terms.valves || url === undefined) return undefined;
    const valve = await createValve(url);
    undo.add(() => valve.close());
    return valve;
  };
  const valves = { redis: await through(redisUrl), postgres: await through(postgres?.url) };
  const { key, id, hash } = createKey();
  const spare = createKey();
  const urls = upstreams.map(({ url }) => url);

  const settle = (name: string) => {
    const home = join(folder, name);
    mkdirSync(home, { recursive: true });
    const keys = [
      { id, hash, ...(spend ? { spend } : {}) },
      { id: spare.id, hash: spare.hash },
    ];
    const config = { keys, ...terms.config };
    const setup = writeSetup(home, { sellers, ...(policies && { policies }), config }, urls);
    const shared = {
      ...(redisUrl ? { REDIS_URL: valves.redis?.url ?? redisUrl } : {}),
      ...(postgres ? { DATABASE_URL: valves.postgres?.url ?? postgres.url } : {}),
      BOURSE_SECRET: 'a secret of all replicas',
      ...(certificate && {
        REDIS_URL: `rediss://127.0.0.1:${securePort}`,
        DATABASE_URL: `${postgres?.url}?sslmode=verify-full`,
        NODE_EXTRA_CA_CERTS: certificate.certificate,
      }),
    };
    return { home, file: setup.file, env: { ...setup.env, ...shared } };
  };
  const start = async (name: string, { env: more = {} }: Start = {}): Promise<Replica> => {
    const { home, file, env } = settle(name);
    const serving = await startServe(file, { cwd: home, env: { ...env, ...more } });
    undo.add(() => serving.kill());
    return { ...serving, folder: home };
  };

  return {
    folder,
    caller: { id, authorization: `Bearer ${key}` } satisfies Caller,
    /** Another key, to be revoked. */
    spare: { id: spare.id, authorization: `Bearer ${spare.key}` } satisfies Caller,
    valves,
    redisUrl: redisUrl ?? '',
    postgresUrl: postgres?.url ?? '',
    upstream: (seller: string): Upstream => {
      const found = upstreams[sellers.findIndex(({ name }) => name === seller)];
      if (!found) throw new RangeError(`no seller ${seller}`);
      return found;
    },
    redis: () => {
      if (!redisServer) throw new RangeError('this world has no Redis');
      return redisServer;
    },
    postgres: () => {
      if (!postgres) throw new RangeError('this world has no PostgreSQL');
      return postgres;
    },
    /** Dies with all it had; another one is there instead, empty. */
    replaceRedis: async (emptyForMs = 0): Promise<void> => {
      redisServer?.signal('SIGKILL');
      await redisServer?.stop();
      if (emptyForMs > 0) await new Promise((resolve) => setTimeout(resolve, emptyForMs));
      redisServer = await startRedis(programs.redis, { port, settings });
    },
    /** Where a replica of that name would start: its folder, its file, its environment. */
    settle,
    start,
    fleet: (count: number): Promise<readonly Replica[]> =>
      Promise.all(Array.from({ length: count }, (_, at) => start(`replica-${at + 1}`))),
    /** Whatever stands at the replicas' address, one server or several. */
    askShared: <T>(work: (client: RedisClient) => Promise<T>): Promise<T> =>
      withRedis(connectRedis(redisUrl ?? '', {}), work),
    askRedis: <T>(work: (client: Redis) => Promise<T>): Promise<T> => withRedis(new Redis(redisUrl ?? ''), work),
    askRedisWith: <T>(password: string, work: (client: Redis) => Promise<T>): Promise<T> =>
      withRedis(new Redis(redisUrl ?? '', { password }), work),
    askPostgres: async (text: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> => {
      const client = new Client({ connectionString: postgres?.url });
      client.on('error', () => undefined);
      await client.connect();
      try {
        return (await client.query(text, [...values])).rows;
      } finally {
        await client.end();
      }
    },
    [Symbol.asyncDispose]: undo.all,
  };
};

export type World = Awaited<ReturnType<typeof openWorld>>;

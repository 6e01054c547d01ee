// Several Redis servers that belong together: a cluster that divides the keys, and a primary with a replica that sentinels watch.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { launch, untilReady } from './child-server.ts';
import { freePort, type Service, startRedis } from './servers.ts';

const SLOTS = 16_384;
const HOST = '127.0.0.1';
const FORMED_MS = 20_000;
/** As sentinels know the primary. */
const NAME = 'bourse';
/** A primary that is silent for so long is given up. */
const DOWN_AFTER_MS = 500;

type Group = {
  /** As REDIS_URL takes it. */
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
};

const ask = async <T>(port: number, work: (redis: Redis) => Promise<T>): Promise<T> => {
  const redis = new Redis({ port, host: HOST, enableReadyCheck: false });
  redis.on('error', () => undefined);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
};

const untilHolds = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  const until = Date.now() + FORMED_MS;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > until) throw new Error(`${what}: not within ${FORMED_MS} ms`);
    await wait(20);
  }
};

const stopAll = async (services: readonly Pick<Service, 'stop'>[]): Promise<void> => {
  await Promise.all(services.map((service) => service.stop()));
};

/** All keys of a slot go to another node while the cluster is in use. */
const moveSlot = async (slot: number, from: number, to: number): Promise<void> => {
  const id = (port: number): Promise<unknown> => ask(port, (redis) => redis.cluster('MYID'));
  const [fromId, toId] = [String(await id(from)), String(await id(to))];
  await ask(to, (redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId));
  await ask(from, (redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId));
  await untilHolds('the slot is empty', async () => {
    const keys = await ask(from, (redis) => redis.call('CLUSTER', 'GETKEYSINSLOT', slot, 1_000));
    if (!Array.isArray(keys) || keys.length === 0) return true;
    await ask(from, (redis) => redis.call('MIGRATE', HOST, to, '', 0, 5_000, 'KEYS', ...keys.map(String)));
    return false;
  });
  for (const port of [to, from]) await ask(port, (redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId));
};

export type ClusterGroup = Group & {
  /** The slot that has the key goes from its node to the next one. */
  move(key: string): Promise<void>;
};

/** Three primaries; each key has one of them. */
export const startRedisCluster = async (program: string): Promise<ClusterGroup> => {
  const nodes = await Promise.all(
    [0, 1, 2].map(async () => {
      const [port, bus] = [await freePort(), await freePort()];
      const settings = ['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-node-timeout', '2000'];
      return { port, bus, service: await startRedis(program, { port, settings }) };
    }),
  );
  const [first] = nodes;
  for (const [at, { port, bus }] of nodes.entries()) {
    const [from, to] = [at, at + 1].map((part) => Math.floor((SLOTS * part) / nodes.length));
    await ask(port, (redis) => redis.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1));
    await ask(port, (redis) => redis.call('CLUSTER', 'ADDSLOTSRANGE', from ?? 0, (to ?? SLOTS) - 1));
    if (at > 0) await ask(first?.port ?? 0, (redis) => redis.call('CLUSTER', 'MEET', HOST, port, bus));
  }
  for (const { port } of nodes)
    await untilHolds('the cluster is formed', async () => {
      const info = await ask(port, (redis) => redis.cluster('INFO'));
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}`);
    });
  const ports = nodes.map(({ port }) => port);
  return {
    url: `redis+cluster://${ports.map((port) => `${HOST}:${port}`).join(',')}`,
    move: async (key) => {
      const slot = await ask(ports[0] ?? 0, (redis) => redis.cluster('KEYSLOT', key));
      const at = Math.floor((slot * ports.length) / SLOTS);
      await moveSlot(slot, ports[at] ?? 0, ports[(at + 1) % ports.length] ?? 0);
    },
    [Symbol.asyncDispose]: () => stopAll(nodes.map(({ service }) => service)),
  };
};

const startSentinel = async (program: string, primary: number, quorum: number) => {
  const folder = await mkdtemp(join(tmpdir(), `bourse-test-${process.pid}-sentinel-`));
  const port = await freePort();
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    `bind ${HOST}`,
    `sentinel monitor ${NAME} ${HOST} ${primary} ${quorum}`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} 5000`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const server = launch({ program, options: [file, '--sentinel'], folder, asPostgres: false, signal: 'SIGTERM' });
  await untilReady(server, () => ask(port, (redis) => redis.ping()));
  return { port, signal: server.signal, stop: server.stop };
};

export type SentinelGroup = Group & {
  /** Port of the server that sentinels call the primary now. */
  primary(): Promise<number>;
  /** The replica is cut off: from here on what the primary is told is lost when it dies. Sentinels go on taking it for a replica. */
  cutReplica(): Promise<void>;
  /** The first primary dies; resolves when the replica has been promoted. */
  killPrimary(): Promise<void>;
  /** The first primary answers nobody; resolves when the replica has been promoted. */
  freezePrimary(): Promise<void>;
  /** The first primary goes on where it was; resolves when it follows the other one. */
  thawPrimary(): Promise<void>;
  /** One of the sentinels is gone, the first that is asked. */
  killSentinel(): void;
  /** In good order; resolves when the other one is the primary. */
  failOver(): Promise<void>;
};

/** One primary, one replica, and sentinels of which most must agree. */
export const startSentinelGroup = async (program: string, count = 1): Promise<SentinelGroup> => {
  const [port, other] = [await freePort(), await freePort()];
  const first = await startRedis(program, { port });
  // Replicates at once, so that nothing is lost but what is meant to be.
  await ask(port, (redis) => redis.config('SET', 'repl-diskless-sync-delay', '0'));
  const second = await startRedis(program, { port: other, settings: ['--replicaof', HOST, String(port)] });
  await untilHolds('the replica follows', async () =>
    (await ask(other, (redis) => redis.info('replication'))).includes('master_link_status:up'),
  );
  const quorum = Math.floor(count / 2) + 1;
  const sentinels = await Promise.all(Array.from({ length: count }, () => startSentinel(program, port, quorum)));
  const last = sentinels.at(-1)?.port ?? 0;
  await untilHolds('the sentinels know the replica and one another', async () => {
    const known = await ask(last, (redis) => redis.call('SENTINEL', 'REPLICAS', NAME));
    const others = await ask(last, (redis) => redis.call('SENTINEL', 'SENTINELS', NAME));
    return String(known).includes(String(other)) && Array.isArray(others) && others.length === count - 1;
  });
  const primary = async (): Promise<number> => {
    const address = await ask(last, (redis) => redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME));
    return Array.isArray(address) ? Number(address[1]) : 0;
  };
  const isPromoted = async (): Promise<boolean> =>
    (await primary()) === other && (await ask(other, (redis) => redis.info('replication'))).includes('role:master');
  return {
    url: `redis+sentinel://${sentinels.map((each) => `${HOST}:${each.port}`).join(',')}/${NAME}`,
    primary,
    cutReplica: () =>
      ask(port, async (redis) => {
        await redis.call('ACL', 'SETUSER', 'default', '-psync');
        await redis.call('CLIENT', 'KILL', 'TYPE', 'replica');
      }),
    killPrimary: async () => {
      first.signal('SIGKILL');
      await untilHolds('the replica is promoted', isPromoted);
    },
    freezePrimary: async () => {
      first.signal('SIGSTOP');
      await untilHolds('the replica is promoted', isPromoted);
    },
    thawPrimary: async () => {
      first.signal('SIGCONT');
      await untilHolds('the old primary follows', async () =>
        (await ask(port, (redis) => redis.info('replication'))).includes('role:slave'),
      );
    },
    killSentinel: () => sentinels[0]?.signal('SIGKILL'),
    failOver: async () => {
      await ask(last, (redis) => redis.call('SENTINEL', 'FAILOVER', NAME));
      await untilHolds('the replica is promoted', isPromoted);
    },
    [Symbol.asyncDispose]: () => stopAll([...sentinels, second, first]),
  };
};

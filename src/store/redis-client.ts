// From an address to a connection: one Redis, a cluster of them, or the primary that sentinels name.
import { Cluster, Redis, type RedisOptions } from 'ioredis';

export type RedisClient = Redis | Cluster;
/** Replies in the form ioredis has always given them. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

const PORTS = { cluster: 6379, sentinel: 26_379 } as const;

const LONGEST_RECONNECT_MS = 5_000;
const CONNECT_MS = 500;

/** Reconnects for ever, quickly at first. */
export const RECONNECTING = {
  connectTimeout: CONNECT_MS,
  retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RECONNECT_MS),
} satisfies RedisOptions;

const nodesOf = (hosts: string, port: number): { host: string; port: number }[] =>
  hosts.split(',').map((each) => {
    const [host = '', stated] = each.split(':');
    return { host, port: stated === undefined ? port : Number(stated) };
  });

/**
 * @param url redis[s]://[user:password@]host:port[/db], redis+cluster://[user:password@]host:port,host:port or
 * redis+sentinel://[user:password@]host:port,host:port/primary-name
 * @throws Error when it is none of these
 */
export const connectRedis = (url: string, options: ClientOptions): RedisClient => {
  const many = /^redis(s?)\+(cluster|sentinel):\/\/(?:([^:@/]*):([^@/]*)@)?([^/?]+)(?:\/([^/?]*))?$/.exec(url);
  if (!many) {
    if (!/^rediss?:\/\//.test(url))
      throw new Error('REDIS_URL: expected redis://, rediss://, redis+cluster:// or redis+sentinel://');
    return new Redis(url, options);
  }
  const [, secure, kind, user, password, hosts = '', name] = many;
  const common: ClientOptions = {
    ...options,
    ...(user ? { username: decodeURIComponent(user) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(secure ? { tls: {} } : {}),
  };
  if (kind === 'sentinel') {
    if (!name) throw new Error('REDIS_URL: redis+sentinel:// ends with the name of the primary, such as /mymaster');
    return new Redis({ ...common, sentinels: nodesOf(hosts, PORTS.sentinel), name });
  }
  const { scripts = {}, enableOfflineQueue = true, ...redisOptions } = common;
  const cluster = new Cluster(nodesOf(hosts, PORTS.cluster), {
    redisOptions,
    enableOfflineQueue,
    clusterRetryStrategy: RECONNECTING.retryStrategy,
  });
  for (const [command, { lua }] of Object.entries(scripts)) cluster.defineCommand(command, { lua });
  return cluster;
};

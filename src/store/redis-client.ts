// From an address to a connection: one Redis, a cluster of them, or the primary that sentinels name.
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { QuietSentinels } from './quiet-sentinels.ts';

export type RedisClient = Redis | Cluster;
/** Replies in the form ioredis has always given them. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

const PORTS = { cluster: 6379, sentinel: 26_379 } as const;

const LONGEST_RECONNECT_MS = 1_000;
const CONNECT_MS = 500;

/** Reconnects for ever, quickly at first. */
export const RECONNECTING = {
  connectTimeout: CONNECT_MS,
  // A sentinel that is frozen takes connections all the same.
  sentinelCommandTimeout: CONNECT_MS,
  retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RECONNECT_MS),
  // A primary that was made a replica: whoever gave its address gives another one by now. The command itself fails.
  reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
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
    // A primary that was failed over in good order takes writes for ten seconds more, and they are lost: sentinels say when to leave it.
    return new Redis({
      ...common,
      // By `tls` alone ioredis would speak in the clear behind sentinels.
      ...(secure ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
      sentinels: nodesOf(hosts, PORTS.sentinel),
      name,
      failoverDetector: true,
      Connector: QuietSentinels,
    });
  }
  const { scripts = {}, enableOfflineQueue = true, ...redisOptions } = common;
  const cluster = new Cluster(nodesOf(hosts, PORTS.cluster), {
    redisOptions,
    enableOfflineQueue,
    clusterRetryStrategy: RECONNECTING.retryStrategy,
    // Nothing is kept for later: a command whose node is gone fails, and the next one is told where its slot is now.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
  });
  for (const [command, { lua }] of Object.entries(scripts)) cluster.defineCommand(command, { lua });
  return cluster;
};

// The connection a store of several replicas stands on: bounded waits, a gate in front, and a beat that finds out what callers must not wait for.
import type { Result } from 'ioredis';
import type { Clock } from '../core/ports.ts';
import { createGate } from './gate.ts';
import { type ClientOptions, connectRedis, RECONNECTING, type RedisClient } from './redis-client.ts';
import { createEpoch } from './redis-epoch.ts';
import { EPOCH, LEASE, RECOUNT, RESERVE, RESTORE, SETTLE } from './scripts.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    bourseReserve(keys: number, ...rest: readonly (string | number)[]): Result<number, Context>;
    bourseSettle(keys: number, ...rest: readonly (string | number)[]): Result<number, Context>;
    bourseLease(keys: number, ...rest: readonly (string | number)[]): Result<number, Context>;
    bourseEpoch(keys: number, ...rest: readonly (string | number)[]): Result<[string, number], Context>;
    bourseRecount(keys: number, ...rest: readonly (string | number)[]): Result<number, Context>;
    bourseRestore(keys: number, ...rest: readonly (string | number)[]): Result<number, Context>;
  }
}

export type RedisStoreOptions = {
  readonly url: string;
  /** Before every key. In braces, so that a Redis cluster keeps all of them in one slot, as the scripts need. */
  readonly prefix?: string;
  readonly clock: Clock;
  /** Unique to this process. */
  readonly replica: string;
  /** How long a caller waits for one answer. */
  readonly commandMs?: number;
};

const COMMAND_MS = 50;
/** After this ioredis forgets a command that nobody waits for any more. */
const FORGET_MS = 1_000;
const CONNECT_MS = 500;
/** A beat finds out whether Redis takes what it is told, and whether it is still the same. */
const BEAT_EVERY_MS = 500;
/** Beats without an answer, after which the connection is given up: behind a partition it may be half open for ever. */
const DEAF_BEATS = 5;

const OPTIONS: ClientOptions = {
  ...RECONNECTING,
  commandTimeout: FORGET_MS,
  // A command kept for later would be carried out after its caller was told that it failed.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  scripts: {
    bourseReserve: { lua: RESERVE },
    bourseSettle: { lua: SETTLE },
    bourseLease: { lua: LEASE },
    bourseEpoch: { lua: EPOCH },
    bourseRecount: { lua: RECOUNT },
    bourseRestore: { lua: RESTORE },
  },
};

const TOO_SLOW = new Error('no answer in time');
const isTimeout = (cause: unknown): boolean => cause === TOO_SLOW;

/**
 * Rejects with TOO_SLOW after `ms`. When the timer fires the answer may already lie in the socket, unread because this process was busy:
 * one turn of the loop is left to read it, so that a pause of ours is not held against Redis.
 */
const inTime = <T>(answer: Promise<T>, ms: number): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(TOO_SLOW)), ms);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });

/** Resolves when Redis is there for the first time, or when it has had its time to be: a start never waits longer for it. */
const firstReady = (redis: RedisClient): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(), CONNECT_MS);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });

type Beating = {
  readonly redis: RedisClient;
  readonly clock: Clock;
  readonly stopped: AbortSignal;
  readonly beat: () => Promise<void>;
  readonly onMissed: (fault: unknown) => void;
};

/** For as long as the process lives; callers are spared every failure of it. */
const keepBeating = async ({ redis, clock, stopped, beat, onMissed }: Beating): Promise<void> => {
  let deaf = 0;
  while (!stopped.aborted) {
    await beat().then(
      () => (deaf = 0),
      (fault: unknown) => {
        deaf = isTimeout(fault) ? deaf + 1 : 0;
        onMissed(fault);
      },
    );
    if (deaf >= DEAF_BEATS) {
      deaf = 0;
      redis.disconnect(true);
    }
    await clock.sleep(BEAT_EVERY_MS, stopped);
  }
};

const createRedisEpoch = (redis: RedisClient, { prefix, replica, clock }: Required<Omit<RedisStoreOptions, 'url'>>) => {
  const keys = [`${prefix}epoch`, `${prefix}restoring`] as const;
  let named = 0;
  const epoch = createEpoch({
    clock,
    newName: () => `${replica}/${(named += 1)}`,
    ask: async (fresh, restoringMs) => {
      const [name, began] = await inTime(
        redis.bourseEpoch(3, ...keys, `${prefix}history`, fresh, restoringMs),
        FORGET_MS,
      );
      return { epoch: name, began: began === 1 };
    },
    endRestoring: async (inMs) => void (await redis.pexpire(keys[1], Math.ceil(inMs))),
  });
  return {
    ...epoch,
    keys,
    /** All counters begin anew, and all replicas tell what they have spent and hold. */
    recount: async (members: string, gone: readonly string[]): Promise<void> => {
      const fresh = `${replica}/${(named += 1)}`;
      epoch.begun(fresh);
      await inTime(redis.bourseRecount(3, ...keys, members, fresh, epoch.restoringMs, ...gone), FORGET_MS);
      await epoch.look();
    },
  };
};

export const openRedisConnection = (options: RedisStoreOptions) => {
  const { url, prefix = '{bourse}:', clock, replica, commandMs = COMMAND_MS } = options;
  const redis = connectRedis(url, OPTIONS);
  const gate = createGate({ clock, isTimeout, watched: true });
  const epoch = createRedisEpoch(redis, { prefix, clock, replica, commandMs });
  const stopped = new AbortController();
  const members = `${prefix}members`;
  // Told through the commands that fail; ioredis wants a listener or prints by itself.
  redis.on('error', () => undefined);

  let missed = false;
  const onMissed = (fault: unknown): void => {
    missed = true;
    gate.failed(fault);
  };
  const beat = async (): Promise<void> => {
    // Written, since a Redis that is read-only or full answers all the same.
    await inTime(redis.sadd(members, replica), Math.max(commandMs, BEAT_EVERY_MS));
    missed = false;
    gate.reopen();
    await epoch.look().catch(() => undefined);
  };
  const there = firstReady(redis);
  const ready = there.then(() => beat().catch(onMissed));
  const beating = ready.then(() => keepBeating({ redis, clock, stopped: stopped.signal, beat, onMissed }));

  return {
    redis,
    prefix,
    members,
    epoch,
    ready,
    // Not for the first beat: what was counted before there was a Redis is told in it.
    run: async <T>(command: () => Promise<T>): Promise<T> => {
      await there;
      return gate.pass(() => inTime(command(), commandMs));
    },
    isAway: (): boolean => missed || gate.isShut() || redis.status !== 'ready',
    close: async (): Promise<void> => {
      stopped.abort();
      await beating;
      await inTime(redis.srem(members, replica), commandMs).catch(() => undefined);
      await redis.quit().catch(() => undefined);
      redis.disconnect();
    },
  };
};

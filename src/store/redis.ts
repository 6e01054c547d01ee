// Budgets and leases shared by replicas: every change is one script in Redis, and no caller waits long for it.
import { Redis, type RedisOptions, type Result } from 'ioredis';
import { type NanoUsd, nanoUsd, ZERO_USD } from '../core/money.ts';
import type { Clock, Hold, Store } from '../core/ports.ts';
import { createGate } from './gate.ts';
import { mergeHolds } from './holds.ts';
import { LEASE, RESERVE, SETTLE } from './scripts.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    bourseReserve(keys: number, ...rest: readonly (string | number)[]): Result<number, Context>;
    bourseSettle(keys: number, ...rest: readonly (string | number)[]): Result<number, Context>;
    bourseLease(keys: number, ...rest: readonly (string | number)[]): Result<number, Context>;
  }
}

export type RedisStoreOptions = {
  readonly url: string;
  /** Before every key. In braces, so that a Redis cluster keeps all of them in one slot, as the scripts need. */
  readonly prefix?: string;
  readonly clock: Clock;
  /** How long a caller waits for one answer. */
  readonly commandMs?: number;
};

const COMMAND_MS = 50;
/** After this ioredis forgets a command that nobody waits for any more. */
const FORGET_MS = 1_000;
const CONNECT_MS = 500;
const LONGEST_RECONNECT_MS = 5_000;
/** Reservations that failed without our knowing whether they were taken; older ones end with their window. */
const MAX_UNSURE = 1_000;

const OPTIONS = {
  commandTimeout: FORGET_MS,
  connectTimeout: CONNECT_MS,
  // A command kept for later would be carried out after its caller was told that it failed.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RECONNECT_MS),
  scripts: {
    bourseReserve: { lua: RESERVE },
    bourseSettle: { lua: SETTLE },
    bourseLease: { lua: LEASE },
  },
} satisfies RedisOptions;

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
const firstReady = (redis: Redis): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(), CONNECT_MS);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });

const holdArguments = (holds: readonly Hold[]): string[] =>
  holds.flatMap((hold) => [hold.limit, hold.amount, Math.ceil(hold.ttlMs)].map(String));

/**
 * Connects in the background and for ever. While Redis is frozen or gone every method rejects with RouterError `overloaded`, after 50 ms
 * at first and at once soon after; nothing is queued for later.
 */
export const openRedisStore = ({
  url,
  prefix = '{bourse}:',
  clock,
  commandMs = COMMAND_MS,
}: RedisStoreOptions): Store => {
  const redis = new Redis(url, OPTIONS);
  const ready = firstReady(redis);
  const gate = createGate({ clock, isTimeout });
  const unsure = new Set<string>();
  // Told through the commands that fail; ioredis wants a listener or prints by itself.
  redis.on('error', () => undefined);

  const counterKey = (key: string): string => `${prefix}spent:${key}`;
  const reservationKey = (id: string): string => `${prefix}held:${id}`;

  const run = async <T>(command: () => Promise<T>): Promise<T> => {
    await ready;
    return gate.pass(() => inTime(command(), commandMs));
  };

  const settle = async (id: string, cost: NanoUsd): Promise<void> => {
    await run(() => redis.bourseSettle(1, reservationKey(id), String(cost)));
  };

  /** A reservation that timed out may have been taken all the same; its caller did without, so it is given back. */
  const giveBack = async (): Promise<void> => {
    for (const id of unsure) {
      await settle(id, ZERO_USD);
      unsure.delete(id);
    }
  };
  redis.on('ready', () => gate.reopen());

  return {
    reserve: async (id, holds) => {
      const wanted = mergeHolds(holds);
      if (wanted.length === 0) return { ok: true };
      const keys = [reservationKey(id), ...wanted.map((hold) => counterKey(hold.key))];
      if (unsure.size > 0) await giveBack();
      try {
        const full = await run(() => redis.bourseReserve(keys.length, ...keys, ...holdArguments(wanted)));
        return full === 0 ? { ok: true } : { ok: false, refused: wanted[full - 1]?.key ?? '' };
      } catch (failure) {
        if (unsure.size < MAX_UNSURE) unsure.add(id);
        throw failure;
      }
    },
    settle,
    spent: async (key) => nanoUsd(Number((await run(() => redis.get(counterKey(key)))) ?? 0)),
    lease: async (name, holder, ttlMs) =>
      (await run(() => redis.bourseLease(1, `${prefix}lease:${name}`, holder, Math.ceil(ttlMs)))) === 1,
    close: async () => {
      await redis.quit().catch(() => undefined);
      redis.disconnect();
    },
  };
};

// Budgets and leases shared by replicas: every change is one script in Redis, and no caller waits long for it.
import { type NanoUsd, nanoUsd, ZERO_USD } from '../core/money.ts';
import type { Hold } from '../core/ports.ts';
import { mergeHolds } from './holds.ts';
import { openRedisConnection, type RedisStoreOptions } from './redis-connection.ts';
import type { SharedStore } from './share.ts';

/** Reservations that failed without our knowing whether they were taken; older ones end with their window. */
const MAX_UNSURE = 1_000;

const holdArguments = (holds: readonly Hold[]): string[] =>
  holds.flatMap(({ limit = Number.MAX_SAFE_INTEGER, amount, ttlMs }) => [limit, amount, Math.ceil(ttlMs)].map(String));

/** Counters are of one epoch, reservations are not: one of an earlier epoch is settled into nothing. */
const counterIn = (prefix: string, epoch: string, key: string): string => `${prefix}spent:${epoch}:${key}`;
const reservationIn = (prefix: string, id: string): string => `${prefix}held:${id}`;

const restoringIn =
  ({ redis, prefix, epoch, run }: ReturnType<typeof openRedisConnection>): SharedStore['restore'] =>
  async ({ key, who, spent, ttlMs, held }, witness) => {
    const into = epoch.latest();
    const keys = [
      `${prefix}shares:${into}:${key}`,
      counterIn(prefix, into, key),
      reservationIn(prefix, held?.id ?? who),
    ];
    const own = witness === 'own' ? 1 : 0;
    await run(() => redis.bourseRestore(3, ...keys, who, spent, Math.ceil(ttlMs), own, held?.amount ?? 0));
  };

/**
 * Connects in the background and for ever. While Redis is frozen or gone every method rejects with RouterError `overloaded`, after 50 ms
 * at first and at once soon after; nothing is queued for later.
 */
export const openRedisStore = (options: RedisStoreOptions): SharedStore => {
  const connection = openRedisConnection(options);
  const { redis, prefix, members, epoch, ready, run, isAway, close } = connection;
  const unsure = new Set<string>();
  const counterKey = (inEpoch: string, key: string): string => counterIn(prefix, inEpoch, key);
  const reservationKey = (id: string): string => reservationIn(prefix, id);

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

  /** 0, or the number of the first counter without room. */
  const take = async (id: string, holds: readonly Hold[]): Promise<number> => {
    await ready;
    const known = epoch.current();
    const keys = [...epoch.keys, reservationKey(id), ...holds.map((hold) => counterKey(known, hold.key))];
    const full = await run(() => redis.bourseReserve(keys.length, ...keys, known, ...holdArguments(holds))).catch(
      (failure: unknown) => {
        if (unsure.size < MAX_UNSURE) unsure.add(id);
        throw failure;
      },
    );
    if (full >= 0) return full;
    void epoch.look().catch(() => undefined);
    throw epoch.refuse();
  };

  return {
    reserve: async (id, holds) => {
      const wanted = mergeHolds(holds);
      if (wanted.length === 0) return { ok: true };
      if (unsure.size > 0) await giveBack();
      const full = await take(id, wanted);
      return full === 0 ? { ok: true } : { ok: false, refused: wanted[full - 1]?.key ?? '' };
    },
    settle,
    spent: async (key) => {
      await ready;
      const counter = counterKey(epoch.current(), key);
      return nanoUsd(Number((await run(() => redis.get(counter))) ?? 0));
    },
    lease: async (name, holder, ttlMs) =>
      (await run(() => redis.bourseLease(1, `${prefix}lease:${name}`, holder, Math.ceil(ttlMs)))) === 1,
    isAway,
    restore: restoringIn(connection),
    members: () => run(() => redis.smembers(members)),
    recount: (gone) => epoch.recount(members, gone),
    onEmptied: epoch.onEmptied,
    close,
  };
};

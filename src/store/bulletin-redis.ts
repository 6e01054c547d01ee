// The bulletin board of a cluster: one Redis stream, written in batches and followed by every replica on a connection of its own.
import type { Bulletin, BulletinState, Notice } from '../core/bulletin.ts';
import type { Clock } from '../core/ports.ts';
import { readStream } from './bulletin-reader.ts';
import { createOrder, fieldsOf } from './bulletin-stream.ts';
import { connectRedis, RECONNECTING, type RedisClient } from './redis-client.ts';

export type RedisBulletinOptions = {
  readonly url: string;
  readonly prefix?: string;
  /** Unique to this process. */
  readonly replica: string;
  readonly clock: Clock;
};

/** Notices gathered before they are told: what is told at once costs one command. */
const GATHER_MS = 20;
const MOST_IN_BATCH = 500;
/** Kept while the board cannot be reached; then the oldest are given up, and the others hear that some are missing. */
const MOST_WAITING = 100_000;
/** Entries kept in the stream, about: minutes at full load, for a replica that was cut off to catch up. */
const KEPT_ENTRIES = 20_000;
const MOST_PIN_BYTES = 16 * 2 ** 20;
const COMMAND_MS = 2_000;
const PAUSE_MS = 200;

type Telling = Pick<RedisBulletinOptions, 'replica' | 'clock'> & {
  readonly redis: RedisClient;
  readonly key: string;
  readonly stopped: AbortSignal;
};

/** Tells what waits, batch by batch, for as long as it takes. */
const createTelling = ({ redis, key, replica, clock, stopped }: Telling) => {
  let waiting: Notice[] = [];
  let lost = 0;
  let seq = 0;
  let wake: () => void = () => undefined;
  stopped.addEventListener('abort', () => wake());

  const tell = (fields: readonly string[]): Promise<boolean> =>
    redis.xadd(key, 'MAXLEN', '~', KEPT_ENTRIES, '*', ...fields).then(
      () => true,
      () => false,
    );

  const run = async (): Promise<void> => {
    while (!stopped.aborted || waiting.length > 0) {
      if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      await clock.sleep(GATHER_MS, stopped);
      const notices = waiting.splice(0, MOST_IN_BATCH);
      if (notices.length === 0) continue;
      seq += 1;
      const fields = fieldsOf({ from: replica, seq, notices });
      // One that timed out may have arrived: told again under its number, it counts once.
      while (!(await tell(fields))) {
        if (stopped.aborted) return;
        await clock.sleep(PAUSE_MS, stopped);
      }
    }
  };

  const add = (notice: Notice): void => {
    if (waiting.length >= MOST_WAITING) {
      waiting = waiting.slice(MOST_IN_BATCH);
      lost += MOST_IN_BATCH;
      // A number that is never told: whoever follows hears that something is missing.
      seq += 1;
    }
    waiting.push(notice);
    wake();
  };
  return { add, done: run(), counts: () => ({ lost, waiting: waiting.length }) };
};

/** Connects in the background and for ever. */
export const openRedisBulletin = ({ url, prefix = '{bourse}:', replica, clock }: RedisBulletinOptions): Bulletin => {
  const options = { ...RECONNECTING, maxRetriesPerRequest: 0, enableOfflineQueue: false };
  const writer = connectRedis(url, { ...options, commandTimeout: COMMAND_MS });
  const reader = connectRedis(url, options);
  // Told through the commands that fail; ioredis wants a listener or prints by itself.
  for (const redis of [writer, reader]) redis.on('error', () => undefined);
  const key = `${prefix}news`;
  const pinKey = (name: string): string => `${prefix}pin:${name}`;
  const stopped = new AbortController();

  const telling = createTelling({ redis: writer, key, replica, clock, stopped: stopped.signal });

  let following: Promise<void> = Promise.resolve();
  const follow: Bulletin['follow'] = (ears) => {
    const order = createOrder(replica);
    following = (async () => {
      for await (const entry of readStream({ redis: reader, key, clock, stopped: stopped.signal })) {
        if ('joined' in entry) {
          ears.joined();
          if (entry.missed) ears.missed();
          continue;
        }
        const { heard, missed } = order(entry);
        if (missed) {
          // A pin may have been told of in what is missing as well.
          ears.joined();
          ears.missed();
        }
        for (const notice of heard) ears.notice(notice);
      }
    })();
  };

  return {
    post: telling.add,
    follow,
    pin: async (name, value) => {
      if (value.length > MOST_PIN_BYTES)
        throw new RangeError(`${name} is too large to share: ${value.length} characters`);
      await writer.set(pinKey(name), value);
    },
    pinned: async (name) => (await writer.get(pinKey(name))) ?? undefined,
    get state(): BulletinState {
      return { connected: writer.status === 'ready' && reader.status === 'ready', ...telling.counts() };
    },
    close: async () => {
      stopped.abort();
      await telling.done;
      reader.disconnect();
      await following;
      await writer.quit().catch(() => undefined);
      writer.disconnect();
    },
  };
};

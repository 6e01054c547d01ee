// Follows the board's stream from where it ends now, for ever: across silence, broken connections and a server that was emptied.
import type { Clock } from '../core/ports.ts';
import { type Entry, entryOf, isEarlierId } from './bulletin-stream.ts';
import type { RedisClient } from './redis-client.ts';

/** A reader waits on the server so long for news, and then at most so long for the server to say that there is none. */
const BLOCK_MS = 1_000;
const SILENCE_MS = 3_000;
const PAUSE_MS = 200;
const MOST_AT_ONCE = 200;
const BEGINNING = '0-0';

type Following = {
  readonly redis: RedisClient;
  readonly key: string;
  readonly clock: Clock;
  readonly stopped: AbortSignal;
};

/** Every entry from here on will come. `missed`: some of those before it will not. */
type Joined = { readonly joined: true; readonly missed: boolean };

/** Where the stream ends now, or its beginning where what was read of it is no longer there. */
const endOf = async (redis: RedisClient, key: string): Promise<string> =>
  (await redis.xrevrange(key, '+', '-', 'COUNT', 1))[0]?.[0] ?? BEGINNING;

/** Where to read on. Another server may be there now, emptied or behind: what it has is read again, and told apart by its numbers. */
const resume = async (redis: RedisClient, key: string, last: string): Promise<{ from: string; missed: boolean }> => {
  const [end, [oldest]] = [await endOf(redis, key), await redis.xrange(key, '-', '+', 'COUNT', 1)];
  const from = isEarlierId(end, last) ? BEGINNING : last;
  // Whoever was away for long finds the entries that came next gone.
  return { from, missed: from === BEGINNING || (oldest !== undefined && isEarlierId(from, oldest[0])) };
};

/** Ends when it is stopped; never throws. */
export const readStream = async function* ({ redis, key, clock, stopped }: Following): AsyncGenerator<Entry | Joined> {
  let last: string | undefined;
  let joined = false;
  while (!stopped.aborted) {
    try {
      if (!joined) {
        const { from, missed } =
          last === undefined ? { from: await endOf(redis, key), missed: true } : await resume(redis, key, last);
        last = from;
        joined = true;
        yield { joined, missed };
      }
      const silence = clock.sleep(BLOCK_MS + SILENCE_MS, stopped).then(() => 'silent' as const);
      const news = await Promise.race([
        redis.xread('COUNT', MOST_AT_ONCE, 'BLOCK', BLOCK_MS, 'STREAMS', key, last ?? BEGINNING),
        silence,
      ]);
      if (news === 'silent') throw new Error('the board is silent');
      for (const [id, fields] of news?.[0]?.[1] ?? []) {
        last = id;
        const entry = entryOf(fields);
        if (entry) yield entry;
      }
    } catch {
      joined = false;
      if (!stopped.aborted && redis.status === 'ready') redis.disconnect(true);
      await clock.sleep(PAUSE_MS, stopped);
    }
  }
};

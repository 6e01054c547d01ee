// Follows the board's stream from where it ends now, for ever: across silence, broken connections and a server that was emptied.
import type { Clock } from '../core/ports.ts';
import { entryOf, isEarlierId } from './bulletin-stream.ts';
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

/** Where the stream ends now, or its beginning where what was read of it is no longer there. */
const endOf = async (redis: RedisClient, key: string): Promise<string> =>
  (await redis.xrevrange(key, '+', '-', 'COUNT', 1))[0]?.[0] ?? BEGINNING;

/** Ends when it is stopped; never throws. */
export const readStream = async function* ({ redis, key, clock, stopped }: Following) {
  let last: string | undefined;
  let broken = false;
  while (!stopped.aborted) {
    try {
      last ??= await endOf(redis, key);
      // Another server may be there now, emptied or behind: what it has is read again, and told apart by its numbers.
      if (broken && isEarlierId(await endOf(redis, key), last)) last = BEGINNING;
      broken = false;
      const silence = clock.sleep(BLOCK_MS + SILENCE_MS, stopped).then(() => 'silent' as const);
      const news = await Promise.race([
        redis.xread('COUNT', MOST_AT_ONCE, 'BLOCK', BLOCK_MS, 'STREAMS', key, last),
        silence,
      ]);
      if (news === 'silent') throw new Error('the board is silent');
      for (const [id, fields] of news?.[0]?.[1] ?? []) {
        last = id;
        const entry = entryOf(id, fields);
        if (entry) yield entry;
      }
    } catch {
      broken = true;
      if (!stopped.aborted && redis.status === 'ready') redis.disconnect(true);
      await clock.sleep(PAUSE_MS, stopped);
    }
  }
};

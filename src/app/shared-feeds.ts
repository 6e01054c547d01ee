// The last reading of each feed on the board: whoever read it puts it there, the others take it from there, and a board that is away is waited for.
import type { Bulletin } from '../core/bulletin.ts';
import type { Clock } from '../core/ports.ts';
import { createErrand } from './errand.ts';

export type SharedFeedsDeps = {
  readonly bulletin: Bulletin;
  readonly clock: Clock;
  readonly stopped: AbortSignal;
  readonly say: (line: string) => void;
};

const pinOf = (feed: string): string => `feed/${feed}`;

export const createSharedFeeds = ({ bulletin, clock, stopped, say }: SharedFeedsDeps) => {
  /** Read here and not on the board yet; of each feed the newest only. */
  const untold = new Map<string, Uint8Array>();
  /** On the board, and perhaps newer than what is known here. */
  const unread = new Set<string>();
  let hear: (bytes: Uint8Array) => void = () => undefined;

  const tellOne = async (feed: string, bytes: Uint8Array): Promise<void> => {
    try {
      await bulletin.pin(pinOf(feed), Buffer.from(bytes).toString('base64'));
      // Only now: whoever hears of it finds it there.
      bulletin.post({ topic: 'feed', body: { feed } });
    } catch (fault) {
      if (!(fault instanceof RangeError)) throw fault;
      say(`feed ${feed} could not be shared: ${fault.message}`);
    }
    // A newer one may have come meanwhile.
    if (untold.get(feed) === bytes) untold.delete(feed);
  };

  const telling = createErrand({
    clock,
    stopped,
    work: async () => {
      for (const [feed, bytes] of untold) await tellOne(feed, bytes);
    },
  });

  const reading = createErrand({
    clock,
    stopped,
    work: async () => {
      for (const feed of unread) {
        // Before it is asked for, so that a notice that comes meanwhile is not lost.
        unread.delete(feed);
        const found = await bulletin.pinned(pinOf(feed)).catch((fault: unknown) => {
          unread.add(feed);
          throw fault;
        });
        // What stands there is older than what was read here.
        if (found !== undefined && !untold.has(feed)) hear(Buffer.from(found, 'base64'));
      }
    },
  });

  return {
    listen: (ear: (bytes: Uint8Array) => void): void => void (hear = ear),
    /** Read here: the others take it from the board, not from the seller. */
    tell(feed: string, bytes: Uint8Array): void {
      untold.set(feed, bytes);
      telling.ask();
    },
    /** There may be something new on the board. */
    read(feeds: readonly string[]): void {
      for (const feed of feeds) unread.add(feed);
      reading.ask();
    },
    idle: async (): Promise<void> => void (await Promise.all([telling.idle(), reading.idle()])),
  };
};

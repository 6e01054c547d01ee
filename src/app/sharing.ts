// What replicas tell one another, and what each does with what it hears: who is alive, what a feed said, which offer rests, which key is void.
import { z } from 'zod';
import type { Bulletin, BulletinState, Heard } from '../core/bulletin.ts';
import { isOfferKey, type OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';
import { createErrand } from './errand.ts';
import { createPresence } from './presence.ts';
import { createSharedFeeds } from './shared-feeds.ts';
import { createVoidKeys } from './void-keys.ts';

export type SharingDeps = {
  readonly bulletin: Bulletin;
  readonly clock: Clock;
  readonly say: (line: string) => void;
};

/** What this process does with what others say. */
export type Ears = {
  readonly feeds: readonly string[];
  /** A feed as another replica read it. */
  readonly feed: (bytes: Uint8Array) => void;
  readonly cooldown: (offer: OfferKey, forMs: number, why: string) => void;
  readonly revoked: (keyId: string) => void;
  readonly lesson: (body: unknown) => void;
  readonly spent: (body: unknown) => void;
  /** Some of what others said was never heard here: before this one followed, or since. */
  readonly missed: () => void;
};

const ALIVE_EVERY_MS = 2_000;
const MOST_COOLDOWN_MS = 900_000;
const MOST_WHY = 200;

const FeedBody = z.object({ feed: z.string().max(256) });
const OfferBody = z.object({
  offer: z.string().refine(isOfferKey),
  forMs: z.number().min(0).max(MOST_COOLDOWN_MS),
  why: z.string().max(MOST_WHY),
});
const KeyBody = z.object({ id: z.string().max(64) });

type Following = SharingDeps & {
  readonly ears: Ears;
  readonly saw: (replica: string) => void;
  readonly voidKeys: ReturnType<typeof createVoidKeys>;
  readonly feeds: ReturnType<typeof createSharedFeeds>;
};

const hear = (following: Following, { topic, body }: Heard): void => {
  const { ears, voidKeys, feeds } = following;
  switch (topic) {
    case 'alive':
      return undefined;
    case 'feed':
      return feeds.read([FeedBody.parse(body).feed]);
    case 'offer': {
      const { offer, forMs, why } = OfferBody.parse(body);
      return ears.cooldown(offer, forMs, why);
    }
    case 'lesson':
      return ears.lesson(body);
    case 'spent':
      return ears.spent(body);
    case 'key':
      return voidKeys.add(KeyBody.parse(body).id, ears.revoked);
    default:
      return topic satisfies never;
  }
};

/** @param onJoined what is pinned has to be read: nothing pinned later can be missed */
const follow = (following: Following, onJoined: () => void): void => {
  const { bulletin, ears, saw, say } = following;
  bulletin.follow({
    joined: onJoined,
    notice: (heard) => {
      saw(heard.from);
      try {
        hear(following, heard);
      } catch {
        // Another version may say things differently; what it says is not worth this one's life.
        say(`a notice of another replica could not be read (${heard.topic})`);
      }
    },
    missed: ears.missed,
  });
};

export type Sharing = ReturnType<typeof createSharing>;

/** Speaks from the start, and hears from `listen` on. */
export const createSharing = (deps: SharingDeps) => {
  const { bulletin, clock, say } = deps;
  const presence = createPresence(clock);
  const stopped = new AbortController();
  let alive: Promise<void> = Promise.resolve();

  const feeds = createSharedFeeds({ bulletin, clock, say, stopped: stopped.signal });
  let catchingUp: ReturnType<typeof createErrand> | undefined;

  const live = async ({ voidKeys, ears }: Following): Promise<void> => {
    while (!stopped.signal.aborted) {
      if (bulletin.state.connected) bulletin.post({ topic: 'alive', body: {} });
      else presence.keep();
      // Puts them back on a board that was emptied.
      await voidKeys.align(ears.revoked).catch(() => undefined);
      await clock.sleep(ALIVE_EVERY_MS, stopped.signal);
    }
  };

  return {
    replicas: presence.count,
    state: (): BulletinState => bulletin.state,
    listen: (ears: Ears): void => {
      const following = { ...deps, ears, feeds, saw: presence.saw, voidKeys: createVoidKeys(bulletin) };
      feeds.listen(ears.feed);
      const keys = createErrand({
        clock,
        stopped: stopped.signal,
        work: () => following.voidKeys.align(ears.revoked),
      });
      catchingUp = keys;
      follow(following, () => {
        keys.ask();
        feeds.read(ears.feeds);
      });
      alive = live(following);
    },
    cooled: (offer: OfferKey, forMs: number, why: string): void =>
      bulletin.post({
        topic: 'offer',
        body: { offer, forMs: Math.max(0, Math.min(forMs, MOST_COOLDOWN_MS)), why: why.slice(0, MOST_WHY) },
      }),
    taught: (body: unknown): void => bulletin.post({ topic: 'lesson', body }),
    spent: (body: unknown): void => bulletin.post({ topic: 'spent', body }),
    feedRead: feeds.tell,
    close: async (): Promise<void> => {
      stopped.abort();
      await Promise.all([alive, feeds.idle(), catchingUp?.idle()]);
      await bulletin.close();
    },
  };
};

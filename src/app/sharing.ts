// What replicas tell one another, and what each does with what it hears: who is alive, what a feed said, which offer rests, which key is void.
import { z } from 'zod';
import type { Bulletin, BulletinState, Heard } from '../core/bulletin.ts';
import { isOfferKey, type OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';
import { createPresence } from './presence.ts';
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
  /** Some of what a replica said was never heard here. */
  readonly missed: (replica: string) => void;
};

const ALIVE_EVERY_MS = 2_000;
const MOST_COOLDOWN_MS = 900_000;
const MOST_WHY = 200;
const feedPin = (feed: string): string => `feed/${feed}`;

const FeedBody = z.object({ feed: z.string() });
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
};

const readFeed = async ({ bulletin, ears }: Following, feed: string): Promise<void> => {
  const reading = await bulletin.pinned(feedPin(feed));
  if (reading !== undefined) ears.feed(Buffer.from(reading, 'base64'));
};

/** What a replica that has just come finds on the board: the last reading of each feed, and the keys that are void. */
const catchUp = async (following: Following): Promise<void> => {
  const { voidKeys, ears } = following;
  await voidKeys.align(ears.revoked);
  for (const feed of ears.feeds) await readFeed(following, feed);
};

const hear = (following: Following, { topic, body }: Heard): void => {
  const { ears, say, voidKeys } = following;
  switch (topic) {
    case 'alive':
      return undefined;
    case 'feed':
      void readFeed(following, FeedBody.parse(body).feed).catch((fault: unknown) =>
        say(`a feed another replica read: ${String(fault)}`),
      );
      return undefined;
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

const follow = (following: Following): void => {
  const { bulletin, ears, saw, say } = following;
  bulletin.follow({
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

  const live = async (following: Following): Promise<void> => {
    let caughtUp = false;
    while (!stopped.signal.aborted) {
      if (bulletin.state.connected) bulletin.post({ topic: 'alive', body: {} });
      else presence.keep();
      const caught: Promise<void> = caughtUp ? following.voidKeys.align(following.ears.revoked) : catchUp(following);
      caughtUp = await caught.then(
        () => true,
        () => caughtUp,
      );
      await clock.sleep(ALIVE_EVERY_MS, stopped.signal);
    }
  };

  return {
    replicas: presence.count,
    state: (): BulletinState => bulletin.state,
    listen: (ears: Ears): void => {
      const following = { ...deps, ears, saw: presence.saw, voidKeys: createVoidKeys(bulletin) };
      follow(following);
      alive = live(following);
    },
    cooled: (offer: OfferKey, forMs: number, why: string): void =>
      bulletin.post({
        topic: 'offer',
        body: { offer, forMs: Math.max(0, Math.min(forMs, MOST_COOLDOWN_MS)), why: why.slice(0, MOST_WHY) },
      }),
    taught: (body: unknown): void => bulletin.post({ topic: 'lesson', body }),
    spent: (body: unknown): void => bulletin.post({ topic: 'spent', body }),
    /** The others read it from the board, not from the seller. */
    feedRead: (feed: string, bytes: Uint8Array): void => {
      void bulletin
        .pin(feedPin(feed), Buffer.from(bytes).toString('base64'))
        .then(() => bulletin.post({ topic: 'feed', body: { feed } }))
        .catch((fault: unknown) => say(`feed ${feed} could not be shared: ${String(fault)}`));
    },
    close: async (): Promise<void> => {
      stopped.abort();
      await alive;
      await bulletin.close();
    },
  };
};

// What replicas tell one another, and what each does with what it hears: who is alive, what a feed said, which offer rests, which key is void.
import { z } from 'zod';
import type { Bulletin, BulletinState, Heard } from '../core/bulletin.ts';
import { isOfferKey, type OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';

export type SharingDeps = {
  readonly bulletin: Bulletin;
  readonly clock: Clock;
  readonly feeds: readonly string[];
  /** A feed as another replica read it. */
  readonly hearFeed: (bytes: Uint8Array) => Promise<void>;
  readonly hearCooldown: (offer: OfferKey, forMs: number, why: string) => void;
  readonly hearRevoked: (keyId: string) => void;
  readonly hearLesson: (body: unknown) => void;
  /** Some of what a replica learned was never heard here. */
  readonly missed: (replica: string) => void;
  readonly say: (line: string) => void;
};

const ALIVE_EVERY_MS = 2_000;
/** A replica that has been silent for as long is not counted any more. */
const GONE_AFTER_MS = 10_000;
const MOST_REPLICAS = 10_000;
/** Keys that were revoked and may still stand in somebody's configuration. */
const MOST_REVOKED = 10_000;
const MOST_COOLDOWN_MS = 900_000;
const REVOKED = 'revoked';
const feedPin = (feed: string): string => `feed/${feed}`;

const FeedBody = z.object({ feed: z.string() });
const OfferBody = z.object({
  offer: z.string().refine(isOfferKey),
  forMs: z.number().min(0).max(MOST_COOLDOWN_MS),
  why: z.string().max(200),
});
const KeyBody = z.object({ id: z.string().max(64) });
const RevokedList = z.array(z.string().max(64)).max(MOST_REVOKED);

/** Revokes a key on every replica, now and at every later start. @throws Error while Redis cannot be reached */
export const revokeKey = async (bulletin: Bulletin, id: string): Promise<void> => {
  const before = RevokedList.parse(JSON.parse((await bulletin.pinned(REVOKED)) ?? '[]'));
  await bulletin.pin(REVOKED, JSON.stringify([...new Set([...before, id])].slice(-MOST_REVOKED)));
  bulletin.post({ topic: 'key', body: { id } });
};

const createPresence = (clock: Clock) => {
  const seen = new Map<string, number>();
  return {
    saw(replica: string): void {
      if (seen.size >= MOST_REPLICAS) seen.clear();
      seen.set(replica, clock.elapsed());
    },
    /** This one counts. */
    count(): number {
      for (const [replica, at] of seen) if (clock.elapsed() - at > GONE_AFTER_MS) seen.delete(replica);
      return seen.size + 1;
    },
  };
};

/** What a replica that has just come finds on the board: the last reading of each feed, and the keys that are void. */
const catchUp = async ({ bulletin, feeds, hearFeed, hearRevoked }: SharingDeps): Promise<void> => {
  const revoked = await bulletin.pinned(REVOKED);
  if (revoked !== undefined) RevokedList.parse(JSON.parse(revoked)).forEach((id) => hearRevoked(id));
  for (const feed of feeds) {
    const reading = await bulletin.pinned(feedPin(feed));
    if (reading !== undefined) await hearFeed(Buffer.from(reading, 'base64'));
  }
};

export const createSharing = (deps: SharingDeps) => {
  const { bulletin, clock, say } = deps;
  const presence = createPresence(clock);
  const stopped = new AbortController();

  const readFeed = async (feed: string): Promise<void> => {
    const reading = await bulletin.pinned(feedPin(feed));
    if (reading !== undefined) await deps.hearFeed(Buffer.from(reading, 'base64'));
  };

  const hear = ({ topic, body }: Heard): void => {
    switch (topic) {
      case 'alive':
        return undefined;
      case 'feed':
        void readFeed(FeedBody.parse(body).feed).catch((fault: unknown) =>
          say(`a feed another replica read: ${String(fault)}`),
        );
        return undefined;
      case 'offer': {
        const { offer, forMs, why } = OfferBody.parse(body);
        return deps.hearCooldown(offer, forMs, why);
      }
      case 'lesson':
        return deps.hearLesson(body);
      case 'key':
        return deps.hearRevoked(KeyBody.parse(body).id);
      default:
        return topic satisfies never;
    }
  };

  bulletin.follow({
    notice: (heard) => {
      presence.saw(heard.from);
      try {
        hear(heard);
      } catch {
        // Another version may say things differently; what it says is not worth this one's life.
        say(`a notice of another replica could not be read (${heard.topic})`);
      }
    },
    missed: deps.missed,
  });

  const alive = (async () => {
    let caughtUp = false;
    while (!stopped.signal.aborted) {
      bulletin.post({ topic: 'alive', body: {} });
      caughtUp ||= await catchUp(deps).then(
        () => true,
        () => false,
      );
      await clock.sleep(ALIVE_EVERY_MS, stopped.signal);
    }
  })();

  return {
    replicas: presence.count,
    state: (): BulletinState => bulletin.state,
    cooled: (offer: OfferKey, forMs: number, why: string): void =>
      bulletin.post({ topic: 'offer', body: { offer, forMs: Math.min(forMs, MOST_COOLDOWN_MS), why } }),
    taught: (body: unknown): void => bulletin.post({ topic: 'lesson', body }),
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

export type Sharing = ReturnType<typeof createSharing>;

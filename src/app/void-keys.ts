// Which keys are void on every replica, now and at every later start: a list on the board, kept by all who know of it.
import { z } from 'zod';
import type { Bulletin } from '../core/bulletin.ts';

/** Keys that were revoked and may still stand in somebody's configuration. */
const MOST_REVOKED = 10_000;
const REVOKED = 'revoked';
const RevokedList = z.array(z.string().max(64)).max(MOST_REVOKED);

/** Revokes a key on every replica, now and at every later start. @throws Error while Redis cannot be reached */
export const revokeKey = async (bulletin: Bulletin, id: string): Promise<void> => {
  const before = RevokedList.parse(JSON.parse((await bulletin.pinned(REVOKED)) ?? '[]'));
  await bulletin.pin(REVOKED, JSON.stringify([...new Set([...before, id])].slice(-MOST_REVOKED)));
  bulletin.post({ topic: 'key', body: { id } });
};

/** Void keys outlive a board that was emptied: whoever knows of one puts it back. */
export const createVoidKeys = (bulletin: Bulletin) => {
  const ids = new Set<string>();
  const add = (id: string, tell: (id: string) => void): void => {
    if (ids.has(id) || ids.size >= MOST_REVOKED) return;
    ids.add(id);
    tell(id);
  };
  return {
    add,
    /** @throws Error while Redis cannot be reached */
    align: async (tell: (id: string) => void): Promise<void> => {
      const pinned = RevokedList.parse(JSON.parse((await bulletin.pinned(REVOKED)) ?? '[]'));
      for (const id of pinned) add(id, tell);
      if (ids.size > new Set(pinned).size) await bulletin.pin(REVOKED, JSON.stringify([...ids]));
    },
  };
};

// A bulletin board within one process: what stands alone has nobody to tell, and tests put several replicas around one board.
import type { Bulletin, BulletinEars, Heard, Notice } from '../core/bulletin.ts';

export const createMemoryBoard = () => {
  const followers = new Map<string, BulletinEars>();
  const pins = new Map<string, string>();

  const post = (from: string, notice: Notice): void => {
    // As JSON, so that nothing is shared that a wire would not carry.
    const text = JSON.stringify(notice);
    for (const [replica, ears] of followers)
      if (replica !== from)
        queueMicrotask(() => ears.notice({ ...(JSON.parse(text) as Notice), from } satisfies Heard));
  };

  const joinAs = (replica: string): Bulletin => ({
    post: (notice) => post(replica, notice),
    follow: (ears) => {
      followers.set(replica, ears);
      queueMicrotask(() => {
        ears.joined();
        ears.missed();
      });
    },
    pin: async (name, value) => void pins.set(name, value),
    pinned: async (name) => pins.get(name),
    state: { connected: true, lost: 0, waiting: 0 },
    close: async () => void followers.delete(replica),
  });
  return { joinAs };
};

// Worlds know nothing of one another, so they are shared out over the cores. What comes back does not depend on how many there are.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { PlayOptions } from './kinds.ts';
import type { Played } from './worker.ts';

const MOST_THREADS = 16;
/** Worlds handed over at a time. */
const BATCH = 4;

export type Pool = {
  /**
   * Plays them all, in whatever order they are done. `heard` may say stop; then those that were not begun are left.
   * @throws Error when a thread dies
   */
  play(worlds: readonly PlayOptions[], heard: (played: Played) => 'stop' | 'go'): Promise<void>;
  close(): Promise<void>;
};

export const createPool = (threads = Math.min(MOST_THREADS, availableParallelism())): Pool => {
  const workers = Array.from({ length: threads }, () => new Worker(new URL('worker.ts', import.meta.url)));

  const ask = (worker: Worker, batch: readonly PlayOptions[]): Promise<readonly Played[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Played[]>();
    worker.once('message', resolve);
    worker.once('error', reject);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(batch);
    return promise.finally(() => {
      worker.off('message', resolve);
      worker.off('error', reject);
    });
  };

  return {
    async play(worlds, heard) {
      let next = 0;
      let stopped = false;
      const work = async (worker: Worker): Promise<void> => {
        while (!stopped && next < worlds.length) {
          const batch = worlds.slice(next, next + BATCH);
          next += BATCH;
          for (const played of await ask(worker, batch)) if (heard(played) === 'stop') stopped = true;
        }
      };
      await Promise.all(workers.map(work));
    },
    close: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
};

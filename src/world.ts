// The real clock and random numbers: the two things of the world that every room is handed.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Clock, Rng } from './core/ports.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  // By hand: the one of node:timers/promises makes an error, with its stack, for every sleep that is cut short, and most are.
  sleep: (ms, signal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, signal?.aborted ? 0 : ms);
    signal?.addEventListener('abort', wake, { once: true });
    return promise;
  },
};

/** Uniform numbers in [0, 1) from a 32-bit seed: the same seed, the same sequence. */
export const seededRng = (seed: number): Rng => {
  const generator = xoroshiro128plus(seed | 0);
  return { next: () => (generator.next() >>> 0) / 2 ** 32 };
};

export const freshSeed = (): number => Math.floor(Math.random() * 2 ** 31);

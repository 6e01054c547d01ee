// The real clock and random numbers: the two things of the world that every room is handed.
import { setTimeout as wait } from 'node:timers/promises';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Clock, Rng } from './core/ports.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
};

/** Uniform numbers in [0, 1) from a 32-bit seed: the same seed, the same sequence. */
export const seededRng = (seed: number): Rng => {
  const generator = xoroshiro128plus(seed | 0);
  return { next: () => (generator.next() >>> 0) / 2 ** 32 };
};

export const freshSeed = (): number => Math.floor(Math.random() * 2 ** 31);

// Where chance comes from in the simulated world: numbers keyed by what they are about, so that concurrency changes nothing.
import type { Rng } from '../core/ports.ts';

/** Keys are joined with a character no key contains. */
const SEPARATOR = '\u001f';

/** FNV-1a with the finaliser of MurmurHash3, so that keys that differ in one letter start far apart. */
export const hashOf = (...keys: readonly (string | number)[]): number => {
  const text = keys.join(SEPARATOR);
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** The random numbers that belong to these keys: always the same ones (mulberry32). */
export const drawsFor = (...keys: readonly (string | number)[]): Rng => {
  let state = hashOf(...keys);
  return {
    next: () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
};

/** A standard normal number (Box-Muller). */
export const normal = (rng: Rng): number =>
  Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());

/** Log-normal with this median; sigma is the standard deviation of the logarithm. */
export const logNormal = (rng: Rng, { median, sigma }: { median: number; sigma: number }): number =>
  median * Math.exp(sigma * normal(rng));

/** One of a list, every one as likely. */
export const pick = <T>(rng: Rng, list: readonly T[]): T => {
  const chosen = list[Math.floor(rng.next() * list.length)];
  if (chosen === undefined) throw new RangeError('nothing to pick from');
  return chosen;
};

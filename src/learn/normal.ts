// The Normal distribution: its draws and its cumulative probability, as far as deciding needs them.
import type { Rng } from '../core/ports.ts';

/** Beyond this many standard deviations a tail is nothing (1e-9). */
export const TAIL = 6;

const COEFFICIENTS = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429] as const;

/** Φ(z), Abramowitz & Stegun 26.2.17: wrong by less than 7.5e-8. */
const exactCdf = (z: number): number => {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const [a, b, c, d, e] = COEFFICIENTS;
  const tail = 0.3989422804014327 * Math.exp((-z * z) / 2) * t * (a + t * (b + t * (c + t * (d + t * e))));
  return z >= 0 ? 1 - tail : tail;
};

const STEPS = 128;
const TABLE = Float64Array.from({ length: 2 * TAIL * STEPS + 2 }, (_, at) => exactCdf(at / STEPS - TAIL));

/** Φ(z) by linear interpolation in a table, since a decision asks for it thousands of times: wrong by less than 2e-6. */
export const normalCdf = (z: number): number => {
  if (z >= TAIL) return 1;
  if (z <= -TAIL) return 0;
  const place = (z + TAIL) * STEPS;
  const at = Math.floor(place);
  const low = TABLE[at] ?? 0;
  return low + (place - at) * ((TABLE[at + 1] ?? 1) - low);
};

/** One draw by Box–Muller; always takes two uniform numbers, so that a replay stays in step. */
export const normalDraw = (rng: Rng, { mean, sd }: { readonly mean: number; readonly sd: number }): number => {
  const radius = Math.sqrt(-2 * Math.log(1 - rng.next()));
  return mean + sd * radius * Math.cos(2 * Math.PI * rng.next());
};

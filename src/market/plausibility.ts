// Which prices cannot be true: unit errors by size or by a round power of ten against what other sellers ask, and odd shapes.
import type { Meter, Rate } from '../core/price.ts';
import { basePrice } from './rates.ts';

/** Above $1 000 per million tokens nothing has ever been sold; the dearest real price is $150/$600. */
export const MOST_PER_TOKEN = 1e9;
/** $10 for one request or one search. */
const MOST_PER_USE = 1e13;
/** How near to a power of ten a ratio is when the unit was mistaken. */
const POWER_TOLERANCE = 0.05;
/** Fewer sellers do not make a market to compare with. */
export const LEAST_PEERS = 3;

const PER_USE: ReadonlySet<Meter> = new Set<Meter>(['request', 'search']);

/** Median prices of the same weights at other sellers, pico-dollars per token. */
export type Peers = { readonly input: number; readonly output: number };

/** k when `a` is 10^±k of `b` within 5 %, k ≥ 2; undefined otherwise. */
export const powerOfTenBetween = (a: number, b: number): number | undefined => {
  if (a <= 0 || b <= 0) return undefined;
  const ratio = Math.max(a, b) / Math.min(a, b);
  const power = Math.round(Math.log10(ratio));
  return power >= 2 && Math.abs(ratio / 10 ** power - 1) <= POWER_TOLERANCE ? power : undefined;
};

/** Why these rates cannot be prices of anything, or undefined. */
export const impossible = (rates: readonly Rate[]): string | undefined => {
  for (const { meter, price } of rates) {
    if (price === null) continue;
    if (!Number.isFinite(price) || price < 0) return `${meter} is not a price`;
    if (price > (PER_USE.has(meter) ? MOST_PER_USE : MOST_PER_TOKEN))
      return `unit error: ${meter} above ${PER_USE.has(meter) ? '$10 a use' : '$1000 per million'}`;
  }
  return undefined;
};

/** A price that is impossible, or a clean power of ten from what other sellers of the same weights ask. */
export const unitError = (rates: readonly Rate[], peers: Peers | undefined): string | undefined => {
  const absolute = impossible(rates);
  if (absolute || !peers) return absolute;
  for (const meter of ['input', 'output'] as const) {
    const power = powerOfTenBetween(basePrice(rates, meter) ?? 0, peers[meter]);
    if (power) return `unit error: ${meter} is 10^${power} from the median of other sellers`;
  }
  return undefined;
};

/** What other sellers ask is so much more that a price wants a second look before it wins every comparison. */
const FAR_BELOW = 2;
const blended = (input: number, output: number): number => 3 * input + output;

/** Does this undercut the median seller of the same weights more than twofold, three parts prompt to one part answer? */
export const farBelow = (rates: readonly Rate[], peers: Peers): boolean => {
  const price = blended(basePrice(rates, 'input') ?? 0, basePrice(rates, 'output') ?? 0);
  return price > 0 && price * FAR_BELOW < blended(peers.input, peers.output);
};

const RATIOS = { outputLeast: 0.2, outputMost: 20, cacheReadLeast: 0.002, cacheWriteMost: 2.05 } as const;

/** Proportions outside those of 99.8 % of known sheets. They do not reject a price, they lower the trust in it. */
export const oddShape = (rates: readonly Rate[]): string | undefined => {
  const input = basePrice(rates, 'input') ?? 0;
  const output = basePrice(rates, 'output') ?? 0;
  if (input <= 0 || output <= 0) return undefined;
  if (output < RATIOS.outputLeast * input || output > RATIOS.outputMost * input) return 'shape: output against input';
  const read = basePrice(rates, 'cached_input') ?? 0;
  if (read > input || (read > 0 && read < RATIOS.cacheReadLeast * input)) return 'shape: cached input against input';
  const write = basePrice(rates, 'cache_write_5m') ?? 0;
  return write > RATIOS.cacheWriteMost * input ? 'shape: cache write against input' : undefined;
};

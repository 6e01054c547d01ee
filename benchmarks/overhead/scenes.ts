// What is asked of every target: saturated for what a request costs, paced for what it adds in time.
import type { LoadOrder } from './load.ts';

export type Scene = { readonly name: string } & Pick<
  LoadOrder,
  'stream' | 'connections' | 'seconds' | 'size' | 'everyMs' | 'chunkMs'
>;

const whole = { stream: false, everyMs: 0, chunkMs: 0 } as const;

/** Not measured: thousands of requests, so that what runs often is compiled. The upstream has been running, its load generator is new. */
export const warmUp = (isFresh: boolean): readonly Scene[] => [
  { ...whole, name: 'warm-up', connections: 16, seconds: isFresh ? 8 : 1, size: 1_000 },
  { ...whole, name: 'warm-up of streams', stream: true, connections: 8, seconds: 1, size: 1_000 },
];

/** @param seconds each scene takes */
export const scenesOf = (seconds: number): readonly Scene[] => [
  { ...whole, name: '1 kB saturated', connections: 16, seconds, size: 1_000 },
  { ...whole, name: '32 kB saturated', connections: 16, seconds, size: 32_000 },
  { ...whole, name: '1 kB at 200/s', connections: 64, seconds, size: 1_000, everyMs: 5 },
  { ...whole, name: 'streams saturated', stream: true, connections: 8, seconds, size: 1_000 },
  { name: 'streams at 20/s', stream: true, connections: 64, seconds, size: 1_000, everyMs: 50, chunkMs: 5 },
];

export const isPaced = ({ everyMs }: Scene): boolean => everyMs > 0;

// Live latency per offer and prompt size: log-space decayed mean and variance, a prior that fades, a peak guard.
// Decayed sums: the order within one instant does not matter.
import type { OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';

export type LatencySample = {
  readonly offer: OfferKey;
  readonly inputTokens: number;
  readonly stream: boolean;
  /** Time to the first content. For an answer that did not stream, the whole time. */
  readonly firstTokenMs: number;
  readonly totalMs: number;
  readonly outputTokens: number;
};

export type LatencyEstimate = {
  readonly firstTokenMs: number;
  readonly firstTokenMsP95: number;
  readonly tokensPerSecond: number;
  /** Decayed number of samples behind it; a first-token limit acts only on what was measured. */
  readonly samples: number;
};

/** Means are forgotten with this time constant, a peak ten times faster. */
const TAU_MS = 300_000;
const PEAK_TAU_MS = 30_000;
const Z95 = 1.645;
/** What is assumed of an offer nobody has called: a median host of 2025–26 feeds, as five samples. */
const PRIOR = { firstTokenMs: 700, firstTokenMsP95: 2_500, tokensPerSecond: 60, weight: 5 } as const;
/** Fewer tokens say nothing about speed. */
const MIN_TOKENS_FOR_SPEED = 16;
/** Upper edges of prompt sizes that are kept apart, in tokens. */
const BUCKETS = [2_000, 16_000, 64_000] as const;
/** Offers × sizes × two modes; a table beyond this is not a market but a leak. */
const MAX_CELLS = 50_000;

type Sums = { readonly weight: number; readonly sum: number; readonly squares: number; readonly atMs: number };
type Cell = { first: Sums; speed: Sums; peakMs: number; peakAtMs: number };

const EMPTY: Sums = { weight: 0, sum: 0, squares: 0, atMs: 0 };

/** Adds x at `atMs` to sums that fade with TAU_MS. Late samples are weighed down instead of winding time back. */
export const addSample = (sums: Sums, x: number, atMs: number): Sums => {
  const newest = Math.max(sums.atMs, atMs);
  const fade = sums.weight === 0 ? 0 : Math.exp((sums.atMs - newest) / TAU_MS);
  const weight = Math.exp((atMs - newest) / TAU_MS);
  return {
    weight: sums.weight * fade + weight,
    sum: sums.sum * fade + weight * x,
    squares: sums.squares * fade + weight * x * x,
    atMs: newest,
  };
};

/** Mean and standard deviation of the log, shrunk to a prior that counts as PRIOR.weight samples. */
const shrink = (sums: Sums, prior: { readonly mean: number; readonly sd: number }, atMs: number) => {
  const weight = sums.weight * Math.exp(Math.min(0, sums.atMs - atMs) / TAU_MS);
  const own = sums.weight === 0 ? prior.mean : sums.sum / sums.weight;
  const variance = sums.weight === 0 ? 0 : Math.max(0, sums.squares / sums.weight - own * own);
  const total = weight + PRIOR.weight;
  const mean = (weight * own + PRIOR.weight * prior.mean) / total;
  return { mean, sd: Math.sqrt((weight * variance + PRIOR.weight * prior.sd ** 2) / total), weight };
};

const FIRST_PRIOR = {
  mean: Math.log(PRIOR.firstTokenMs),
  sd: Math.log(PRIOR.firstTokenMsP95 / PRIOR.firstTokenMs) / Z95,
};
const SPEED_PRIOR = { mean: Math.log(PRIOR.tokensPerSecond), sd: 0.7 };

const bucketOf = (inputTokens: number): number => {
  const index = BUCKETS.findIndex((edge) => inputTokens <= edge);
  return index < 0 ? BUCKETS.length : index;
};

const estimateOf = (cell: Cell | undefined, atMs: number): LatencyEstimate => {
  const first = shrink(cell?.first ?? EMPTY, FIRST_PRIOR, atMs);
  const speed = shrink(cell?.speed ?? EMPTY, SPEED_PRIOR, atMs);
  const peakMs = cell ? cell.peakMs * Math.exp((cell.peakAtMs - atMs) / PEAK_TAU_MS) : 0;
  return {
    firstTokenMs: Math.max(Math.exp(first.mean), peakMs / 2),
    firstTokenMsP95: Math.exp(first.mean + Z95 * first.sd),
    tokensPerSecond: Math.exp(speed.mean),
    samples: first.weight,
  };
};

/** Of most offers at most times: nobody has called them, whatever the instant. */
const UNMEASURED = estimateOf(undefined, 0);

export const createLatency = ({ clock }: { readonly clock: Clock }) => {
  const cells = new Map<string, Cell>();
  const keyOf = (offer: OfferKey, inputTokens: number, stream: boolean) =>
    `${offer}|${bucketOf(inputTokens)}|${stream ? 's' : 'w'}`;

  return {
    observe(sample: LatencySample): void {
      const atMs = clock.now();
      const key = keyOf(sample.offer, sample.inputTokens, sample.stream);
      const cell = cells.get(key) ?? { first: EMPTY, speed: EMPTY, peakMs: 0, peakAtMs: atMs };
      if (!cells.has(key) && cells.size >= MAX_CELLS) return;
      cell.first = addSample(cell.first, Math.log(Math.max(1, sample.firstTokenMs)), atMs);
      const faded = cell.peakMs * Math.exp((cell.peakAtMs - atMs) / PEAK_TAU_MS);
      cell.peakMs = Math.max(sample.firstTokenMs, faded);
      cell.peakAtMs = atMs;
      const seconds = (sample.stream ? sample.totalMs - sample.firstTokenMs : sample.totalMs) / 1000;
      if (sample.outputTokens >= MIN_TOKENS_FOR_SPEED && seconds > 0)
        cell.speed = addSample(cell.speed, Math.log(sample.outputTokens / seconds), atMs);
      cells.set(key, cell);
    },

    estimate({ offer, inputTokens, stream }: Pick<LatencySample, 'offer' | 'inputTokens' | 'stream'>): LatencyEstimate {
      const cell = cells.get(keyOf(offer, inputTokens, stream));
      return cell ? estimateOf(cell, clock.now()) : UNMEASURED;
    },
  };
};

export type Latency = ReturnType<typeof createLatency>;

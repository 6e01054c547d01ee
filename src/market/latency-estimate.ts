// From samples, neighbours and feeds to an estimate: what an offer's first token and speed are expected to be, and how far that is known.
import {
  ASSUMED_FIRST,
  ASSUMED_SPEED,
  feedFirst,
  type FeedPrior,
  feedSpeed,
  PRIOR_WEIGHT,
  priorOf,
  Z95,
} from './latency-prior.ts';
import { emptyMixture, type Knowledge, knowledgeAt, mixed, mixIn, type Mixture, type Sums } from './moments.ts';

/** Upper edges of prompt sizes that are kept apart, in tokens. */
const BUCKETS = [2_000, 16_000, 64_000] as const;
export const BUCKET_COUNT = BUCKETS.length + 1;

export const bucketOf = (inputTokens: number): number => {
  const index = BUCKETS.findIndex((edge) => inputTokens <= edge);
  return index < 0 ? BUCKETS.length : index;
};

/** One prompt size of one offer. Speeds of streams and of whole answers are kept apart: [streamed, whole]. */
export type Cell = {
  first: Sums;
  readonly speeds: [streamed: Sums, whole: Sums];
  peakMs: number;
  peakAtMs: number;
  /** Samples there were, forgotten by the hour: with them the assumption gives way. */
  seen: number;
  seenAtMs: number;
};

export type Known = { readonly cells: readonly (Cell | undefined)[]; readonly feed: FeedPrior | undefined };

export type LatencyEstimate = {
  readonly firstTokenMs: number;
  readonly firstTokenMsP95: number;
  readonly tokensPerSecond: number;
  /** Decayed number of own samples behind it. */
  readonly samples: number;
  /** Who has seen how fast it writes; absent: it is an assumption. */
  readonly speedFrom?: 'measured' | 'feed';
  /**
   * What a first-token limit is held against: the p95 of what was measured here, else the median a feed has seen lately. Absent: nobody knows,
   * and an assumption condemns no one.
   */
  readonly judged?: { readonly by: 'measured' | 'feed'; readonly firstTokenMs: number };
};

const SEEN_TAU_MS = 3_600_000;
/** What is assumed never counts for less than this many samples. */
const LEAST_ASSUMED = 1;
const PEAK_TAU_MS = 30_000;
/** Share of a fresh peak that an estimate does not fall below. */
const PEAK_SHARE = 0.5;
/** Of a neighbouring prompt size, or of the other mode, a sample counts this much. */
const NEIGHBOUR_SHARE = 0.5;
/** Decayed samples from which on measurements speak for themselves. */
const ENOUGH_SAMPLES = 1;
/** A feed's number is held against an offer while at least this much of it is left: about three quarters of an hour. */
const LEAST_FEED_WEIGHT = PRIOR_WEIGHT / 2;

/** How far hosts differ among each other, as standard deviations of the logarithm, in the same feeds. */
const HOSTS_FIRST_SD = 0.8;
const HOSTS_SPEED_SD = 0.95;

type Place = { readonly bucket: number; readonly whole: boolean; readonly nowMs: number };

/** A cell as far away as `steps` counts half a step by step, and never for more than the prior it stands in for. */
const mixNearby = (near: Mixture, known: Knowledge | undefined, steps: number): void => {
  if (known) mixIn(near, Math.min(known.weight, PRIOR_WEIGHT) * NEIGHBOUR_SHARE ** steps, known);
};

const firstsNear = ({ cells }: Known, { bucket, nowMs }: Place): Knowledge => {
  const near = emptyMixture();
  for (let at = 0; at < cells.length; at++) {
    const cell = at === bucket ? undefined : cells[at];
    if (cell) mixNearby(near, knowledgeAt(cell.first, nowMs), Math.abs(at - bucket));
  }
  return mixed(near);
};

const speedsNear = ({ cells }: Known, { bucket, whole, nowMs }: Place): Knowledge => {
  const near = emptyMixture();
  for (let at = 0; at < cells.length; at++) {
    const speeds = cells[at]?.speeds;
    if (!speeds) continue;
    const away = Math.abs(at - bucket);
    const [streamed, written] = whole ? [away + 1, away] : [away, away + 1];
    if (streamed > 0) mixNearby(near, knowledgeAt(speeds[0], nowMs), streamed);
    if (written > 0) mixNearby(near, knowledgeAt(speeds[1], nowMs), written);
  }
  return mixed(near);
};

/** No further down than half of a peak that is still fresh. */
const guarded = (p50: number, cell: Cell | undefined, nowMs: number): number =>
  cell ? Math.max(p50, PEAK_SHARE * peakAt(cell, nowMs)) : p50;

export const peakAt = ({ peakMs, peakAtMs }: Cell, nowMs: number): number =>
  peakMs * Math.exp(Math.min(0, peakAtMs - nowMs) / PEAK_TAU_MS);

export const seenAt = ({ seen, seenAtMs }: Cell, nowMs: number): number =>
  seen * Math.exp(Math.min(0, seenAtMs - nowMs) / SEEN_TAU_MS);

/** Whose word counts: enough samples of our own, else a feed while it is fresh. */
const seenBy = (own: Knowledge | undefined, feed: Knowledge | undefined): 'measured' | 'feed' | undefined => {
  if (own && own.weight >= ENOUGH_SAMPLES) return 'measured';
  return feed && feed.weight >= LEAST_FEED_WEIGHT ? 'feed' : undefined;
};

/** Of the spread a few samples show too little, so the prior's counts in full however little its mean does. */
const spreadWith = (own: Knowledge, prior: Pick<Knowledge, 'variance'>): number =>
  (own.weight * own.variance + PRIOR_WEIGHT * prior.variance) / (own.weight + PRIOR_WEIGHT);

const judgedBy = (own: Knowledge | undefined, feed: Knowledge | undefined): LatencyEstimate['judged'] | undefined => {
  const by = seenBy(own, feed);
  if (by === 'measured' && own) {
    // Few samples show too little of the spread; of the mean they show enough.
    const variance = spreadWith(own, feed ?? ASSUMED_FIRST);
    return { by, firstTokenMs: Math.exp(own.mean + Z95 * Math.sqrt(variance)) };
  }
  return by === 'feed' && feed ? { by, firstTokenMs: Math.exp(feed.mean) } : undefined;
};

const together = (own: Knowledge | undefined, prior: Knowledge): Knowledge => {
  if (!own) return prior;
  const mixture = emptyMixture();
  mixIn(mixture, own.weight, own);
  mixIn(mixture, prior.weight, prior);
  const { weight, mean } = mixed(mixture);
  return { weight, mean, variance: spreadWith(own, prior) };
};

const knowledgeOf = (known: Known, place: Place) => {
  const { nowMs } = place;
  const cell = known.cells[place.bucket];
  const ownFirst = cell && knowledgeAt(cell.first, nowMs);
  const ownSpeed = cell && knowledgeAt(cell.speeds[place.whole ? 1 : 0], nowMs);
  const toldFirst = feedFirst(known.feed, nowMs);
  const most = Math.max(LEAST_ASSUMED, PRIOR_WEIGHT - (cell ? seenAt(cell, nowMs) : 0));
  const priorFirst = priorOf({ near: firstsNear(known, place), feed: toldFirst, assumed: ASSUMED_FIRST, most });
  const toldSpeed = feedSpeed(known.feed, nowMs);
  const priorSpeed = priorOf({ near: speedsNear(known, place), feed: toldSpeed, assumed: ASSUMED_SPEED, most });
  return {
    cell,
    ownFirst,
    ownSpeed,
    toldFirst,
    toldSpeed,
    first: together(ownFirst, priorFirst),
    speed: together(ownSpeed, priorSpeed),
  };
};

export const estimateOf = (known: Known, place: Place): LatencyEstimate => {
  const { cell, ownFirst, ownSpeed, toldFirst, toldSpeed, first, speed } = knowledgeOf(known, place);
  const firstTokenMs = guarded(Math.exp(first.mean), cell, place.nowMs);
  const judged = judgedBy(ownFirst, toldFirst);
  const speedFrom = seenBy(ownSpeed, toldSpeed);
  return {
    firstTokenMs,
    firstTokenMsP95: Math.max(firstTokenMs, Math.exp(first.mean + Z95 * Math.sqrt(first.variance))),
    tokensPerSecond: Math.exp(speed.mean),
    samples: Math.max(ownFirst?.weight ?? 0, ownSpeed?.weight ?? 0),
    ...(speedFrom ? { speedFrom } : {}),
    ...(judged ? { judged } : {}),
  };
};

/** Ms to the first token of a stream of this size, fresh peaks apart. */
export const usualFirstMs = (known: Known, place: Place): number => Math.exp(knowledgeOf(known, place).first.mean);

/** As fast as it may well turn out to be: where one host in twenty stands, the less so the more was measured. */
export const hopefulOf = (known: Known, place: Place): LatencyEstimate => {
  const { ownFirst, ownSpeed, first, speed } = knowledgeOf(known, place);
  const doubt = (own: Knowledge | undefined): number =>
    Z95 * Math.sqrt(PRIOR_WEIGHT / (PRIOR_WEIGHT + (own?.weight ?? 0)));
  const firstTokenMs = Math.exp(first.mean - HOSTS_FIRST_SD * doubt(ownFirst));
  return {
    firstTokenMs,
    firstTokenMsP95: Math.max(firstTokenMs, firstTokenMs * Math.exp(Z95 * Math.sqrt(first.variance))),
    tokensPerSecond: Math.exp(speed.mean + HOSTS_SPEED_SD * doubt(ownSpeed)),
    samples: 0,
  };
};

/** Expected ms to the last of `outputTokens`. */
export const timeFor = (
  outputTokens: number,
  { firstTokenMs, tokensPerSecond }: Pick<LatencyEstimate, 'firstTokenMs' | 'tokensPerSecond'>,
): number => firstTokenMs + (outputTokens / tokensPerSecond) * 1000;

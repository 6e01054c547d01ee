// What stands in for measurements: what a feed has seen, and what is assumed of a host nobody knows.
import { emptyMixture, type Knowledge, mixed, mixIn } from './moments.ts';

/** What a feed says of an offer, in ms and tokens per second. Absent: it does not say. */
export type FeedPrior = {
  readonly atMs: number;
  readonly firstTokenMs?: number;
  readonly firstTokenMsP95?: number;
  readonly tokensPerSecond?: number;
};

/** 95 % quantile of the normal distribution. */
export const Z95 = 1.645;
/** Everything that was not measured here counts as this many samples. */
export const PRIOR_WEIGHT = 5;
const FEED_TAU_MS = 3_600_000;

/** What is assumed of an offer nobody knows: a median host of 2025–26 feeds. */
const ASSUMED = { firstTokenMs: 700, firstTokenMsP95: 2_500, tokensPerSecond: 60 } as const;
const spreadOf = (p50: number, p95: number): number => (Math.log(p95 / p50) / Z95) ** 2;
export const ASSUMED_FIRST = {
  mean: Math.log(ASSUMED.firstTokenMs),
  variance: spreadOf(ASSUMED.firstTokenMs, ASSUMED.firstTokenMsP95),
};
export const ASSUMED_SPEED = { mean: Math.log(ASSUMED.tokensPerSecond), variance: 0.7 ** 2 };

type Weightless = Omit<Knowledge, 'weight'>;

type PriorSources = {
  readonly near: Knowledge;
  readonly feed: Knowledge | undefined;
  readonly assumed: Weightless;
  /** Most that the assumption may count. */
  readonly most: number;
};

/** PRIOR_WEIGHT samples' worth, at most, of what was not measured here: neighbours first, then what the feed says, then what is assumed. */
export const priorOf = ({ near, feed, assumed, most }: PriorSources): Knowledge => {
  const borrowed = Math.min(PRIOR_WEIGHT, near.weight);
  const told = feed ? Math.min(PRIOR_WEIGHT - borrowed, feed.weight) : 0;
  const mixture = emptyMixture();
  mixIn(mixture, borrowed, near);
  if (feed) mixIn(mixture, told, feed);
  mixIn(mixture, Math.min(most, PRIOR_WEIGHT - borrowed - told), assumed);
  return mixed(mixture);
};

const fadedFeed = ({ atMs }: FeedPrior, nowMs: number): number =>
  PRIOR_WEIGHT * Math.exp(Math.min(0, atMs - nowMs) / FEED_TAU_MS);

export const feedFirst = (feed: FeedPrior | undefined, nowMs: number): Knowledge | undefined => {
  if (feed?.firstTokenMs === undefined) return undefined;
  const { firstTokenMs: p50, firstTokenMsP95: p95 = 0 } = feed;
  const variance = p95 > p50 ? spreadOf(p50, p95) : ASSUMED_FIRST.variance;
  return { weight: fadedFeed(feed, nowMs), mean: Math.log(p50), variance };
};

export const feedSpeed = (feed: FeedPrior | undefined, nowMs: number): Knowledge | undefined =>
  feed?.tokensPerSecond === undefined
    ? undefined
    : { ...ASSUMED_SPEED, weight: fadedFeed(feed, nowMs), mean: Math.log(feed.tokensPerSecond) };

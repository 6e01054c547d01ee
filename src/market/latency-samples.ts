// What one call teaches of an offer's speed: what makes sense of it, and into which sums it goes.
import type { OfferKey } from '../core/offer.ts';
import { BUCKET_COUNT, bucketOf, type Cell, peakAt, seenAt, usualFirstMs } from './latency-estimate.ts';
import type { FeedPrior } from './latency-prior.ts';
import { addSample, EMPTY } from './moments.ts';

export type LatencyQuestion = { readonly offer: OfferKey; readonly inputTokens: number; readonly stream: boolean };

export type LatencySample = LatencyQuestion & {
  /** Time to the first content. Of an answer that did not stream it says nothing and is not looked at. */
  readonly firstTokenMs: number;
  readonly totalMs: number;
  /** 0: the answer was not read to its end. */
  readonly outputTokens: number;
};

export type OfferRecord = {
  readonly cells: (Cell | undefined)[];
  feed: FeedPrior | undefined;
  /** Epoch ms of the latest samples, newest first. */
  recent: readonly number[];
};

/** An offer with fewer samples than this lately is stale. */
export const FRESH_SAMPLES = 3;
/** Fewer tokens say nothing about speed. */
const MIN_TOKENS_FOR_SPEED = 16;
/** What is longer or faster than these is a fault of somebody's clock. */
const MAX_MS = 3_600_000;
const MAX_TOKENS_PER_SECOND = 100_000;
const MIN_TOKENS_PER_SECOND = 0.01;
/** A call given up on counts as this many times the p95, if it was waited for longer than that. */
const TIMEOUT_FACTOR = 3;

const clampMs = (ms: number): number => Math.min(MAX_MS, Math.max(1, ms));
const clampSpeed = (speed: number): number => Math.min(MAX_TOKENS_PER_SECOND, Math.max(MIN_TOKENS_PER_SECOND, speed));

export const isDuration = (ms: number): boolean => Number.isFinite(ms) && ms >= 0;

export const hasSense = ({ firstTokenMs, totalMs, outputTokens, stream }: LatencySample): boolean =>
  isDuration(totalMs) && isDuration(outputTokens) && (!stream || isDuration(firstTokenMs));

export const emptyRecord = (): OfferRecord => ({
  cells: Array<undefined>(BUCKET_COUNT).fill(undefined),
  feed: undefined,
  recent: [],
});

const freshCell = (atMs: number): Cell => ({
  first: EMPTY,
  speeds: [EMPTY, EMPTY],
  peakMs: 0,
  peakAtMs: atMs,
  seen: 0,
  seenAtMs: atMs,
});

const cellOf = (record: OfferRecord, inputTokens: number, atMs: number): Cell => {
  const bucket = bucketOf(inputTokens);
  const cell = record.cells[bucket] ?? freshCell(atMs);
  record.cells[bucket] = cell;
  cell.seen = seenAt(cell, atMs) + 1;
  cell.seenAtMs = Math.max(cell.seenAtMs, atMs);
  record.recent = [atMs, ...record.recent].slice(0, FRESH_SAMPLES);
  return cell;
};

const addFirst = (cell: Cell, ms: number, atMs: number): void => {
  cell.first = addSample(cell.first, Math.log(ms), atMs);
  cell.peakMs = Math.max(ms, peakAt(cell, atMs));
  cell.peakAtMs = Math.max(cell.peakAtMs, atMs);
};

/** @param sample one that has sense */
export const takeSample = (record: OfferRecord, sample: LatencySample, atMs: number): void => {
  const { inputTokens, stream, outputTokens } = sample;
  const totalMs = clampMs(sample.totalMs);
  const cell = cellOf(record, inputTokens, atMs);
  if (stream) addFirst(cell, clampMs(sample.firstTokenMs), atMs);
  if (outputTokens < MIN_TOKENS_FOR_SPEED) return;
  // A whole answer shows its end alone: what it took beyond a usual first token is the writing.
  const place = { bucket: bucketOf(inputTokens), whole: !stream, nowMs: atMs };
  const waitedMs = stream ? sample.firstTokenMs : Math.min(usualFirstMs(record, place), totalMs / 2);
  const speed = Math.log(clampSpeed((outputTokens / Math.max(1, totalMs - waitedMs)) * 1000));
  const mode = stream ? 0 : 1;
  cell.speeds[mode] = addSample(cell.speeds[mode], speed, atMs);
};

export type GivenUp = { readonly inputTokens: number; readonly waitedMs: number; readonly p95: number };

export const takeTimeout = (record: OfferRecord, { inputTokens, waitedMs, p95 }: GivenUp, atMs: number): void =>
  addFirst(cellOf(record, inputTokens, atMs), clampMs(Math.max(waitedMs, TIMEOUT_FACTOR * p95)), atMs);

/** Only what makes sense is kept of what a feed says. */
export const sensible = ({ atMs, firstTokenMs, firstTokenMsP95, tokensPerSecond }: FeedPrior): FeedPrior => {
  const isSaid = (value: number | undefined): value is number =>
    value !== undefined && Number.isFinite(value) && value > 0;
  return {
    atMs,
    ...(isSaid(firstTokenMs) ? { firstTokenMs: clampMs(firstTokenMs) } : {}),
    ...(isSaid(firstTokenMsP95) ? { firstTokenMsP95: clampMs(firstTokenMsP95) } : {}),
    ...(isSaid(tokensPerSecond) ? { tokensPerSecond: clampSpeed(tokensPerSecond) } : {}),
  };
};

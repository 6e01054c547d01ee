// Live latency per offer and prompt size, streamed or whole: who is kept in mind, what is asked of it.
import type { OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';
import { bucketOf, estimateOf, hopefulOf, type LatencyEstimate } from './latency-estimate.ts';
import type { FeedPrior } from './latency-prior.ts';
import {
  emptyRecord,
  FRESH_SAMPLES,
  hasSense,
  isDuration,
  type LatencyQuestion,
  type LatencySample,
  type OfferRecord,
  sensible,
  takeSample,
  takeTimeout,
} from './latency-samples.ts';

/** More offers than any configuration has; the one not heard of for longest leaves. */
const MAX_OFFERS = 10_000;
const FRESH_MS = 15 * 60_000;

const UNKNOWN = emptyRecord();
/** Of most offers at most times: nobody has called them, whatever the instant. */
const UNMEASURED = estimateOf(UNKNOWN, { bucket: 0, whole: false, nowMs: 0 });

const createRecords = () => {
  const records = new Map<OfferKey, OfferRecord>();
  return {
    find: (offer: OfferKey): OfferRecord | undefined => records.get(offer),
    all: (): Iterable<readonly [OfferKey, OfferRecord]> => records,

    /** Known or new, and from now on the last to leave. */
    touch(offer: OfferKey): OfferRecord {
      const record = records.get(offer) ?? emptyRecord();
      records.delete(offer);
      records.set(offer, record);
      const [oldest] = records.keys();
      if (records.size > MAX_OFFERS && oldest !== undefined) records.delete(oldest);
      return record;
    },

    /** Known or new, but nobody leaves for it. */
    findRoom(offer: OfferKey): OfferRecord | undefined {
      const known = records.get(offer);
      if (known || records.size >= MAX_OFFERS) return known;
      const record = emptyRecord();
      records.set(offer, record);
      return record;
    },
  };
};

export const createLatency = ({ clock }: { readonly clock: Clock }) => {
  const records = createRecords();
  const placeOf = ({ inputTokens, stream }: LatencyQuestion) => ({
    bucket: bucketOf(inputTokens),
    whole: !stream,
    nowMs: clock.now(),
  });
  const estimate = (question: LatencyQuestion): LatencyEstimate => {
    const record = records.find(question.offer);
    return record ? estimateOf(record, placeOf(question)) : UNMEASURED;
  };

  return {
    estimate,

    /** As fast as it may well be: what a probe could find out. */
    hopeful: (question: LatencyQuestion): LatencyEstimate =>
      hopefulOf(records.find(question.offer) ?? UNKNOWN, placeOf(question)),

    observe(sample: LatencySample): void {
      if (hasSense(sample)) takeSample(records.touch(sample.offer), sample, clock.now());
    },

    /** Given up on after `waitedMs` without a first token. False: a deadline shorter than it may well take says nothing of the offer. */
    timedOut(question: LatencyQuestion, waitedMs: number): boolean {
      const p95 = estimate(question).firstTokenMsP95;
      if (!isDuration(waitedMs) || waitedMs <= p95) return false;
      const { offer, inputTokens } = question;
      takeTimeout(records.touch(offer), { inputTokens, waitedMs, p95 }, clock.now());
      return true;
    },

    /** What a feed says of an offer; it fades from `atMs` on. An older word never replaces a newer one, nor does any crowd out what was measured. */
    hear(offer: OfferKey, prior: FeedPrior): void {
      // A word from the future would outlast every later one.
      const atMs = Math.min(prior.atMs, clock.now());
      const record = Number.isFinite(atMs) ? records.findRoom(offer) : undefined;
      if (record && (record.feed?.atMs ?? atMs) <= atMs)
        record.feed = { ...record.feed, ...sensible({ ...prior, atMs }) };
    },

    /** Too few samples lately, own traffic and probes together. */
    isStale(offer: OfferKey): boolean {
      const nth = records.find(offer)?.recent[FRESH_SAMPLES - 1];
      return nth === undefined || clock.now() - nth > FRESH_MS;
    },

    /** Epoch ms of the newest sample; undefined: never measured here. */
    measuredAt: (offer: OfferKey): number | undefined => records.find(offer)?.recent[0],

    /** Seconds since each measured offer was last measured. */
    ages: (): readonly (readonly [OfferKey, number])[] =>
      [...records.all()].flatMap(([offer, { recent }]) =>
        recent[0] === undefined ? [] : [[offer, Math.max(0, clock.now() - recent[0]) / 1000] as const],
      ),
  };
};

export type Latency = ReturnType<typeof createLatency>;

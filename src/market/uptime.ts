// How often an offer answers: a share that forgets, begun by what a feed says. Rate limits and faults of callers do not count.
import type { OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';

type Tally = { up: number; calls: number; atMs: number };
type Told = { readonly share: number; readonly atMs: number };

const TAU_MS = 1_800_000;
/** What a feed says counts as this many calls, and fades like them. */
const TOLD_CALLS = 5;
/** With less than this left nothing is claimed. */
const LEAST_CALLS = 0.5;
const MAX_OFFERS = 10_000;

export const createUptime = ({ clock }: { readonly clock: Clock }) => {
  const tallies = new Map<OfferKey, Tally>();
  const told = new Map<OfferKey, Told>();

  const fade = (sinceMs: number): number => Math.exp(-Math.max(0, clock.now() - sinceMs) / TAU_MS);

  const put = <Value>(map: Map<OfferKey, Value>, offer: OfferKey, value: Value): void => {
    map.delete(offer);
    map.set(offer, value);
    const [oldest] = map.keys();
    if (map.size > MAX_OFFERS && oldest !== undefined) map.delete(oldest);
  };

  return {
    saw(offer: OfferKey, answered: boolean): void {
      const before = tallies.get(offer) ?? { up: 0, calls: 0, atMs: clock.now() };
      const kept = fade(before.atMs);
      put(tallies, offer, {
        up: before.up * kept + (answered ? 1 : 0),
        calls: before.calls * kept + 1,
        atMs: clock.now(),
      });
    },

    /** @param share 0..1 */
    hear(offer: OfferKey, share: number, atMs: number): void {
      if (!(share >= 0 && share <= 1) || !Number.isFinite(atMs)) return;
      const known = told.get(offer);
      if (!known || known.atMs <= atMs) put(told, offer, { share, atMs });
    },

    /** 0..1; undefined: nobody has called it lately and no feed has said. */
    share(offer: OfferKey): number | undefined {
      const tally = tallies.get(offer);
      const feed = told.get(offer);
      const own = tally ? fade(tally.atMs) : 0;
      const theirs = feed ? TOLD_CALLS * fade(feed.atMs) : 0;
      const calls = (tally?.calls ?? 0) * own + theirs;
      return calls < LEAST_CALLS ? undefined : ((tally?.up ?? 0) * own + (feed?.share ?? 0) * theirs) / calls;
    },
  };
};

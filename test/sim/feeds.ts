// Two price feeds over one truth: what offers cost changes, and now and then a feed says something else.
import type { Feed, FeedReading, FeedRow } from '../../src/core/ports.ts';
import { picoUsdPerUnit, priceFromUsdPerMillion } from '../../src/core/money.ts';
import type { ModelKey, OfferKey } from '../../src/core/offer.ts';
import type { Canonicaliser } from '../../src/market/identity.ts';
import type { ScheduledFeed } from '../../src/market/refresh.ts';
import type { SimClock } from './clock.ts';
import type { FeedSlip, Scenario } from './kinds.ts';
import { OFFERS, STALLS } from './offers.ts';

const EVERY_MS = 60_000;
const FEEDS = [
  { name: 'list', lineage: 'list', precedence: 1 },
  { name: 'mirror', lineage: 'mirror', precedence: 2 },
] as const;

/** Every wire id is the name of its model, so there is nothing to guess. */
export const canonicalise: Canonicaliser = (provider, wireId) => {
  const model = OFFERS.find((offer) => offer.provider === provider && offer.wireId === wireId)?.model;
  return { model: model ?? (`${provider}/${wireId}` as ModelKey), variants: [], known: model !== undefined };
};

type Bounds = { least: number; most: number; now: number };

/** What the input of every offer has truly cost so far, in pico-dollars. */
export const createTruth = ({ moves }: Scenario, clock: SimClock) => {
  const bounds = new Map<OfferKey, Bounds>();
  for (const { offer, input } of STALLS) {
    const price = priceFromUsdPerMillion(input);
    bounds.set(offer.key, { least: price, most: price, now: 1 });
  }
  for (const { atMs, offer, times } of moves)
    clock.after(atMs, () => {
      const known = bounds.get(offer);
      const base = STALLS.find((stall) => stall.offer.key === offer)?.input ?? 0;
      if (!known) return;
      // Never further than a factor of two from where it began: what is more waits in quarantine, and that is tested elsewhere.
      known.now = Math.min(2, Math.max(0.5, known.now * times));
      const price = Math.round(priceFromUsdPerMillion(base) * known.now);
      known.least = Math.min(known.least, price);
      known.most = Math.max(known.most, price);
    });
  return { of: (offer: OfferKey): Bounds | undefined => bounds.get(offer) };
};

export type Truth = ReturnType<typeof createTruth>;

const touches = ({ offer }: FeedSlip, key: OfferKey): boolean => offer === 'all' || offer === key;

export const createFeeds = (scenario: Scenario, truth: Truth, clock: SimClock): readonly ScheduledFeed[] =>
  FEEDS.map((feed, which) => {
    let readings = 0;
    let told = '';
    const rowsAt = (slips: readonly FeedSlip[]): FeedRow[] =>
      STALLS.flatMap(({ offer, input, output }): FeedRow[] => {
        const slip = slips.find((each) => touches(each, offer.key))?.slip;
        if (slip === 'silent') return [];
        const times = (truth.of(offer.key)?.now ?? 1) * (typeof slip === 'object' ? slip.times : 1);
        const price = (usd: number) => picoUsdPerUnit(Math.round(priceFromUsdPerMillion(usd) * times));
        const isUnknown = slip === 'unknown' || scenario.unpriced.includes(offer.key);
        const rates = [
          { meter: 'input', price: price(input) },
          { meter: 'output', price: isUnknown ? null : price(output) },
        ] as const;
        return [{ provider: offer.provider, wireId: offer.wireId, sheet: { rates } }];
      });
    const read = async (): Promise<FeedReading | undefined> => {
      const slips = scenario.slips.filter((slip) => slip.feed === which && slip.reading === readings);
      readings += 1;
      if (slips.some(({ slip }) => slip === 'failed')) throw new Error('the feed does not answer');
      const rows = rowsAt(slips);
      const said = JSON.stringify(rows);
      if (said === told) return undefined;
      told = said;
      return { revision: String(readings), observedAt: clock.now(), rows, skipped: [] };
    };
    return { feed: { ...feed, read } satisfies Feed, everyMs: EVERY_MS };
  });

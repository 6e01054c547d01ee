// What happens to the market during a run, and before which request: a price falls to a fifth, a provider goes down and comes back.
import { modelKey, type OfferKey, offerKey } from '../core/offer.ts';
import type { Entry, Outage, PriceChange } from './log.ts';
import type { World } from './upstreams.ts';

/** The second host of a popular model, a quarter dearer than the cheapest: a fall to a fifth makes it the best by far. */
const CHEAPENED: OfferKey = offerKey('nimbus', modelKey('tidal/current-70b'));
const FALL = 0.2;
/** As shares of the run. */
const PRICE_FALLS_AT = 0.45;
const OUTAGE_FROM = 0.6;
const OUTAGE_TO = 0.75;

export type IncidentDeps = {
  readonly world: Pick<World, 'setPrice' | 'setOutage' | 'providers'>;
  readonly requests: number;
  /** Makes the router read its price feeds now; resolves when it has. */
  readonly refreshFeeds: () => Promise<void>;
  /** What has been answered so far. */
  readonly soFar: () => readonly Entry[];
};

export type Incidents = {
  /** Called for every request in order; what is due happens before it resolves. */
  before(index: number): Promise<void>;
  /** Whatever is still broken is mended. */
  end(): Promise<void>;
  report(): { readonly priceChange?: PriceChange; readonly outage?: Outage };
};

const providerOf = (offer: string): string => offer.slice(0, offer.indexOf(':'));

/** The provider that answers most, other than the one whose price has just fallen: the outage that hurts, whoever the router prefers. */
export const busiestProvider = (entries: readonly Entry[], names: readonly string[]): string | undefined => {
  const spared = providerOf(CHEAPENED);
  const recent = entries.slice(-Math.max(1, Math.floor(entries.length / 3)));
  const served = Map.groupBy(recent, ({ result }) => (result.kind === 'answered' ? providerOf(result.offer) : ''));
  return names
    .filter((name) => name !== spared)
    .toSorted((a, b) => (served.get(b)?.length ?? 0) - (served.get(a)?.length ?? 0))[0];
};

export const createIncidents = ({ world, requests, refreshFeeds, soFar }: IncidentDeps): Incidents => {
  const at = (share: number): number => Math.floor(requests * share);
  let priceChange: PriceChange | undefined;
  let outage: Outage | undefined;
  let down: string | undefined;

  const cheapen = async (index: number): Promise<void> => {
    world.setPrice(CHEAPENED, FALL);
    await refreshFeeds();
    priceChange = { atRequest: index, offer: CHEAPENED, factor: FALL };
  };
  const breakDown = async (index: number): Promise<void> => {
    const names = world.providers.map(({ name }) => name);
    down = busiestProvider(soFar(), names);
    if (down === undefined) return;
    outage = { provider: down, fromRequest: index, toRequest: at(OUTAGE_TO) };
    await world.setOutage(down, 'refused');
  };
  const mend = async (): Promise<void> => {
    if (down !== undefined) await world.setOutage(down, 'off');
    down = undefined;
  };

  return {
    before: async (index) => {
      if (index === at(PRICE_FALLS_AT)) await cheapen(index);
      if (index === at(OUTAGE_FROM)) await breakDown(index);
      if (index === at(OUTAGE_TO)) await mend();
    },
    end: mend,
    report: () => ({ ...(priceChange ? { priceChange } : {}), ...(outage ? { outage } : {}) }),
  };
};

// From the configuration to the feeds that are read: those known by name, and each provider's own list.
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { type FeedEntry, OTHERS } from '../config/prices.ts';
import type { Offer } from '../core/offer.ts';
import type { Clock, Feed } from '../core/ports.ts';
import { BUILT_IN_FEEDS, type BuiltInFeed } from '../market/feeds/built-in.ts';
import { createHttpFeed, type HttpFeedDeps, undiciTransport } from '../market/feeds/http.ts';
import type { Shelf } from '../market/feeds/kept.ts';
import type { Parsed } from '../market/feeds/parsed.ts';
import { createPerModelFeed } from '../market/feeds/per-model.ts';
import { parseProviderModels, providerModelsSpec } from '../market/feeds/provider-models.ts';
import { createShelf } from '../market/feeds/shelf.ts';
import type { ScheduledFeed } from '../market/refresh.ts';
import { currenciesIn } from './overrides.ts';

/** A seller's own list is read this often. */
const OWN_FEED_MS = 15 * 60_000;

export type ListedOffer = Pick<Offer, 'provider' | 'model' | 'wireId'>;

export type FeedPlace = {
  /** What can be routed to. */
  readonly offers: readonly ListedOffer[];
  /** What is known to be sold, here or not: the ids a gateway has for the models on offer. */
  readonly known: readonly ListedOffer[];
};

type FeedConfig = Pick<Config, 'prices' | 'providers' | 'data'>;

type Deps = Omit<HttpFeedDeps, 'spec' | 'parse'>;
type Parts = { readonly config: FeedConfig; readonly place: FeedPlace; readonly deps: Deps };

const NOT_NAMED: FeedEntry = {};

/** What the file says of a feed; undefined where it is not read. */
const entryOf = ({ spec, read, seller }: BuiltInFeed, { prices, providers }: FeedConfig): FeedEntry | undefined => {
  const feeds = prices.feeds ?? {};
  const named = feeds[spec.name];
  if (named) return named.off ? undefined : named;
  if (feeds[OTHERS]?.off) return undefined;
  const own = providers.find(({ name }) => name === seller);
  // A list the operator has named for this provider stands in the place of its usual one.
  const wanted = read === 'always' || (own !== undefined && own.pricesPath === undefined);
  return wanted ? NOT_NAMED : undefined;
};

/** A provider's key goes to the provider's own address and nowhere else. */
const headersFor = (
  url: string,
  seller: string | undefined,
  { providers }: FeedConfig,
): Readonly<Record<string, string>> => {
  const own = providers.find(({ name }) => name === seller);
  const sameOrigin = own !== undefined && new URL(own.baseUrl).origin === new URL(url).origin;
  return sameOrigin && own.key !== undefined ? { authorization: `Bearer ${own.key}` } : {};
};

/** The ids a gateway has for the models on offer, those with the most sellers first: there is most to choose. */
export const modelsAt = (gateway: string, { offers, known }: FeedPlace): readonly string[] => {
  const sellers = Map.groupBy(offers, ({ model }) => model);
  const count = (model: string) => new Set(sellers.get(model as Offer['model'])?.map(({ provider }) => provider)).size;
  const ids = [...offers, ...known]
    .filter(({ provider, model, wireId }) => provider === gateway && sellers.has(model) && !wireId.includes(':'))
    .map(({ model, wireId }) => ({ wireId, sellers: count(model) }))
    .toSorted((a, b) => b.sellers - a.sellers || (a.wireId < b.wireId ? -1 : 1));
  return [...new Set(ids.map(({ wireId }) => wireId))];
};

const feedOf = (known: BuiltInFeed, entry: FeedEntry, { config, place, deps }: Parts): Feed | undefined => {
  const spec = entry.url === undefined ? known.spec : { ...known.spec, url: entry.url };
  const headers = headersFor(spec.url, known.seller, config);
  const all = { ...deps, spec, parse: known.parse, headers };
  if (!known.perModel) return createHttpFeed(all);
  const models = modelsAt(known.seller ?? '', place);
  return models.length > 0 ? createPerModelFeed({ ...all, models }) : undefined;
};

const namedFeeds = (parts: Parts): readonly ScheduledFeed[] =>
  BUILT_IN_FEEDS.flatMap((known) => {
    const entry = entryOf(known, parts.config);
    const feed = entry && feedOf(known, entry, parts);
    return feed ? [{ feed, everyMs: entry.every ?? known.everyMinutes * 60_000 }] : [];
  });

const sellerFeeds = ({ config, deps }: Parts): readonly ScheduledFeed[] => {
  const currencies = currenciesIn(config);
  return config.providers.flatMap(({ name, baseUrl, key, pricesPath, pricesCurrency }) => {
    if (pricesPath === undefined) return [];
    const spec = providerModelsSpec(name, `${baseUrl.replace(/\/$/, '')}${pricesPath}`);
    const seller = { provider: name, currencies, ...(pricesCurrency ? { currency: pricesCurrency } : {}) };
    const parse = (input: unknown): Parsed => parseProviderModels(input, seller);
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    return [{ feed: createHttpFeed({ ...deps, spec, parse, headers }), everyMs: OWN_FEED_MS }];
  });
};

const refuseUnknown = ({ prices }: FeedConfig): void => {
  const known = new Set([OTHERS, ...BUILT_IN_FEEDS.map(({ spec }) => spec.name)]);
  for (const [name, { file }] of Object.entries(prices.feeds ?? {}))
    if (file === undefined && !known.has(name))
      throw new Error(
        `prices.feeds: "${name}" is no feed known here (${[...known].join(', ')}); a local one needs a file`,
      );
};

/**
 * The rule: every feed that is read `always` is, and a seller's where that provider is configured; naming one changes or adds it, `off`
 * takes it away, and `others: off` leaves only what is named.
 * @throws Error on a feed nobody knows
 */
export const feedsOf = (config: FeedConfig, clock: Clock, place: FeedPlace): readonly ScheduledFeed[] => {
  refuseUnknown(config);
  const scheduled: ScheduledFeed[] = [];
  const shelf: Shelf = createShelf({
    folder: join(config.data, 'feeds'),
    feeds: () => scheduled.map(({ feed }) => feed.name),
  });
  const parts: Parts = { config, place, deps: { transport: undiciTransport, clock, shelf } };
  scheduled.push(...namedFeeds(parts), ...sellerFeeds(parts));
  return scheduled;
};

// The market as the configuration makes it: offers, their prices, their latency and health, and the feeds that keep it live.
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { ModelKey, OfferKey } from '../core/offer.ts';
import type { Clock, Rng, Store } from '../core/ports.ts';
import { createIsNamed, createPriorOf, loadCatalogue, type Prior } from '../market/catalogue.ts';
import { createConversations } from '../market/conversations.ts';
import { createHealth } from '../market/health.ts';
import { createCanonicaliser } from '../market/identity.ts';
import { loadAliases } from '../market/identity-aliases.ts';
import { createLatency } from '../market/latency.ts';
import { createMarket } from '../market/market.ts';
import { createReferenceOffer, offersOf } from '../market/offers.ts';
import { createRefresh } from '../market/refresh.ts';
import type { PriceChange } from '../market/sheet-book.ts';
import { createPriceTable } from '../market/sheets.ts';
import { readSnapshot } from '../market/snapshot.ts';
import { matchesModel } from '../policy/globs.ts';
import { feedsOf, overridesOf } from './feeds.ts';
import { createSelects } from './selection.ts';
import { declaredFirst, sellersOf } from './sellers.ts';

const PRICING = join(import.meta.dirname, '../../pricing');

export type MarketWorld = {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly store: Store;
  /** Names this process where several share a store. */
  readonly process: string;
  readonly onPriceChange: (change: PriceChange) => void;
  readonly onFeedFault: (feed: string, why: string) => void;
};

/** @throws Error when a feed is not known or an override cannot be read */
export const openMarket = async (config: Config, world: MarketWorld) => {
  const { clock, rng, store } = world;
  const seed = readSnapshot(join(PRICING, 'prices.json'));
  const aliases = createCanonicaliser(loadAliases(join(PRICING, 'aliases.json')));
  const table = createPriceTable({ canonicalise: declaredFirst(config, aliases), seed });
  table.setOverrides(await overridesOf(config));
  const sellers = sellersOf(config);
  const offers = offersOf(sellers, seed.rows);
  const catalogue = loadCatalogue(join(PRICING, 'catalogue.yaml'));
  const isNamed = createIsNamed(catalogue);
  const declared = new Set(sellers.flatMap((seller) => seller.declared.map(({ model }) => model)));
  const latency = createLatency({ clock });
  const health = createHealth({ clock });
  const conversations = createConversations({ clock });
  const sheetOf = (offer: OfferKey, at: number) => table.at(offer, at);
  const referenceOffer = createReferenceOffer({ offers, rows: seed.rows, matches: matchesModel });
  const market = createMarket({
    offers,
    sheetOf,
    referenceOffer,
    matches: createSelects((model) => declared.has(model) || isNamed(model)),
    latency,
    health,
    conversations,
    clock,
    rng,
  });
  const refresh = createRefresh({
    feeds: feedsOf(config, clock),
    table,
    clock,
    rng,
    mayRead: (feed, forMs) => store.lease(`feed/${feed}`, world.process, forMs),
    onChange: world.onPriceChange,
    onFault: world.onFeedFault,
  });

  const priors = createPriorOf(catalogue);
  const sold = new Map<string, OfferKey>(offers.toReversed().map((offer) => [offer.model, offer.key]));
  const priorOf = (model: string): Prior => {
    const offer = sold.get(model) ?? referenceOffer(model as ModelKey)?.key;
    return priors(model, offer && table.at(offer, clock.now()));
  };
  return { table, offers, latency, health, conversations, market, refresh, priorOf };
};

export type OpenMarket = Awaited<ReturnType<typeof openMarket>>;

// The market as the configuration makes it: offers, their prices, their latency and health, and the feeds that keep it live.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { ModelKey, Offer, OfferKey } from '../core/offer.ts';
import type { Clock, Rng, Store, Tally } from '../core/ports.ts';
import type { PriceSheet } from '../core/price.ts';
import { createIsNamed, createPriorOf, loadCatalogue, type Prior } from '../market/catalogue.ts';
import { createConversations } from '../market/conversations.ts';
import { type Cooldown, createHealth } from '../market/health.ts';
import { createCanonicaliser } from '../market/identity.ts';
import { loadAliases } from '../market/identity-aliases.ts';
import { createMarket } from '../market/market.ts';
import { createReferenceOffer, offersOf } from '../market/offers.ts';
import type { PriceChange } from '../market/sheet-book.ts';
import { createPriceBoard, type PriceBoard } from '../market/sheets.ts';
import { readSnapshot } from '../market/snapshot.ts';
import { matchesModel } from '../policy/globs.ts';
import { declaredFirst } from './declared.ts';
import { feedsOf } from './feeds.ts';
import { createModelSellers } from './model-sellers.ts';
import { overridesOf } from './overrides.ts';
import type { PriceMemory } from './price-memory.ts';
import { createPriceThread, type PriceThreadDeps } from './price-thread.ts';
import { PRICING } from './pricing-files.ts';
import { readPrior, rowsOfPrior } from './prior-file.ts';
import { createCanPay } from './provider-budgets.ts';
import { createSelects } from './selection.ts';
import { sellersOf } from './sellers.ts';
import { openSpeeds } from './speeds.ts';

export type MarketWorld = {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly store: Store & Tally;
  /** Names this process where several share a store. */
  readonly process: string;
  readonly onPriceChange: (change: PriceChange) => void;
  /** What is remembered of prices from earlier runs; absent: nothing. */
  readonly memory?: Pick<PriceMemory, 'known' | 'judged'>;
  /** Told of every offer that is left alone from now on. Absent: nobody else wants to know. */
  readonly onCooldown?: (cooldown: Cooldown) => void;
  readonly onFeedFault: (feed: string, why: string) => void;
  /** Told what was read here, as bytes for `refresh.hear` of another process. Absent: there is none. */
  readonly onReading?: (feed: string, bytes: Uint8Array) => void;
};

type Believing = {
  readonly catalogue: ReturnType<typeof loadCatalogue>;
  readonly offers: readonly Offer[];
  readonly table: PriceBoard;
  readonly referenceOffer: ReturnType<typeof createReferenceOffer>;
  readonly clock: Clock;
};

/** What is believed of a model before anything is seen, by its tier and the price of one of its offers. */
const openPriors = ({ catalogue, offers, table, referenceOffer, clock }: Believing) => {
  const priors = createPriorOf(catalogue);
  const sold = new Map<string, OfferKey>(offers.toReversed().map((offer) => [offer.model, offer.key]));
  return (model: string): Prior => {
    const offer = sold.get(model) ?? referenceOffer(model as ModelKey)?.key;
    return priors(model, offer && table.at(offer, clock.now()));
  };
};

type Refreshing = Pick<PriceThreadDeps, 'offers' | 'board' | 'reads' | 'onSpeeds'>;

const openRefresh = (config: Config, world: MarketWorld, parts: Refreshing) =>
  createPriceThread({
    ...parts,
    config,
    clock: world.clock,
    rng: world.rng,
    mayRead: (feed, forMs) => world.store.lease(`feed/${feed}`, world.process, forMs),
    onChange: world.onPriceChange,
    onFault: world.onFeedFault,
    ...(world.onReading ? { onReading: world.onReading } : {}),
  });

/** @throws Error when a feed is not known or an override cannot be read */
export const openMarket = async (config: Config, world: MarketWorld) => {
  const { clock, rng } = world;
  const imported = rowsOfPrior(await readPrior(config));
  const seed = readSnapshot(join(PRICING, 'prices.json'));
  const aliases = createCanonicaliser(loadAliases(join(PRICING, 'aliases.json')));
  const canonicalise = declaredFirst(config, aliases);
  const table = createPriceBoard({ seed });
  table.restore(world.memory?.known ?? []);
  table.setOverrides(await overridesOf(config));
  const sellers = sellersOf(config);
  const offers = offersOf(sellers, seed.rows);
  const catalogue = loadCatalogue(join(PRICING, 'catalogue.yaml'));
  const isNamed = createIsNamed(catalogue);
  const declared = new Set(sellers.flatMap((seller) => seller.declared.map(({ model }) => model)));
  const { latency, uptime, onSpeeds } = openSpeeds({ clock, canonicalise });
  const health = createHealth({ clock, ...(world.onCooldown && { onOpen: world.onCooldown }) });
  const conversations = createConversations({ clock });
  const sheetOf = (offer: OfferKey, at: number): PriceSheet | undefined => {
    const sheet = table.now(offer, at);
    return sheet && world.memory ? world.memory.judged(sheet) : sheet;
  };
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
    canPay: createCanPay(config, { tally: world.store, clock }),
  });
  const feeds = feedsOf(config, clock, { offers, known: seed.rows }).map(({ feed }) => feed.name);
  const refresh = openRefresh(config, world, { offers, board: table, reads: feeds.length > 0, onSpeeds });
  if (existsSync(join(config.data, 'feeds'))) await refresh.restore();

  const priorOf = openPriors({ catalogue, offers, table, referenceOffer, clock });
  const modelSellers = createModelSellers({ offers, rows: seed.rows, table });
  return {
    table,
    feeds,
    sheetOf,
    offers,
    modelSellers,
    latency,
    uptime,
    health,
    conversations,
    market,
    refresh,
    priorOf,
    /** Lessons that were not this router's own. */
    imported,
  };
};

export type OpenMarket = Awaited<ReturnType<typeof openMarket>>;

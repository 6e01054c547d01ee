// From the configuration to the feeds that are read: the public ones at their usual places, each provider's own, local files.
import { readFile } from 'node:fs/promises';
import type { Config } from '../config.ts';
import type { Clock } from '../core/ports.ts';
import { GENAI_PRICES, parseGenaiPrices } from '../market/feeds/genai-prices.ts';
import { createHttpFeed, undiciTransport } from '../market/feeds/http.ts';
import { LITELLM, parseLitellm } from '../market/feeds/litellm.ts';
import { type Override, parseOverrides } from '../market/feeds/local-file.ts';
import { MODELS_DEV, parseModelsDev } from '../market/feeds/models-dev.ts';
import { OPENROUTER, parseOpenrouter } from '../market/feeds/openrouter.ts';
import type { FeedSpec, Parsed } from '../market/feeds/parsed.ts';
import { parseProviderModels, providerModelsSpec } from '../market/feeds/provider-models.ts';
import type { ScheduledFeed } from '../market/refresh.ts';

type Known = { readonly spec: FeedSpec; readonly parse: (input: unknown) => Parsed };

/** Feeds a configuration can name without saying where they are. */
export const KNOWN_FEEDS: Readonly<Record<string, Known>> = {
  litellm: { spec: LITELLM, parse: parseLitellm },
  openrouter: { spec: OPENROUTER, parse: parseOpenrouter },
  'models.dev': { spec: MODELS_DEV, parse: parseModelsDev },
  'genai-prices': { spec: GENAI_PRICES, parse: parseGenaiPrices },
};

/** A seller's own list is read this often. */
const OWN_FEED_MS = 15 * 60_000;

const publicFeeds = ({ prices }: Config, clock: Clock): readonly ScheduledFeed[] =>
  Object.entries(prices.feeds).flatMap(([name, { every, url, file }]) => {
    if (file !== undefined) return [];
    const known = Object.hasOwn(KNOWN_FEEDS, name) ? KNOWN_FEEDS[name] : undefined;
    if (!known) {
      const names = Object.keys(KNOWN_FEEDS).join(', ');
      throw new Error(`prices.feeds: "${name}" is no feed known here (${names}); a local one needs a file`);
    }
    const spec = url === undefined ? known.spec : { ...known.spec, url };
    return [{ feed: createHttpFeed({ spec, parse: known.parse, transport: undiciTransport, clock }), everyMs: every }];
  });

const sellerFeeds = ({ providers }: Config, clock: Clock): readonly ScheduledFeed[] =>
  providers.flatMap(({ name, baseUrl, key, pricesPath }) => {
    if (pricesPath === undefined) return [];
    const spec = providerModelsSpec(name, `${baseUrl.replace(/\/$/, '')}${pricesPath}`);
    const parse = (input: unknown): Parsed => parseProviderModels(input, { provider: name });
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    return [
      { feed: createHttpFeed({ spec, parse, transport: undiciTransport, clock, headers }), everyMs: OWN_FEED_MS },
    ];
  });

/** @throws Error on a feed nobody knows */
export const feedsOf = (config: Config, clock: Clock): readonly ScheduledFeed[] => [
  ...publicFeeds(config, clock),
  ...sellerFeeds(config, clock),
];

/** The operator's own prices: files of overrides, and what bourse.yaml declares beside an offer, which never runs out. */
export const overridesOf = async ({ prices, providers }: Config): Promise<readonly Override[]> => {
  const files = Object.values(prices.feeds).flatMap(({ file }) => file ?? []);
  const read = await Promise.all(files.map(async (file) => parseOverrides(await readFile(file, 'utf8'))));
  const skipped = read.flatMap((each) => each.skipped);
  if (skipped.length > 0) throw new Error(`overrides: ${skipped.join('; ')}`);
  const declared = providers.flatMap(({ name, offers }) =>
    offers.flatMap(({ model, price }): Override[] => {
      if (!price) return [];
      const offer = `${name}:${model}`;
      return [
        {
          offers: offer,
          matcher: new RegExp(`^${offer.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 'i'),
          rates: [
            { meter: 'input', price: price.input },
            { meter: 'output', price: price.output },
            ...(price.cached_input === undefined
              ? []
              : [{ meter: 'cached_input' as const, price: price.cached_input }]),
          ],
          from: 0,
          until: Number.MAX_SAFE_INTEGER,
          reason: 'declared in bourse.yaml',
        },
      ];
    }),
  );
  return [...declared, ...read.flatMap((each) => each.overrides)];
};

// From the configuration to the feeds that are read: the public ones at their usual places, each provider's own, local files.
import { readFile } from 'node:fs/promises';
import type { Config } from '../config.ts';
import type { FeedEntry } from '../config/file.ts';
import type { Clock } from '../core/ports.ts';
import { BUILT_IN_FEEDS } from '../market/feeds/built-in.ts';
import { createHttpFeed, undiciTransport } from '../market/feeds/http.ts';
import { type Override, parseOverrides } from '../market/feeds/local-file.ts';
import type { Parsed } from '../market/feeds/parsed.ts';
import { parseProviderModels, providerModelsSpec } from '../market/feeds/provider-models.ts';
import type { ScheduledFeed } from '../market/refresh.ts';

/** Feeds a configuration can name without saying where they are. */
const named = new Map(BUILT_IN_FEEDS.map((feed) => [feed.spec.name, feed]));

/** A seller's own list is read this often. */
const OWN_FEED_MS = 15 * 60_000;

const publicFeeds = ({ prices }: Config, clock: Clock): readonly ScheduledFeed[] =>
  Object.entries(prices.feeds ?? Object.fromEntries([...named.keys()].map((name) => [name, {}]))).flatMap(
    ([name, entry]: [string, FeedEntry]) => {
      if (entry.file !== undefined) return [];
      const known = named.get(name);
      if (!known) {
        const names = [...named.keys()].join(', ');
        throw new Error(`prices.feeds: "${name}" is no feed known here (${names}); a local one needs a file`);
      }
      const spec = entry.url === undefined ? known.spec : { ...known.spec, url: entry.url };
      const feed = createHttpFeed({ spec, parse: known.parse, transport: undiciTransport, clock });
      return [{ feed, everyMs: entry.every ?? known.everyMinutes * 60_000 }];
    },
  );

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
  const files = Object.values(prices.feeds ?? {}).flatMap(({ file }) => file ?? []);
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

// Whatever arrives in the place of a price list: what is routed with stays near the truth, and nothing that had a price loses it.
import { describe, expect, it } from 'vitest';
import { costOf, isPriced } from '../../src/core/cost.ts';
import { modelKey, type OfferKey } from '../../src/core/offer.ts';
import type { Usage } from '../../src/core/price.ts';
import { createHttpFeed, type FeedTransport } from '../../src/market/feeds/http.ts';
import { basePrice } from '../../src/market/rates.ts';
import { createRefresh } from '../../src/market/refresh.ts';
import { createPriceTable } from '../../src/market/sheets.ts';
import { createFakeClock } from '../support/clock.ts';
import { type Arrival, CORRUPTIONS, createDice, KNOWN_FEEDS, type KnownFeed } from '../support/feed-documents.ts';
import { seededRng } from '../support/rng.ts';

const SEED = 20_261_124;
const CORRUPTED = 2_000;
const MINUTE = 60_000;

/** A step below three acts at once, so one wrong list can do that much; a rise is charged while it waits, up to ten. */
const LEAST = 1 / 3;
const MOST = 10;

/** Short, long enough for every cliff, and cached. */
const USES: readonly Usage[] = [
  { input: 2_000, output: 500 },
  { input: 300_000, output: 2_000 },
  { input: 100, cached_input: 10_000, output: 100 },
];

const bodyOf = async function* (bytes: Uint8Array) {
  yield bytes;
};
const endless = async function* () {
  for (;;) yield new Uint8Array(64 * 1024);
};

/** Those that speak of the same offers or models, so that there are second sources and other sellers. */
const companionsOf = ({ spec }: KnownFeed): readonly KnownFeed[] => {
  const curated = ['models.dev', 'genai-prices', 'litellm'];
  const names = curated.includes(spec.name) ? curated : ['deepinfra', 'vercel', 'novita'];
  return KNOWN_FEEDS.filter(({ spec: { name } }) => name !== spec.name && names.includes(name)).slice(0, 2);
};

const stage = (feed: KnownFeed) => {
  const clock = createFakeClock();
  const arrivals = new Map<string, Arrival>();
  const transportOf =
    ({ spec, clean }: KnownFeed): FeedTransport =>
    async (_url, { signal }) => {
      const arrival: Arrival = arrivals.get(spec.name) ?? {
        kind: 'answer',
        status: 200,
        body: new TextEncoder().encode(clean),
      };
      if (arrival.kind === 'dead') throw new Error('connection reset');
      if (arrival.kind === 'endless') return { status: 200, headers: {}, body: endless() };
      if (arrival.kind !== 'answer')
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('timeout')), { once: true }),
        );
      const { status, body, encoding } = arrival;
      return { status, headers: encoding ? { 'content-encoding': encoding } : {}, body: bodyOf(body) };
    };
  const table = createPriceTable({
    canonicalise: (_provider, id) => {
      const [name = '', ...variants] = (id.split('/').at(-1) ?? '').split(':');
      return {
        model: modelKey(`lab/${name.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '') || 'none'}`),
        variants,
        known: true,
      };
    },
  });
  const faults: string[] = [];
  const refreshOf = (feeds: readonly KnownFeed[]) =>
    createRefresh({
      feeds: feeds.map((known) => ({
        everyMs: MINUTE,
        feed: createHttpFeed({
          spec: known.spec,
          parse: known.parse,
          transport: transportOf(known),
          clock,
          maxBytes: 1024 * 1024,
          timeoutMs: 5,
        }),
      })),
      table,
      clock,
      rng: { next: () => 0.5 },
      mayRead: () => Promise.resolve(true),
      onChange: () => undefined,
      onFault: (name, why) => faults.push(`${name}: ${why}`),
    });
  const companions = refreshOf(companionsOf(feed));
  const refresh = refreshOf([feed]);
  const read = async (arrival?: Arrival) => {
    if (arrival) arrivals.set(feed.spec.name, arrival);
    else arrivals.delete(feed.spec.name);
    clock.advance(MINUTE);
    await refresh.all();
  };
  return { clock, table, faults, read, start: () => companions.all().then(() => read()) };
};

type Stage = ReturnType<typeof stage>;
type Costs = readonly number[];

const costsOf = ({ table, clock }: Stage, offer: OfferKey): Costs | undefined => {
  const sheet = table.at(offer, clock.now());
  if (!sheet || !isPriced(sheet)) return undefined;
  const main = [basePrice(sheet.rates, 'input') ?? Number.NaN, basePrice(sheet.rates, 'output') ?? Number.NaN];
  return [...main, ...USES.map((use) => costOf(use, sheet, clock.now()).pico)];
};

/** What is wrong with what is charged, in words; nothing when it holds. */
const wrongs = (world: Stage, truths: ReadonlyMap<OfferKey, Costs>): readonly string[] =>
  [...truths].flatMap(([offer, truth]) => {
    const now = costsOf(world, offer);
    if (!now) return [`${offer} has no price any more`];
    return now.flatMap((cost, at) => {
      const ratio = cost / (truth[at] ?? Number.NaN);
      const what = ['input', 'output', 'short', 'long', 'cached'][at] ?? '?';
      return Number.isFinite(cost) && cost > 0 && ratio > LEAST && ratio <= MOST
        ? []
        : [`${offer} ${what} × ${ratio.toPrecision(3)}`];
    });
  });

const kinds = Object.keys(CORRUPTIONS);

describe('a corrupted price list', () => {
  it.each(KNOWN_FEEDS)('of $spec.name never moves a price far from the truth, nor takes one away', async (feed) => {
    const world = stage(feed);
    const dice = createDice(seededRng(SEED + KNOWN_FEEDS.indexOf(feed)));
    await world.start();
    expect(world.faults).toEqual([]);
    const offers = world.table.all(world.clock.now()).map(({ offer }) => offer);
    const truths = new Map(offers.map((offer) => [offer, costsOf(world, offer) ?? []]));
    expect(offers.length).toBeGreaterThanOrEqual(24);
    const found: string[] = [];
    for (let trial = 0; trial < Math.ceil(CORRUPTED / KNOWN_FEEDS.length); trial += 1) {
      const kind = kinds[trial % kinds.length] ?? '';
      await world.read(CORRUPTIONS[kind]?.(feed.clean, dice));
      found.push(...wrongs(world, truths).map((wrong) => `trial ${trial}, ${kind}: ${wrong}`));
      await world.read();
      const after = new Map(offers.map((offer) => [offer, costsOf(world, offer)]));
      for (const [offer, truth] of truths)
        if (String(after.get(offer)) !== String(truth))
          found.push(`trial ${trial}, ${kind}: ${offer} did not come back`);
    }
    expect(found).toEqual([]);
  });
});

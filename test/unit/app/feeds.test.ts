import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { feedsOf, type FeedPlace, modelsAt } from '../../../src/app/feeds.ts';
import { currenciesIn, overridesOf } from '../../../src/app/overrides.ts';
import type { ProviderConfig } from '../../../src/config.ts';
import { ConfigFile } from '../../../src/config/file.ts';
import { modelKey } from '../../../src/core/offer.ts';
import { BUILT_IN_FEEDS } from '../../../src/market/feeds/built-in.ts';
import { createFakeClock } from '../../support/clock.ts';

const ALWAYS = BUILT_IN_FEEDS.filter(({ read }) => read === 'always').map(({ spec }) => spec.name);

const provider = (name: string, extra: Partial<ProviderConfig> = {}): ProviderConfig => ({
  name,
  dialect: 'chat',
  baseUrl: `https://${name}.test/v1`,
  data: { training: 'unknown', retention: 'unknown', regions: [], selfHosted: false },
  offers: [],
  ...extra,
});

const configOf = (prices: unknown, providers: readonly ProviderConfig[] = []) => ({
  data: '/nowhere',
  prices: ConfigFile.parse({ prices }).prices,
  providers,
});

const offer = (name: string, model: string, wireId: string) => ({ provider: name, model: modelKey(model), wireId });
const PLACE: FeedPlace = {
  offers: [offer('groq', 'meta/llama-3.3-70b', 'llama-3.3-70b-versatile')],
  known: [
    offer('vercel', 'meta/llama-3.3-70b', 'meta/llama-3.3-70b'),
    offer('openrouter', 'meta/llama-3.3-70b', 'meta-llama/llama-3.3-70b-instruct'),
  ],
};
const readNames = (prices: unknown, providers: readonly ProviderConfig[] = [], place = PLACE) =>
  feedsOf(configOf(prices, providers), createFakeClock(), place).map(({ feed }) => feed.name);

describe('which feeds are read', () => {
  it('is every public one when nothing is said', () => {
    expect(readNames({})).toEqual(ALWAYS);
    expect(readNames({ feeds: {} })).toEqual(ALWAYS);
  });

  it('stays every public one when one of them is named, which changes only that one', () => {
    const scheduled = feedsOf(configOf({ feeds: { litellm: { every: '30m' } } }), createFakeClock(), PLACE);
    expect(scheduled.map(({ feed }) => feed.name)).toEqual(ALWAYS);
    expect(scheduled.find(({ feed }) => feed.name === 'litellm')?.everyMs).toBe(30 * 60_000);
    expect(scheduled.find(({ feed }) => feed.name === 'models.dev')?.everyMs).toBe(6 * 3_600_000);
  });

  it.each([[{ litellm: 'off' }], [{ litellm: false }], [{ litellm: { off: true } }]])(
    'is one fewer with %j',
    (feeds) => {
      expect(readNames({ feeds })).toEqual(ALWAYS.filter((name) => name !== 'litellm'));
    },
  );

  it('is only what is named beside `others: off`', () => {
    expect(readNames({ feeds: { others: 'off', litellm: null, contract: { file: 'x.yaml' } } })).toEqual(['litellm']);
  });

  it('is none at all with `feeds: off`', () => {
    expect(readNames({ feeds: 'off' })).toEqual([]);
  });

  it('includes the list of a seller that is configured, and of one that is named', () => {
    expect(readNames({}, [provider('deepinfra')])).toContain('deepinfra');
    expect(readNames({})).not.toContain('deepinfra');
    expect(readNames({ feeds: { novita: {} } })).toContain('novita');
    expect(readNames({ feeds: { deepinfra: 'off' } }, [provider('deepinfra')])).not.toContain('deepinfra');
  });

  it('has the list an operator points at in the place of the usual one', () => {
    const names = readNames({ feeds: { others: 'off' } }, [provider('deepinfra', { pricesPath: '/models' })]);
    expect(names).toEqual(['deepinfra/models']);
    expect(readNames({}, [provider('deepinfra', { pricesPath: '/models' })])).not.toContain('deepinfra');
  });

  it('leaves out a feed that answers by model where it knows none that is on offer', () => {
    expect(readNames({}, [], { offers: [], known: PLACE.known })).not.toContain('vercel-endpoints');
  });

  it('refuses a name nobody knows, and says which there are', () => {
    expect(() => readNames({ feeds: { openruter: {} } })).toThrow(/"openruter" is no feed known here \(.*openrouter/);
    expect(() => readNames({ feeds: { openruter: 'off' } })).toThrow(/openruter/);
  });
});

describe('the models a gateway is asked for', () => {
  it('are those on offer under its own ids, the ones with most sellers first, and no variants', () => {
    const place: FeedPlace = {
      offers: [
        offer('openrouter', 'a/one', 'a/one'),
        offer('openrouter', 'b/two', 'b/two'),
        offer('openrouter', 'b/two', 'b/two:free'),
        offer('groq', 'b/two', 'two'),
      ],
      known: [offer('openrouter', 'c/three', 'c/three'), offer('openrouter', 'b/two', 'b/two')],
    };
    expect(modelsAt('openrouter', place)).toEqual(['b/two', 'a/one']);
    expect(modelsAt('vercel', place)).toEqual([]);
  });
});

describe('money in bourse.yaml', () => {
  const house = (price: unknown) => ({
    offers: [{ model: 'a/b', wire_id: 'b', price }],
  });
  const priced = async (price: unknown, prices: unknown = {}) => {
    const file = ConfigFile.parse({ providers: { house: { ...house(price), dialect: 'chat' } } });
    const offers = file.providers['house']?.offers ?? [];
    const [override] = await overridesOf(configOf(prices, [provider('house', { offers })]));
    return override;
  };

  it('may be another currency, at the rate that is written there', async () => {
    const currencies = { CNY: { usd: 0.14, date: '2026-11-20', source: 'our bank' } };
    const override = await priced({ input: 'CNY 2/M', output: '$1/M' }, { currencies });
    expect(override?.rates).toEqual([
      expect.objectContaining({
        meter: 'input',
        price: 280_000,
        native: { currency: 'CNY', amount: '2', usd: '0.14', rateAt: Date.UTC(2026, 10, 20), source: 'our bank' },
      }),
      { meter: 'output', price: 1_000_000 },
    ]);
  });

  it('without a rate makes the offer not routable', async () => {
    const override = await priced({ input: 'XTS 2/M', output: 'XTS 2/M' });
    expect(override?.rates.map(({ price }) => price)).toEqual([null, null]);
    expect(override?.reason).toBe('declared in bourse.yaml; XTS has no dollar rate here, so the offer is not routable');
  });

  it('is converted at the rate of the file before the one that ships', () => {
    const own = { CNY: { usd: 0.5, date: '2026-11-20', source: 'our bank' } };
    const config = configOf({ currencies: own });
    expect(currenciesIn(config).get('CNY')).toMatchObject({ usd: '0.5', source: 'our bank' });
    expect(currenciesIn(config).get('EUR')?.source).toContain('ECB');
  });

  it.each([
    [{ input: 'CNY 2', output: '$1/M' }],
    [{ input: 'cny 2/M', output: '$1/M' }],
    [{ input: '¥2/M', output: '$1/M' }],
  ])('is refused as %j', (price) => {
    expect(() => ConfigFile.parse({ providers: { house: { ...house(price), dialect: 'chat' } } })).toThrow(/CNY 2\/M/);
  });

  it.each([
    [{ CNY: { usd: 0, date: '2026-11-20', source: 'x' } }],
    [{ CNY: { usd: 0.1, source: 'x' } }],
    [{ CNY: { usd: 0.1, date: '2026-11-20' } }],
    [{ yuan: { usd: 0.1, date: '2026-11-20', source: 'x' } }],
  ])('has no use for a rate without value, day, source or letters: %j', (currencies) => {
    expect(() => ConfigFile.parse({ prices: { currencies } })).toThrow(z.ZodError);
  });
});

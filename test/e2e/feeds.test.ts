// Price lists and the process: what was believed outlives it, and money of other countries is followed to the decision.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { says } from '../support/answers.ts';
import { type Bourse, startBourse } from '../support/bourse.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

const hello = [{ role: 'user' as const, content: 'Where is my parcel?' }];

describe('a restart while no price list can be reached', () => {
  let bourse: Bourse;
  let lists: Upstream;
  const MODEL = 'tidal/current-70b';

  beforeAll(async () => {
    lists = await startUpstream();
    lists.play(() =>
      json({
        'harbor/current-70b-wire': {
          litellm_provider: 'harbor',
          mode: 'chat',
          max_input_tokens: 128_000,
          input_cost_per_token: 5e-6,
          output_cost_per_token: 2e-5,
        },
      }),
    );
    bourse = await startBourse({
      sellers: [{ name: 'harbor', dialect: 'chat', sells: [{ model: MODEL, price: null }] }],
      config: { prices: { feeds: { others: 'off', litellm: { url: `${lists.url}/prices.json` } } } },
    });
    bourse.upstream('harbor').play(says('chat', { text: 'harbor' }));
  });
  afterAll(async () => {
    await bourse[Symbol.asyncDispose]();
    await lists.close();
  });

  const kept = (): string => join(bourse.config.data, 'feeds', readdirSync(join(bourse.config.data, 'feeds'))[0] ?? '');
  const answer = async () =>
    (await bourse.openai.chat.completions.create({ model: 'auto', messages: hello })).choices[0]?.message.content;

  it('routes with the last list that was believed', async () => {
    await bourse.app.market.refresh.all();
    expect(readFileSync(kept(), 'utf8')).toContain('"harbor/current-70b-wire"');
    lists.play(() => json({}, 503));
    await bourse.restart();
    expect(await answer()).toBe('harbor');
    const { data } = await bourse.read('/v1/prices?provider=harbor');
    expect(data[0]).toMatchObject({ input_usd_per_million: 5, output_usd_per_million: 20 });
    expect(bourse.said.filter((line) => line.startsWith('feed litellm'))).toEqual([]);
  });

  it('tells of a copy that is damaged, and starts all the same', async () => {
    const whole = readFileSync(kept());
    writeFileSync(kept(), whole.subarray(0, whole.length - 20));
    bourse.said.length = 0;
    await bourse.restart();
    expect(bourse.said.filter((line) => line.startsWith('feed litellm'))).toEqual([
      expect.stringMatching(/^feed litellm: the kept copy is damaged \(\d+ of \d+ bytes\) and is ignored$/),
    ]);
  });
});

describe('prices in other money', () => {
  let bourse: Bourse;

  beforeAll(async () => {
    const offer = (model: string, price: string) => ({
      model,
      wire_id: model,
      context: 8000,
      price: { input: price, output: price },
    });
    const base = { dialect: 'chat', base_url: 'http://127.0.0.1:9/v1' };
    bourse = await startBourse({
      sellers: [],
      config: {
        providers: {
          yuan: { ...base, offers: [offer('a/one', 'CNY 2/M')] },
          euro: { ...base, offers: [offer('a/one', 'EUR 2/M')] },
          gold: { ...base, offers: [offer('a/one', 'XAU 2/M')] },
        },
        prices: {
          feeds: 'off',
          currencies: {
            CNY: { usd: 0.14, date: new Date().toISOString().slice(0, 10), source: 'our bank' },
            EUR: { usd: 1.25, date: '2020-01-01', source: 'our bank' },
          },
        },
      },
    });
  });
  afterAll(() => bourse[Symbol.asyncDispose]());

  const row = async (provider: string) => (await bourse.read(`/v1/prices?provider=${provider}`)).data[0];

  it('are converted, and say from what, at which rate, of which day', async () => {
    const yuan = await row('yuan');
    expect(yuan).toMatchObject({ routable: true, input_usd_per_million: 0.28, sheet: { status: 'override' } });
    expect(yuan.sheet.rates[0].native).toMatchObject({ currency: 'CNY', amount: '2', usd: '0.14', source: 'our bank' });
  });

  it('are stale when the rate is', async () => {
    const { sheet, routable } = await row('euro');
    expect(routable).toBe(true);
    expect(sheet.status).toBe('stale');
    expect(sheet.reasons[0]).toMatch(/^the exchange rate is \d+ days old$/);
    expect(sheet.rates[0].native.rate_date).toBe('2020-01-01');
  });

  it('make an offer that nothing is routed to where nobody knows the rate', async () => {
    const gold = await row('gold');
    expect(gold).toMatchObject({ routable: false, input_usd_per_million: null });
    expect(gold.sheet.reasons[0]).toContain('XAU has no dollar rate here');
    const asked = await bourse.post('/v1/route', { model: 'a/one', messages: hello });
    const decision = await asked.text();
    expect(decision).toContain('yuan:a/one');
    expect(JSON.parse(decision).ladder?.map(({ offer }: { offer: string }) => offer) ?? []).not.toContain('gold:a/one');
  });
});

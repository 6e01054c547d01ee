// Every address and every page of one router: what it lists, explains, counts and reports.
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { says } from '../support/answers.ts';
import { type Bourse, secretOf, settled, startBourse } from '../support/bourse.ts';

const PROMPT = 'Where is my parcel, the one with the purple giraffe?';
const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: PROMPT }];

let bourse: Bourse;
beforeAll(async () => {
  bourse = await startBourse({
    sellers: [
      {
        name: 'harbor',
        dialect: 'chat',
        sells: [
          { model: 'tidal/current-70b', price: [2, 10] },
          { model: 'meadow/clover-8b', price: [0.1, 0.2] },
          { model: 'meadow/unpriced', price: null },
        ],
      },
      { name: 'nimbus', dialect: 'messages', sells: [{ model: 'tidal/current-70b', price: [1, 5] }] },
      { name: 'lumen', dialect: 'gemini', sells: [{ model: 'lumen/spark', price: [20, 60] }] },
    ],
    policies: {
      auto: { objective: 'cheapest', feedback: { baseline: 'lumen/spark', holdout: '0%' } },
      support: { objective: 'cheapest', models: ['tidal/*'] },
    },
  });
  bourse.upstream('harbor').play(says('chat', { text: 'harbor', input: 100, output: 50 }));
  bourse.upstream('nimbus').play(says('messages', { text: 'nimbus', input: 100, output: 50 }));
  bourse.upstream('lumen').play(says('gemini', { text: 'lumen', input: 100, output: 50 }));
});
afterAll(() => bourse[Symbol.asyncDispose]());

const ask = async (model: string) => {
  const { data, response } = await bourse.openai.chat.completions.create({ model, messages: hello }).withResponse();
  const header = (name: string) => response.headers.get(`x-bourse-${name}`) ?? '';
  return {
    text: data.choices[0]?.message.content,
    model: data.model,
    policy: header('policy'),
    id: header('request-id'),
  };
};
const calls = () => ['harbor', 'nimbus', 'lumen'].map((name) => bourse.upstream(name).seen.length);
const json = (path: string) => bourse.read(path);
const jsonOf = async (response: Response) => JSON.parse(await response.text());

describe('the model a client asks for', () => {
  it.each([
    ['auto', 'harbor', 'meadow/clover-8b', 'auto'],
    ['auto/support', 'nimbus', 'tidal/current-70b', 'support'],
    ['tidal/current-70b', 'nimbus', 'tidal/current-70b', 'auto'],
    ['harbor:tidal/current-70b', 'harbor', 'tidal/current-70b', 'auto'],
    ['lumen/spark', 'lumen', 'lumen/spark', 'auto'],
  ])('%s is answered by %s with %s', async (asked, seller, model, policy) => {
    expect(await ask(asked)).toMatchObject({ text: seller, model, policy });
  });

  it('without a known price is refused, by name too, and nobody is called', async () => {
    const before = calls();
    for (const model of ['meadow/unpriced', 'harbor:meadow/unpriced']) {
      const fault = await ask(model).catch((error: unknown) => error);
      expect(fault).toMatchObject({
        status: 503,
        code: 'no_candidate',
        message: expect.stringContaining('price removed 1'),
      });
    }
    expect(calls()).toEqual(before);
  });
});

describe('what can be looked at', () => {
  it('the models, each policy as auto/<policy>, and no model without a price', async () => {
    const ids = [];
    for await (const model of bourse.openai.models.list()) ids.push(model.id);
    expect(ids.toSorted()).toEqual(
      ['auto', 'auto/auto', 'auto/support', 'lumen/spark', 'meadow/clover-8b', 'tidal/current-70b'].toSorted(),
    );
    const { data } = await json('/v1/models');
    expect(data.find(({ id }: { id: string }) => id === 'tidal/current-70b')).toMatchObject({
      pricing: { prompt: '0.000001', completion: '0.000005' },
      offers: ['harbor:tidal/current-70b', 'nimbus:tidal/current-70b'],
      context_length: 128_000,
    });
  });

  it('a dry run: every quote, who was removed and why, and nobody called or charged', async () => {
    const before = calls();
    const spent = await json('/v1/reports/spend');
    const response = await bourse.post('/v1/route', { model: 'auto/support', messages: hello });
    expect(response.status).toBe(200);
    const decision = await jsonOf(response);
    expect(decision.ladder.map(({ offer }: { offer: string }) => offer)).toEqual([
      'nimbus:tidal/current-70b',
      'harbor:tidal/current-70b',
    ]);
    expect(decision).toMatchObject({ policy: 'support', reason: 'objective', objective: 'cheapest', rule: 0 });
    const whole = await jsonOf(await bourse.post('/v1/route', { model: 'auto', messages: hello }));
    expect(whole.rejected).toContainEqual(expect.objectContaining({ offer: 'harbor:meadow/unpriced', by: 'price' }));
    expect(calls()).toEqual(before);
    expect((await json('/v1/reports/spend')).total).toEqual(spent.total);
  });

  it('why a request went where it went, with the price at which it would have gone elsewhere', async () => {
    const { id } = await ask('auto/support');
    await settled(bourse, id);
    const { decision, outcome, text, feedback } = await json(`/v1/decisions/${id}`);
    expect(decision.ladder[0].offer).toBe('nimbus:tidal/current-70b');
    const [flip] = decision.flips.falls;
    expect(flip.offer).toBe('harbor:tidal/current-70b');
    // Twice as dear: it would have to halve its price.
    expect(flip.change).toBeCloseTo(-0.5, 6);
    expect(flip.cost_at_usd).toBeCloseTo(decision.ladder[0].cost_usd, 12);
    expect(decision.flips.rise.change).toBeCloseTo(1, 6);
    expect(outcome).toMatchObject({
      status: 'ok',
      attempts: [expect.objectContaining({ offer: 'nimbus:tidal/current-70b' })],
    });
    expect(text).toContain('harbor:tidal/current-70b');
    expect(feedback).toEqual([]);
    expect((await bourse.get('/v1/decisions/nobody-has-this')).status).toBe(404);
  });

  it('the prices, with source, age and status, and their history', async () => {
    const { data } = await json('/v1/prices?model=tidal/current-70b&provider=nimbus');
    expect(data).toEqual([
      expect.objectContaining({
        offer: 'nimbus:tidal/current-70b',
        routable: true,
        input_usd_per_million: 1,
        output_usd_per_million: 5,
        state: 'closed',
        sheet: expect.objectContaining({ status: 'override' }),
      }),
    ]);
    const unpriced = await json('/v1/prices?model=meadow/unpriced');
    expect(unpriced.data[0]).toMatchObject({ routable: false, input_usd_per_million: null, sheet: null });
    expect((await bourse.get('/v1/prices/history?offer=nimbus:tidal/current-70b')).status).toBe(200);
    expect((await bourse.get('/v1/prices/history?offer=rubbish')).status).toBe(400);
  });

  it('what was spent and saved, as JSON and as CSV, adding up to what the answers said they cost', async () => {
    const { id } = await ask('auto');
    await settled(bourse, id);
    const spend = await json('/v1/reports/spend?by=offer');
    const sum = spend.rows.reduce((total: number, row: { cost_usd: number }) => total + row.cost_usd, 0);
    expect(spend.total.cost_usd).toBeCloseTo(sum, 12);
    expect(spend.rows.map(({ key }: { key: string }) => key)).toContain('nimbus:tidal/current-70b');
    const savings = await json('/v1/reports/savings');
    const [auto] = savings.rows.filter(({ key }: { key: string }) => key === 'auto');
    expect(auto.saved_usd).toBeGreaterThan(0);
    expect(auto.saved_usd).toBeCloseTo(auto.baseline_usd - auto.cost_usd, 9);
    const csv = await bourse.get('/v1/reports/spend?by=offer&format=csv');
    expect(csv.headers.get('content-type')).toContain('text/csv');
    const lines = (await csv.text()).trim().split(/\r?\n/);
    expect(lines[0]).toContain('cost_usd');
    expect(lines).toHaveLength(1 + spend.rows.length);
    const byHeader = await bourse.get('/v1/reports/savings', { headers: { accept: 'text/csv' } });
    expect(await byHeader.text()).toContain('saved_usd');
    expect((await bourse.get('/v1/reports/spend?by=moon')).status).toBe(400);
  });

  it('whether it lives and is ready', async () => {
    expect(await json('/health/live')).toEqual({ live: true });
    expect(await json('/health/ready')).toEqual({ ready: true, reasons: [] });
  });

  it('its own description, in which every route it has stands', async () => {
    const { openapi, paths } = await json('/openapi.json');
    expect(openapi).toMatch(/^3\./);
    for (const path of [
      '/v1/chat/completions',
      '/v1/models',
      '/v1/feedback',
      '/v1/route',
      '/v1/decisions/{id}',
      '/v1/prices',
      '/v1/reports/spend',
      '/v1/reports/savings',
      '/health/live',
      '/health/ready',
      '/metrics',
    ])
      expect(Object.keys(paths)).toContain(path);
  });

  it('metrics that count what was done and hold neither a prompt, nor an answer, nor a key', async () => {
    const text = await (await bourse.get('/metrics')).text();
    expect(text).toMatch(/bourse_\w+/);
    expect(text).toContain('nimbus');
    for (const secret of ['giraffe', 'parcel', secretOf('harbor'), secretOf('nimbus')])
      expect(text).not.toContain(secret);
  });

  it('nor does anything else that was said, listed or stored', async () => {
    const pages = ['/v1/models', '/v1/prices', '/v1/reports/spend', '/openapi.json'];
    const texts = await Promise.all(pages.map(async (page) => (await bourse.get(page)).text()));
    const { readFileSync } = await import('node:fs');
    const stored = ['ledger.sqlite', 'ledger.sqlite-wal'].map((name) =>
      readFileSync(`${bourse.config.data}/${name}`).toString('latin1'),
    );
    for (const text of [...texts, ...stored, bourse.said.join('\n')])
      for (const secret of ['giraffe', secretOf('harbor')]) expect(text.includes(secret)).toBe(false);
  });
});

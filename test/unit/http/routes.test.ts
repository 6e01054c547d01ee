import { describe, expect, it } from 'vitest';
import { createKey } from '../../../src/auth/keys.ts';
import { createFeedbackTokens } from '../../../src/auth/feedback-token.ts';
import type { Range, RequestView, SpendKey, SpendRow } from '../../../src/core/ledger.ts';
import { nanoUsd } from '../../../src/core/money.ts';
import type { PriceSheet } from '../../../src/core/price.ts';
import type { ListedOffer } from '../../../src/http/listing.ts';
import { emptyRow } from '../../../src/reports/spend-rows.ts';
import { createFakeClock } from '../../support/clock.ts';
import { buildServer, type Scene, startServer, TOKEN_SECRET } from '../../support/http-server.ts';
import { attemptOf, fullDecision, outcomeOf, START_MS } from '../../support/ledger.ts';
import { sampleOffer, sampleSheet } from '../../support/sample.ts';

const spark = sampleOffer('lumen:lumen/spark');
const dear = sampleOffer('orion:lumen/spark', { context: 200_000 });
const unpriced = sampleOffer('orion:orion/mini');
const offers: ListedOffer[] = [
  { offer: dear, sheet: sampleSheet(dear, { input: 3, output: 6 }) },
  {
    offer: spark,
    sheet: sampleSheet(spark, { input: 0.15, output: 0.6 }),
    live: { state: 'closed', firstTokenMs: 210 },
  },
  { offer: unpriced },
];
const elsewhere = sampleOffer('tidal:lumen/spark', { context: 0 });
const market = {
  offers: () => offers,
  sellers: (model: string): ListedOffer[] =>
    [
      ...offers,
      {
        offer: elsewhere,
        configured: false,
        sheet: sampleSheet(elsewhere, { input: 0.1, output: 0.3 }),
        live: { state: 'closed', firstTokenMs: 200, tokensPerSecond: 90, latencyFrom: 'feed' as const },
      },
    ].filter(({ offer }) => offer.model === model),
  nearest: () => ['lumen/spark'],
  history: (): PriceSheet[] => [sampleSheet(spark, { input: 1, output: 2 })],
};
const policies = () => [
  { name: 'support', about: 'Customer chat.' },
  { name: 'secret', about: 'Not for everyone.' },
];

const get = async (url: string, scene: Scene = {}, headers: Record<string, string> = {}) => {
  const answer = await buildServer(scene).app.inject({ method: 'GET', url, headers });
  return { status: answer.statusCode, json: JSON.parse(answer.body), headers: answer.headers };
};

describe('GET /v1/models', () => {
  it('lists what has a price, cheapest first in its pricing, and every policy', async () => {
    await using server = await startServer({ deps: { market, policies } });
    const ids: string[] = [];
    for await (const model of server.openai.models.list()) ids.push(model.id);
    expect(ids).toEqual(['auto', 'auto/support', 'auto/secret', 'lumen/spark']);
    const { json } = await get('/v1/models', { deps: { market, policies } });
    expect(json.data[3]).toMatchObject({
      owned_by: 'lumen',
      context_length: 200_000,
      pricing: { prompt: '0.00000015', completion: '0.0000006' },
      offers: ['orion:lumen/spark', 'lumen:lumen/spark'],
    });
  });

  it('shows a key only the policies it may name', async () => {
    const { key, id, hash } = createKey();
    const scene: Scene = { deps: { market, policies }, keys: [{ id, hash, policies: ['support'] }] };
    const { json } = await get('/v1/models', scene, { authorization: `Bearer ${key}` });
    expect(json.data.map((model: { id: string }) => model.id)).toEqual(['auto', 'auto/support', 'lumen/spark']);
  });
});

describe('GET /v1/prices', () => {
  it('says what is known of every offer, and what is not', async () => {
    const clock = createFakeClock(60_000);
    const { json } = await get('/v1/prices', { deps: { market }, clock });
    expect(json.data).toHaveLength(3);
    expect(json.data[1]).toMatchObject({
      offer: 'lumen:lumen/spark',
      routable: true,
      input_usd_per_million: 0.15,
      age_seconds: 60,
      state: 'closed',
      first_token_ms: 210,
      sheet: { status: 'single', rates: [{ meter: 'input', usd_per_million: 0.15, tier: 'standard' }, {}] },
    });
    expect(json.data[2]).toMatchObject({ routable: false, input_usd_per_million: null, sheet: null });
  });

  it('shows all sellers of a model beside each other, those nobody configured too, with the spread', async () => {
    const { json } = await get('/v1/prices?model=lumen/spark', { deps: { market } });
    expect(json).toMatchObject({
      model: 'lumen/spark',
      blend: '3 input : 1 output',
      spread: {
        sellers: 3,
        cheapest_usd_per_million: 0.15,
        median_usd_per_million: 0.2625,
        dearest_usd_per_million: 3.75,
        dearest_over_cheapest: 25,
        cheapest_below_median: 0.4286,
      },
    });
    expect(json.data.map((row: { offer: string; configured: boolean }) => [row.offer, row.configured])).toEqual([
      ['tidal:lumen/spark', false],
      ['lumen:lumen/spark', true],
      ['orion:lumen/spark', true],
    ]);
    expect(json.data[0]).toMatchObject({
      blended_usd_per_million: 0.15,
      context: null,
      latency_from: 'feed',
      latency_age_seconds: null,
      data: { training: 'never', retention: 'none', regions: ['eu'], self_hosted: false },
    });
  });

  it('suggests the names that were meant', async () => {
    const { status, json } = await get('/v1/prices?model=lumen/sprak', { deps: { market } });
    expect(status).toBe(404);
    expect(json.error).toMatchObject({ code: 'model_not_found', param: 'model' });
    expect(json.error.message).toBe('nobody is known to sell "lumen/sprak"; did you mean lumen/spark?');
  });

  it('narrows to a model and a provider', async () => {
    const { json } = await get('/v1/prices?model=lumen/spark&provider=orion', { deps: { market } });
    expect(json.data.map((row: { offer: string }) => row.offer)).toEqual(['orion:lumen/spark']);
  });

  it('refuses a query it does not know', async () => {
    expect(await get('/v1/prices?modle=x')).toMatchObject({ status: 400, json: { error: { param: 'modle' } } });
  });

  it('has a history for an offer, named in full', async () => {
    const { json } = await get('/v1/prices/history?offer=lumen:lumen/spark', { deps: { market } });
    expect(json.data).toMatchObject([{ offer: 'lumen:lumen/spark', revision: 'lumen:lumen/spark@1' }]);
    expect(await get('/v1/prices/history?offer=spark')).toMatchObject({
      status: 400,
      json: { error: { param: 'offer' } },
    });
    expect((await get('/v1/prices/history')).status).toBe(400);
  });
});

describe('POST /v1/route', () => {
  it('answers with every quote, and calls nobody', async () => {
    let called = 0;
    const { app } = buildServer({
      route: () => {
        called += 1;
        return Promise.reject(new Error('called'));
      },
    });
    const payload = { model: 'auto', messages: [{ role: 'user', content: 'hi' }] };
    const answer = await app.inject({ method: 'POST', url: '/v1/route', payload });
    expect(answer.json()).toMatchObject({
      request_id: 'req-1',
      rule: 2,
      ladder: [{ offer: 'lumen:lumen/spark', utility_usd: 0.0123, quality: { mean: 0.8, sd: 0.1 } }, {}],
      rejected: [{ by: 'context' }],
      baseline: { offer: 'orion:orion/titan' },
      flips: { rise: { offer: 'lumen:lumen/spark' } },
    });
    expect(called).toBe(0);
  });
});

const mine = createKey();
const theirs = createKey();
const keys = [mine, theirs].map(({ id, hash }) => ({ id, hash }));
const bearer = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` });
const view: RequestView = {
  decision: fullDecision('r-mine'),
  caller: mine.id,
  dispatches: [],
  outcome: outcomeOf('r-mine', { attempts: [attemptOf('r-mine', { result: 'rate_limited' }), attemptOf('r-mine')] }),
  feedback: [{ requestId: 'r-mine', source: 'user', score: 1, at: START_MS }],
};
const requests = new Map([['r-mine', view]]);

describe('GET /v1/decisions/{id}', () => {
  it('tells the caller who asked why, and what came of it', async () => {
    const { status, json } = await get('/v1/decisions/r-mine', { keys, requests }, bearer(mine));
    expect(status).toBe(200);
    expect(json).toMatchObject({
      decision: { request_id: 'r-mine', ladder: [{}, {}] },
      outcome: { status: 'ok', cost_usd: 0.000002, attempts: [{ result: 'rate_limited' }, { result: 'ok' }] },
      feedback: [{ source: 'user', score: 1, label: null }],
      text: expect.stringContaining('lumen:lumen/spark'),
    });
  });

  it('tells others what it tells of an id that never was', async () => {
    const foreign = await get('/v1/decisions/r-mine', { keys, requests }, bearer(theirs));
    const unknown = await get('/v1/decisions/r-none', { keys, requests }, bearer(theirs));
    expect(foreign.status).toBe(404);
    expect(foreign.json).toEqual(unknown.json);
  });

  it('tells everything where no keys are configured', async () => {
    expect((await get('/v1/decisions/r-mine', { requests })).status).toBe(200);
  });

  it('has no outcome while the request is under way', async () => {
    const { outcome: _, ...open } = view;
    const { json } = await get('/v1/decisions/r-mine', { requests: new Map([['r-mine', open]]) });
    expect(json.outcome).toBeNull();
  });
});

describe('POST /v1/feedback', () => {
  const clock = createFakeClock();
  const tokens = createFeedbackTokens(TOKEN_SECRET);
  const token = tokens.sign({ requestId: 'r-late', caller: mine.id, at: clock.now() });
  const say = async (payload: object, headers: Record<string, string> = {}) => {
    const { app, feedback } = buildServer({ keys, requests, clock });
    const answer = await app.inject({ method: 'POST', url: '/v1/feedback', payload, headers });
    return { status: answer.statusCode, json: JSON.parse(answer.body), feedback };
  };

  it('takes the token in the body or in its header, with no key', async () => {
    const said = await say({ request_id: 'r-late', score: 0.7, source: 'user', token });
    expect(said.json).toEqual({ request_id: 'r-late', source: 'user', score: 0.7, recorded: true });
    expect(said.feedback).toEqual([{ requestId: 'r-late', source: 'user', score: 0.7, at: clock.now() }]);
    expect((await say({ request_id: 'r-late', score: 1 }, { 'x-bourse-feedback-token': token })).status).toBe(200);
  });

  it('takes a label for a score, and keeps both', async () => {
    const { feedback } = await say(
      { request_id: 'r-mine', label: 'down', comment: 'wrong', source: 'eval' },
      bearer(mine),
    );
    expect(feedback).toMatchObject([{ score: 0, label: 'down', comment: 'wrong', source: 'eval' }]);
  });

  it.each([
    ['no proof', { request_id: 'r-mine', score: 1 }, {}, 401, 'invalid_api_key'],
    ['another request’s token', { request_id: 'r-mine', score: 1, token }, {}, 404, 'unknown_request_id'],
    ['a forged token', { request_id: 'r-late', score: 1, token: `${token}x` }, {}, 404, 'unknown_request_id'],
    ['another caller’s key', { request_id: 'r-mine', score: 1 }, bearer(theirs), 404, 'unknown_request_id'],
    ['an id that never was', { request_id: 'r-none', score: 1 }, bearer(mine), 404, 'unknown_request_id'],
    ['a score past one', { request_id: 'r-mine', score: 1.1 }, bearer(mine), 400, 'invalid_request'],
    ['neither score nor label', { request_id: 'r-mine' }, bearer(mine), 400, 'invalid_request'],
    ['a label nobody knows', { request_id: 'r-mine', label: 'meh' }, bearer(mine), 400, 'invalid_request'],
    ['a field nobody knows', { request_id: 'r-mine', score: 1, tenant_id: 'x' }, bearer(mine), 400, 'invalid_request'],
  ])('refuses %s', async (_what, payload, headers, status, code) => {
    const said = await say(payload, headers);
    expect(said).toMatchObject({ status, json: { error: { code } } });
    expect(said.feedback).toEqual([]);
  });

  it('refuses a token that is too old', async () => {
    const old = tokens.sign({ requestId: 'r-late', caller: mine.id, at: clock.now() - 8 * 86_400_000 });
    expect((await say({ request_id: 'r-late', score: 1, token: old })).status).toBe(404);
  });

  it('may be said twice', async () => {
    const { app, feedback } = buildServer({ keys, requests, clock });
    const payload = { request_id: 'r-late', score: 1, token };
    for (const _ of [1, 2])
      expect((await app.inject({ method: 'POST', url: '/v1/feedback', payload })).statusCode).toBe(200);
    expect(feedback[0]).toEqual(feedback[1]);
  });
});

describe('health', () => {
  it('is live, and ready or not with the reasons', async () => {
    expect(await get('/health/live')).toMatchObject({ status: 200, json: { live: true } });
    expect(await get('/health/ready')).toMatchObject({ status: 200, json: { ready: true } });
    const ready = () => ({ ready: false, reasons: ['no provider is configured'] });
    expect(await get('/health/ready', { ready })).toMatchObject({
      status: 503,
      json: { ready: false, reasons: ['no provider is configured'] },
    });
  });

  it('answers HEAD, as load balancers ask', async () => {
    const { app } = buildServer();
    expect((await app.inject({ method: 'HEAD', url: '/health/ready' })).statusCode).toBe(200);
  });
});

describe('GET /v1/reports', () => {
  const clock = createFakeClock();
  const row: SpendRow = { ...emptyRow('support'), requests: 10, cost: nanoUsd(2_000_000), compared: 10 };
  const spend = (range: Range, by: SpendKey): SpendRow[] => {
    asked.push({ range, by });
    return range.reason === undefined
      ? [{ ...row, comparedCost: nanoUsd(2_000_000), baselineCost: nanoUsd(8_000_000) }]
      : [];
  };
  const asked: { range: Range; by: SpendKey }[] = [];

  it('spend is by policy over seven days where nothing is said', async () => {
    const { json } = await get('/v1/reports/spend', { spend, clock });
    expect(asked.at(-1)).toEqual({ by: 'policy', range: { from: clock.now() - 7 * 86_400_000, to: clock.now() } });
    expect(json).toMatchObject({ by: 'policy', rows: [{ key: 'support', cost_usd: 0.002 }], total: { requests: 10 } });
  });

  it('savings are told for a period and a key', async () => {
    const { json } = await get('/v1/reports/savings?from=2026-11-01&to=2026-11-02&by=day', { spend, clock });
    expect(asked.at(-1)?.by).toBe('day');
    expect(json).toMatchObject({ from: '2026-11-01T00:00:00.000Z', rows: [{ saved_usd: 0.006, saved_share: 0.75 }] });
  });

  it.each([
    ['?format=csv', {}],
    ['', { accept: 'text/csv' }],
  ])('are CSV for %j %j', async (query, headers) => {
    const { app } = buildServer({ spend, clock });
    const answer = await app.inject({ url: `/v1/reports/spend${query}`, headers });
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.body.split('\r\n')[1]).toMatch(/^support,10,/);
  });

  it('refuse what they do not know', async () => {
    expect(await get('/v1/reports/spend?by=user')).toMatchObject({ status: 400, json: { error: { param: 'by' } } });
  });

  it('are 503 when the ledger does not answer', async () => {
    const broken = (): never => {
      throw new Error('disk full');
    };
    const { status, json } = await get('/v1/reports/spend', { spend: broken });
    expect({ status, code: json.error.code }).toEqual({ status: 503, code: 'ledger_unavailable' });
  });
});

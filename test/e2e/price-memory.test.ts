// What is remembered of prices, end to end: a seller that bills five percent more than its list, and a history that outlives a restart.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Said } from '../support/answers.ts';
import { wantsStream } from '../support/answers.ts';
import { type Bourse, settled, startBourse } from '../support/bourse.ts';
import { json, type Script, type Seen, sse } from '../support/upstream.ts';

const MODEL = 'tidal/current-70b';
const DEAR = `openrouter:${MODEL}`;
const hello = [{ role: 'user' as const, content: 'Where is my parcel?' }];
const OVER = 1.05;

/** 40 tokens in, 12 out. */
const costAt = ({ input, output }: { input: number; output: number }): number => (40 * input + 12 * output) / 1e6;

describe('a seller that bills 5 % more than its list says', () => {
  let bourse: Bourse;
  const asked = { openrouter: { input: 1, output: 4 }, nimbus: { input: 1.03, output: 4.12 } };
  type Seller = keyof typeof asked;

  const list = (seller: Seller): Script =>
    json({
      object: 'list',
      data: [
        {
          id: 'current-70b-wire',
          object: 'model',
          pricing: {
            prompt: (asked[seller].input / 1e6).toFixed(12),
            completion: (asked[seller].output / 1e6).toFixed(12),
          },
        },
      ],
    });

  const usageOf = (seller: Seller, { input = 40, output = 12 }: Said = {}) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(seller === 'openrouter' ? { cost: OVER * costAt(asked.openrouter) } : {}),
  });

  const answer = (seller: Seller, seen: Seen): Script => {
    if (seen.path.endsWith('/models')) return list(seller);
    const shell = { id: 'up-1', created: 1, model: 'wire' };
    const choice = (content: object, finish: string | null) => ({ index: 0, ...content, finish_reason: finish });
    if (!wantsStream('chat', seen))
      return json({
        ...shell,
        object: 'chat.completion',
        choices: [choice({ message: { role: 'assistant', content: seller } }, 'stop')],
        usage: usageOf(seller),
      });
    const chunk = { ...shell, object: 'chat.completion.chunk' };
    return sse(
      { ...chunk, choices: [choice({ delta: { role: 'assistant', content: seller } }, null)] },
      { ...chunk, choices: [choice({ delta: {} }, 'stop')] },
      { ...chunk, choices: [], usage: usageOf(seller) },
      '[DONE]',
    );
  };

  const play = (): void => {
    for (const seller of ['openrouter', 'nimbus'] as const)
      bourse.upstream(seller).play((seen) => answer(seller, seen));
  };

  const ask = async () => {
    const { data } = await bourse.openai.chat.completions.create({ model: 'auto', messages: hello }).withResponse();
    return { text: data.choices[0]?.message.content, ...(await settled(bourse, data.id)) };
  };
  const priceOf = async (offer: string) => {
    const { data } = await bourse.read('/v1/prices');
    return data.find((row: { offer: string }) => row.offer === offer);
  };

  beforeAll(async () => {
    bourse = await startBourse({
      sellers: (['openrouter', 'nimbus'] as const).map((name) => ({
        name,
        dialect: 'chat',
        sells: [{ model: MODEL, price: null }],
        prices_path: '/models',
      })),
      policies: { auto: { models: [MODEL], objective: 'cheapest' } },
    });
    play();
    await bourse.app.market.refresh.all();
  });
  afterAll(() => bourse[Symbol.asyncDispose]());

  it('is settled at what it bills, with what its list says kept beside it', async () => {
    const { text, outcome } = await ask();
    expect(text).toBe('openrouter');
    const [attempt] = outcome.attempts;
    expect(attempt).toMatchObject({ billed: 92_400, computed: 88_000, cost: 92_400, costStatus: 'exact' });
    expect(outcome.cost).toBe(92_400);
    const stream = await bourse.openai.chat.completions.create({ model: 'auto', messages: hello, stream: true });
    let id = '';
    for await (const chunk of stream) id = chunk.id;
    expect((await settled(bourse, id)).outcome.cost).toBe(92_400);
    const spend = await bourse.read('/v1/reports/spend?by=offer');
    expect(spend.total.cost_usd).toBeCloseTo(2 * 92.4e-6, 12);
  });

  it('is believed until the twentieth bill, and then costs what it bills: the next request goes elsewhere', async () => {
    for (let calls = 2; calls < 20; calls++) expect((await ask()).text).toBe('openrouter');
    const { text, decision } = await ask();
    expect(text).toBe('nimbus');
    const explained = await bourse.read(`/v1/decisions/${decision.requestId}`);
    expect(explained.text).toContain(`${DEAR} is expected to cost 1.050× its rates: that is what its seller bills`);
    expect(explained.decision.ladder[1].price.raised_by).toBeCloseTo(OVER, 9);
    const [first, second] = decision.ladder;
    expect(first?.quote.offer.provider).toBe('nimbus');
    expect(second?.quote.sheet.raisedBy).toBeCloseTo(OVER, 9);
    // Per token of the expected use the raised quote is dearer by the factor, and its reservation with it.
    expect(Number(second?.quote.cost) / Number(first?.quote.cost)).toBeCloseTo(OVER / 1.03, 4);
  });

  it('shows in the price table, in the report, in the metrics, and once in what the operator is told', async () => {
    expect(await priceOf(DEAR)).toMatchObject({
      billed_calls: 20,
      input_usd_per_million: 1,
      sheet: { status: 'disputed', confidence: 0.6 },
    });
    expect((await priceOf(DEAR)).billed_ratio).toBeCloseTo(OVER, 9);
    expect((await priceOf(DEAR)).sheet.reasons[0]).toContain('1.050×');
    expect(await priceOf(`nimbus:${MODEL}`)).toMatchObject({ billed_ratio: null, billed_calls: 0 });
    const { bills } = await bourse.read('/v1/reports/prices');
    expect(bills).toMatchObject([{ offer: DEAR, standing: 'steady', calls: 20 }]);
    const metrics = await (await bourse.get('/metrics')).text();
    expect(metrics).toMatch(/bourse_billed_ratio\{offer="openrouter:tidal\/current-70b"\} 1\.05/);
    expect(metrics).toContain('bourse_price_history_lost_total 0');
    expect(bourse.said.filter((line) => line.includes('bills come to'))).toEqual([
      `${DEAR}: its bills come to 1.050× the price sheet over 20 calls; one factor explains it`,
    ]);
  });

  it('is remembered over a restart, with its price, before any feed has been read', async () => {
    const before = await bourse.read(`/v1/prices/history?offer=${DEAR}`);
    expect(before.data).toMatchObject([{ verdict: 'applied', reason: 'first price', before: null }]);
    await bourse.restart();
    play();
    expect((await priceOf(DEAR)).billed_ratio).toBeCloseTo(OVER, 9);
    expect((await ask()).text).toBe('nimbus');
    expect(await bourse.read(`/v1/prices/history?offer=${DEAR}`)).toEqual(before);
    await bourse.app.market.refresh.all();
    expect(await bourse.read(`/v1/prices/history?offer=${DEAR}`)).toEqual(before);
    expect(bourse.said.filter((line) => line.includes('bills come to'))).toHaveLength(1);
  });

  it('that changes its list is in the history with both prices, and yesterday’s traffic is decided again', async () => {
    const first = await ask();
    asked.openrouter = { input: 0.5, output: 2 };
    await bourse.app.market.refresh.all();
    const { text } = await ask();
    expect(text).toBe('openrouter');
    const report = await bourse.read('/v1/reports/prices?since=1d');
    const cut = report.changes.find(({ change }: { change: number | null }) => change !== null);
    expect(cut).toMatchObject({
      offer: DEAR,
      verdict: 'applied',
      before: { input_usd_per_million: 1, output_usd_per_million: 4 },
      after: { input_usd_per_million: 0.5, output_usd_per_million: 2 },
      change: -0.5,
      source: 'openrouter/models',
    });
    // Every request whose quote was raised would have come back; those before were there already.
    expect(cut.shift.toward_requests).toBeGreaterThanOrEqual(3);
    expect(cut.shift.moved_share).toBeCloseTo(cut.shift.toward_requests / report.traffic.requests, 12);
    // A report of then can be recomputed: the sheet of the time is found by when it was and what was known.
    const at = new Date(first.decision.at).toISOString();
    const then = await bourse.read(`/v1/prices/history?offer=${DEAR}&at=${at}&known_at=${at}`);
    expect(then.data).toHaveLength(1);
    expect(then.data[0].rates[0].usd_per_million).toBe(1);
    const csv = await bourse.get('/v1/reports/prices?format=csv');
    expect((await csv.text()).split('\r\n')[0]).toContain('offer,verdict,status');
  });
});

// Live prices and hard caps, end to end: a cut in a feed moves the next request, and no crowd overspends.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Terminal } from '../../src/commands/command.ts';
import { release } from '../../src/commands/prices-release.ts';
import { says } from '../support/answers.ts';
import { type Bourse, settled, startBourse, until } from '../support/bourse.ts';
import { json, type Script, startUpstream, type Upstream } from '../support/upstream.ts';

const hello = [{ role: 'user' as const, content: 'Where is my parcel?' }];
const MODEL = 'tidal/current-70b';
const quiet = (): undefined => undefined;
const silent: Terminal = { out: quiet, err: quiet, write: quiet, live: false };

describe('a price that is cut in the feeds', () => {
  let bourse: Bourse;
  let lists: Upstream;
  const perToken = (usd: number): string => (usd / 1e6).toFixed(12);
  /** What harbor and nimbus ask per million tokens of prompt; answers cost four times as much. */
  let harbor = 5;
  const nimbus = 2;

  const ownList = (seller: string, wireId: string, usd: number): Script =>
    json({
      object: 'list',
      data: [
        {
          id: wireId,
          object: 'model',
          owned_by: seller,
          pricing: { prompt: perToken(usd), completion: perToken(4 * usd) },
        },
      ],
    });
  const publicList = (): Script =>
    json(
      Object.fromEntries(
        [
          ['harbor', harbor],
          ['nimbus', nimbus],
        ].map(([seller, usd]) => [
          `${seller}/current-70b-wire`,
          {
            litellm_provider: seller,
            mode: 'chat',
            max_input_tokens: 128_000,
            input_cost_per_token: Number(usd) / 1e6,
            output_cost_per_token: (4 * Number(usd)) / 1e6,
          },
        ]),
      ),
    );

  beforeAll(async () => {
    lists = await startUpstream();
    lists.play(publicList);
    bourse = await startBourse({
      sellers: ['harbor', 'nimbus'].map((name) => ({
        name,
        dialect: 'chat' as const,
        sells: [{ model: MODEL, price: null }],
        prices_path: '/models',
      })),
      config: { prices: { feeds: { others: 'off', litellm: { url: `${lists.url}/prices.json` } } } },
    });
    bourse
      .upstream('harbor')
      .play(({ path }) => (path.endsWith('/models') ? ownList('harbor', 'current-70b-wire', harbor) : json({}, 500)));
    bourse
      .upstream('nimbus')
      .play(({ path }) => (path.endsWith('/models') ? ownList('nimbus', 'current-70b-wire', nimbus) : json({}, 500)));
  });
  afterAll(async () => {
    await bourse[Symbol.asyncDispose]();
    await lists.close();
  });

  const answering = (name: string, usd: () => number) =>
    bourse
      .upstream(name)
      .play((seen) =>
        seen.path.endsWith('/models') ? ownList(name, 'current-70b-wire', usd()) : says('chat', { text: name })(seen),
      );
  const ask = async () => {
    const { data, response } = await bourse.openai.chat.completions
      .create({ model: 'auto', messages: hello })
      .withResponse();
    await settled(bourse, data.id);
    const cost = Number(response.headers.get('x-bourse-cost-usd'));
    return { id: data.id, text: data.choices[0]?.message.content, cost };
  };

  it('moves traffic on the very next request, and the bill is by the new price', async () => {
    answering('harbor', () => harbor);
    answering('nimbus', () => nimbus);
    // Before any feed has spoken nobody has a price, and without a price nobody is asked.
    await expect(ask()).rejects.toMatchObject({ code: 'no_candidate' });
    await bourse.app.market.refresh.all();
    expect((await ask()).text).toBe('nimbus');
    const before = await bourse.read('/v1/prices?provider=harbor');
    expect(before.data[0]).toMatchObject({ input_usd_per_million: 5, sheet: { status: 'verified' } });

    harbor = 1;
    // Changed at the seller, and not read yet: nothing moves.
    expect((await ask()).text).toBe('nimbus');
    const changes = await bourse.app.market.refresh.all();
    expect(changes.map(({ offer, verdict }) => [offer, verdict])).toEqual([['harbor:tidal/current-70b', 'applied']]);
    const { id, text, cost } = await ask();
    expect(text).toBe('harbor');
    // The log of the decision shows why: the first quote is harbor's, at the price that has just come in.
    const decision = await bourse.read(`/v1/decisions/${id}`);
    expect(JSON.stringify(decision)).toMatch(/"harbor:tidal\/current-70b".*?"input_usd_per_million":1,/s);
    // 40 tokens at $1 and 12 at $4 per million.
    expect(cost).toBeCloseTo(88e-6, 12);
    const history = await bourse.read('/v1/prices/history?offer=harbor:tidal/current-70b');
    expect(
      history.data.map((sheet: { rates: { usd_per_million: number }[] }) => sheet.rates[0]?.usd_per_million),
    ).toEqual([5, 1]);
    expect(bourse.said.join('\n')).toContain('price of harbor:tidal/current-70b applied');
  });

  it('that only the seller itself speaks of waits, and what is charged meanwhile is the dearer price', async () => {
    harbor = 1;
    lists.play(json('nonsense'));
    let own = 1;
    answering('harbor', () => own);
    await bourse.app.market.refresh.all();
    own = 0.05;
    const [change] = await bourse.app.market.refresh.all();
    expect(change).toMatchObject({ offer: 'harbor:tidal/current-70b', verdict: 'held' });
    const { data } = await bourse.read('/v1/prices?provider=harbor');
    expect(data[0]).toMatchObject({ input_usd_per_million: 1, sheet: { status: 'held' } });
    // A feed that answered nonsense is named, and its last good reading kept.
    expect(bourse.said.some((line) => line.startsWith('feed litellm:'))).toBe(true);
    const words = ['harbor:tidal/current-70b', '--input', '0.05', '--output', '0.2', '--by', 'ada'];
    expect(await release([...words, '--config', join(bourse.folder, 'bourse.yaml')], silent)).toBe(0);
    const [released] = await bourse.app.market.refresh.all();
    expect(released).toMatchObject({ verdict: 'released', reason: 'released by ada' });
    expect((await ask()).cost).toBeCloseTo(4.4e-6, 12);
  });
});

describe('a cap on the spend of a policy', () => {
  let bourse: Bourse;
  const CAP = 0.01;
  beforeAll(async () => {
    bourse = await startBourse({
      sellers: [
        { name: 'harbor', dialect: 'chat', sells: [{ model: MODEL, price: [1, 10], maxOutput: '1k' }] },
        { name: 'nimbus', dialect: 'messages', sells: [{ model: MODEL, price: [1.5, 12], maxOutput: '1k' }] },
      ],
      policies: {
        capped: {
          objective: 'cheapest',
          limits: { spend: `$${CAP}/day`, output_tokens: 100 },
          fallback: { attempts: 2 },
        },
      },
    });
    // Every third call fails and is answered by the other: what failed may cost as well.
    let calls = 0;
    bourse.upstream('harbor').play((seen) => {
      calls += 1;
      return calls % 3 === 0
        ? { before: { cut: true }, steps: [] }
        : says('chat', { text: 'yes', input: 20, output: 100 })(seen);
    });
    bourse.upstream('nimbus').play(says('messages', { text: 'yes', input: 20, output: 100 }));
  });
  afterAll(() => bourse[Symbol.asyncDispose]());

  const ask = (stream: boolean) => {
    const body = { model: 'auto/capped', messages: hello };
    const answer = stream
      ? bourse.openai.chat.completions.stream(body).finalChatCompletion()
      : bourse.openai.chat.completions.create(body);
    return answer.then(
      () => 'answered',
      (fault: Error & { code?: string }) => fault.code ?? fault.message,
    );
  };
  const spent = async () => {
    const { rows } = await bourse.read('/v1/reports/spend');
    const row = rows.find(({ key }: { key: string }) => key === 'capped');
    return { certain: row.cost_usd as number, atWorst: (row.cost_usd + row.ambiguous_usd) as number };
  };

  it('is never passed by 64 callers at once, though some of their calls fail; the refused are told so', async () => {
    const said = await Promise.all(Array.from({ length: 64 }, (_, number) => ask(number % 2 === 0)));
    const counts = Map.groupBy(said, (word) => word);
    expect([...counts.keys()].toSorted()).toEqual(['answered', 'budget_exhausted']);
    await until(
      async () => (await bourse.app.ledger.spend({ from: 0, to: Date.now() + 1 }, 'policy')).length > 0 || undefined,
    );
    const { atWorst } = await spent();
    expect(atWorst).toBeGreaterThan(0);
    expect(atWorst).toBeLessThanOrEqual(CAP);
  });

  it('is used up to what one more request could cost, and then holds', async () => {
    for (let number = 0; (await ask(number % 2 === 0)) === 'answered'; number += 1) expect(number).toBeLessThan(64);
    const { atWorst } = await spent();
    expect(atWorst).toBeLessThanOrEqual(CAP);
    // The dearest request reserves two calls of at most 100 tokens at $12 and some input.
    expect(atWorst).toBeGreaterThan(CAP - 0.004);
    expect(await ask(false)).toBe('budget_exhausted');
  });

  it('is remembered over a restart', async () => {
    const before = await spent();
    await bourse.restart();
    expect(await ask(false)).toBe('budget_exhausted');
    expect(await spent()).toEqual(before);
    // Another policy is not touched by it.
    const { data } = await bourse.openai.chat.completions.create({ model: 'auto', messages: hello }).withResponse();
    expect(data.choices[0]?.message.content).toBe('yes');
  });
});

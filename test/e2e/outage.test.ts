// What the real client causes when everything is down, and what money it is told to wait for.
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { createKey } from '../../src/auth/keys.ts';
import { fails, says } from '../support/answers.ts';
import { settled, startBourse } from '../support/bourse.ts';

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Where is my parcel?' }];
const MODEL = 'tidal/current-70b';
const seller = (name: string, price: readonly [number, number] = [1, 2]) =>
  ({ name, dialect: 'chat', sells: [{ model: MODEL, price }] }) as const;

const caught = async (work: Promise<unknown>) => {
  const fault = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(fault instanceof OpenAI.APIError)) throw new Error('was answered');
  return fault;
};

describe('the openai client with its own retries', () => {
  it('causes three calls where all is down, not nine', async () => {
    const names = ['first', 'second', 'third'];
    await using bourse = await startBourse({ sellers: names.map((name) => seller(name)) });
    for (const name of names) bourse.upstream(name).play(fails('chat', 503));
    const client = new OpenAI({ baseURL: `${bourse.url}/v1`, apiKey: 'none' });
    const fault = await caught(client.chat.completions.create({ model: 'auto', messages }));
    expect(fault).toMatchObject({ status: 503, code: 'upstream_overloaded' });
    expect(fault.headers?.get('x-should-retry')).toBe('false');
    expect(names.map((name) => bourse.upstream(name).seen.length)).toEqual([1, 1, 1]);
  });

  it('is told when to come back where everyone is left alone', async () => {
    await using bourse = await startBourse({
      sellers: [seller('only')],
      policies: { auto: { fallback: { attempts: 1 } } },
    });
    bourse.upstream('only').play(fails('chat', 429, { 'retry-after': '30' }));
    expect(await caught(bourse.openai.chat.completions.create({ model: 'auto', messages }))).toMatchObject({
      status: 429,
    });
    // One request in ten is sent all the same: the others hear at once.
    const faults = [];
    for (let request = 0; request < 10; request += 1)
      faults.push(await caught(bourse.openai.chat.completions.create({ model: 'auto', messages })));
    const refused = faults.filter(({ code }) => code === 'no_candidate');
    expect(refused.length).toBeGreaterThan(5);
    expect(refused[0]?.status).toBe(503);
    expect(Number(refused[0]?.headers?.get('retry-after'))).toBeGreaterThan(20);
    expect(refused[0]?.headers?.get('x-should-retry')).toBe('true');
    expect(bourse.upstream('only').seen.length).toBe(1 + faults.length - refused.length);
  });
});

describe('a key with a budget', () => {
  it('is refused once it is spent, until its window ends, also after a restart; other keys go on', async () => {
    const [small, large] = [createKey(), createKey()];
    await using bourse = await startBourse({
      sellers: [seller('only', [1_000, 1_000])],
      policies: { auto: { limits: { output_tokens: 100 } } },
      config: {
        keys: [
          // Room for one call at its upper bound, not for a second beside what the first has cost.
          { id: small.id, hash: small.hash, spend: '$0.55/month' },
          { id: large.id, hash: large.hash },
        ],
      },
    });
    bourse.upstream('only').play(says('chat', { text: 'Yes.', input: 40, output: 10 }));
    const clientOf = (key: string) => new OpenAI({ baseURL: `${bourse.url}/v1`, apiKey: key, maxRetries: 0 });
    const ask = (key: string) => clientOf(key).chat.completions.create({ model: 'auto', messages }).withResponse();
    let answered = 0;
    const last = await caught(
      (async () => {
        for (;;) {
          const { response } = await ask(small.key);
          answered += 1;
          await settled(bourse, response.headers.get('x-bourse-request-id') ?? '');
        }
      })(),
    );
    expect(answered).toBeGreaterThan(0);
    expect(last).toMatchObject({ status: 429, code: 'budget_exhausted' });
    expect(last.message).toContain(`key/${small.id}/month`);
    expect(Number(last.headers?.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(large.key)).data.choices[0]?.message.content).toBe('Yes.');
    await bourse.restart();
    expect(await caught(ask(small.key))).toMatchObject({ code: 'budget_exhausted' });
  });
});

describe('several answers side by side', () => {
  it('are forecast and set aside as many times', async () => {
    await using bourse = await startBourse({ sellers: [seller('only')] });
    const costOf = async (n: number): Promise<number> => {
      const answer = await bourse.post('/v1/route', { model: 'auto', messages, n, max_tokens: 50 });
      return JSON.parse(await answer.text()).ladder[0].cost_usd;
    };
    const [one, four] = [await costOf(1), await costOf(4)];
    expect(four / one).toBeGreaterThan(3);
  });
});

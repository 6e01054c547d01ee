// What the real openai client makes of our errors, and what becomes of a request whose client has left.
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKey } from '../../src/auth/keys.ts';
import { begins, says } from '../support/answers.ts';
import { type Bourse, settled, startBourse } from '../support/bourse.ts';

const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Where is my parcel?' }];
const caught = (promise: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );

describe('the errors a client is told', () => {
  let bourse: Bourse;
  const { key, ...entry } = createKey();
  const narrow = createKey();
  beforeAll(async () => {
    bourse = await startBourse({
      sellers: [{ name: 'harbor', dialect: 'chat', sells: [{ model: 'tidal/current-70b' }] }],
      policies: { support: {} },
      config: { keys: [entry, { id: narrow.id, hash: narrow.hash, policies: ['support'] }] },
    });
    bourse.upstream('harbor').play(says('chat', { text: 'Here.' }));
  });
  afterAll(() => bourse[Symbol.asyncDispose]());
  const client = (apiKey = key) => new OpenAI({ baseURL: `${bourse.url}/v1`, apiKey, maxRetries: 0 });

  it('answers a right key', async () => {
    const completion = await client().chat.completions.create({ model: 'auto', messages: hello });
    expect(completion.choices[0]?.message.content).toBe('Here.');
  });

  it.each([
    ['no field messages', { model: 'auto' }, OpenAI.BadRequestError, 'invalid_request', 'messages'],
    [
      'a role nobody knows',
      { model: 'auto', messages: [{ role: 'king', content: 'x' }] },
      OpenAI.BadRequestError,
      'invalid_request',
      'messages[0].role',
    ],
    [
      'a temperature out of range',
      { model: 'auto', messages: hello, temperature: 9 },
      OpenAI.BadRequestError,
      'invalid_request',
      'temperature',
    ],
    [
      'a policy nobody wrote',
      { model: 'auto/nobody', messages: hello },
      OpenAI.NotFoundError,
      'model_not_found',
      'model',
    ],
    ['a name that is no model', { model: 'gpt', messages: hello }, OpenAI.NotFoundError, 'model_not_found', 'model'],
  ] as const)('%s', async (_name, body, kind, code, param) => {
    const fault = await caught(client().chat.completions.create(body as never));
    expect(fault).toBeInstanceOf(kind);
    expect(fault).toMatchObject({ code, param });
    expect(fault.requestID).toMatch(/^[0-9a-z-]{20,64}$/);
  });

  it('a model nobody sells: not found, and not a trouble of the server', async () => {
    const fault = await caught(client().chat.completions.create({ model: 'nobody/nothing', messages: hello }));
    expect(fault).toBeInstanceOf(OpenAI.NotFoundError);
    expect(fault).toMatchObject({ code: 'model_not_found', param: 'model' });
  });

  it('a wrong key, no key, and a policy the key may not use', async () => {
    const wrong = await caught(client('bk_wrong').chat.completions.create({ model: 'auto', messages: hello }));
    expect(wrong).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(wrong.code).toBe('invalid_api_key');
    expect((await bourse.post('/v1/chat/completions', { model: 'auto', messages: hello })).status).toBe(401);
    const barred = await caught(client(narrow.key).chat.completions.create({ model: 'auto', messages: hello }));
    expect(barred).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(barred.code).toBe('model_not_allowed');
    const allowed = await client(narrow.key).chat.completions.create({ model: 'auto/support', messages: hello });
    expect(allowed.choices[0]?.message.content).toBe('Here.');
  });

  it('a body that is too large, is not JSON, or goes to a URL that is not there', async () => {
    const large = await caught(
      client().chat.completions.create({ model: 'auto', messages: [{ role: 'user', content: 'x'.repeat(11 << 20) }] }),
    );
    expect(large.status).toBe(413);
    expect(large.code).toBe('request_too_large');
    const authorization = `Bearer ${key}`;
    const broken = await bourse.post('/v1/chat/completions', '{"model": "auto", ', { authorization });
    expect(broken.status).toBe(400);
    expect(await broken.json()).toEqual({
      error: expect.objectContaining({ type: 'invalid_request_error', code: 'invalid_request' }),
    });
    const lost = await bourse.get('/v1/nowhere', { headers: { authorization } });
    expect(lost.status).toBe(404);
    expect(await lost.json()).toEqual({ error: expect.objectContaining({ code: 'unknown_url', param: null }) });
  });

  it('shows a request to the key that made it and to no other', async () => {
    const { response } = await client().chat.completions.create({ model: 'auto', messages: hello }).withResponse();
    const id = response.headers.get('x-bourse-request-id') ?? '';
    await settled(bourse, id);
    const asked = (apiKey: string) =>
      bourse.get(`/v1/decisions/${id}`, { headers: { authorization: `Bearer ${apiKey}` } });
    expect((await asked(key)).status).toBe(200);
    expect((await asked(narrow.key)).status).toBe(404);
  });
});

describe('feedback where callers have keys', () => {
  it('needs the token of that very answer or the key that made the request', async () => {
    const [one, other] = [createKey(), createKey()];
    const entry = ({ id, hash }: typeof one) => ({ id, hash });
    await using bourse = await startBourse({
      sellers: [{ name: 'harbor', dialect: 'chat', sells: [{ model: 'tidal/current-70b' }] }],
      config: { keys: [entry(one), entry(other)] },
    });
    bourse.upstream('harbor').play(says('chat', { text: 'Here.' }));
    const ask = async () => {
      const client = new OpenAI({ baseURL: `${bourse.url}/v1`, apiKey: one.key, maxRetries: 0 });
      const { response } = await client.chat.completions.create({ model: 'auto', messages: hello }).withResponse();
      const header = (name: string) => response.headers.get(`x-bourse-${name}`) ?? '';
      return { id: header('request-id'), token: header('feedback-token') };
    };
    const [first, second] = [await ask(), await ask()];
    await settled(bourse, first.id);
    const say = async (proof: { token?: string; key?: string }) => {
      const authorization = proof.key ? { authorization: `Bearer ${proof.key}` } : {};
      const { token } = proof;
      const body = { request_id: first.id, score: 0.5, ...(token === undefined ? {} : { token }) };
      return (await bourse.post('/v1/feedback', body, authorization)).status;
    };
    const before = bourse.app.learner.digest();
    const forged = `${first.token.slice(0, -1)}${first.token.endsWith('A') ? 'B' : 'A'}`;
    for (const proof of [
      { token: second.token },
      { token: forged },
      { key: other.key },
      { key: other.key, token: forged },
    ])
      expect(await say(proof)).toBe(404);
    expect(await say({})).toBe(401);
    expect(bourse.app.learner.digest()).toBe(before);
    expect(await say({ token: first.token })).toBe(200);
    expect(await say({ key: one.key })).toBe(200);
    expect(bourse.app.learner.digest()).not.toBe(before);
  });
});

describe('a client that leaves', () => {
  let bourse: Bourse;
  beforeAll(async () => {
    bourse = await startBourse({
      sellers: [
        {
          name: 'harbor',
          dialect: 'chat',
          sells: [{ model: 'tidal/current-70b', price: [1, 2] }],
          billing: { on_cancel: 'stops' },
        },
        { name: 'nimbus', dialect: 'chat', sells: [{ model: 'tidal/current-70b', price: [2, 4] }] },
      ],
      policies: { auto: { objective: 'cheapest' } },
    });
  });
  afterAll(() => bourse[Symbol.asyncDispose]());

  it('in the middle of a stream: the upstream is told, nobody else is asked, and the ledger says cancelled at what was seen', async () => {
    const upstream = bourse.upstream('harbor');
    upstream.play(begins('chat', { text: 'A long answer that goes on.' }, { hang: true }));
    const { data, response } = await bourse.openai.chat.completions
      .create({ model: 'auto', messages: hello, stream: true })
      .withResponse();
    for await (const chunk of data) if (chunk.choices[0]?.delta.content) break;
    data.controller.abort();
    await upstream.seen.at(-1)?.left;
    const { outcome } = await settled(bourse, response.headers.get('x-bourse-request-id') ?? '');
    expect(outcome).toMatchObject({ status: 'cancelled', error: 'client_closed' });
    expect(outcome.attempts).toHaveLength(1);
    expect(outcome.attempts[0]).toMatchObject({ result: 'cancelled', costStatus: 'estimated' });
    expect(outcome.cost).toBeGreaterThan(0);
    expect(bourse.upstream('nimbus').seen).toEqual([]);
    expect(bourse.app.market.health.view(bourse.app.market.offers[0]?.key as never).state).toBe('closed');
  });

  it.each([true, false])('before anything has come: likewise (stream: %s)', async (stream) => {
    const upstream = bourse.upstream('harbor');
    const before = upstream.seen.length;
    const asked = Promise.withResolvers<void>();
    upstream.play(() => {
      asked.resolve();
      return { before: { hang: true }, steps: [] };
    });
    const leaving = new AbortController();
    const answer = caught(
      bourse.openai.chat.completions.create({ model: 'auto', messages: hello, stream }, { signal: leaving.signal }),
    );
    await asked.promise;
    leaving.abort();
    expect(await answer).toBeInstanceOf(OpenAI.APIUserAbortError);
    await upstream.seen[before]?.left;
    expect(upstream.seen).toHaveLength(before + 1);
    expect(bourse.upstream('nimbus').seen).toEqual([]);
  });

  it('is counted as cancelled in the spend report, with what it may have cost kept apart', async () => {
    // What became of a client that has left is written after it is gone.
    const { rows } = await vi.waitFor(
      async () => {
        const report = await bourse.read('/v1/reports/spend?by=offer');
        expect(report.rows).toEqual([expect.objectContaining({ cancelled: 3, failed: 0, ambiguous: 0 })]);
        return report;
      },
      { timeout: 10_000 },
    );
    // This seller stops when we leave: what it had read and written is known by an estimate.
    expect(rows[0].estimated_usd).toBe(rows[0].cost_usd);
  });
});

// What a client sees when upstreams fail: another one's answer, or an honest error; and what the router remembers of it.
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DialectName } from '../../src/core/dialect.ts';
import type { OfferKey } from '../../src/core/offer.ts';
import { createShiftedClock } from '../support/clock.ts';
import { begins, fails, says } from '../support/answers.ts';
import { type Bourse, settled, startBourse } from '../support/bourse.ts';
import { json, type Script, type Seen } from '../support/upstream.ts';

const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Where is my parcel?' }];
const MODEL = 'tidal/current-70b';
const DIALECTS = ['chat', 'messages', 'gemini'] as const;

/** The first is the cheapest and so the first asked; the second is of another dialect. */
const pair = (first: DialectName, extra: object = {}) =>
  startBourse({
    sellers: [
      { name: 'first', dialect: first, sells: [{ model: MODEL, price: [1, 2] }] },
      { name: 'second', dialect: first === 'chat' ? 'messages' : 'chat', sells: [{ model: MODEL, price: [2, 4] }] },
    ],
    policies: { auto: { objective: 'cheapest' } },
    ...extra,
  });

let bourse: Bourse;
const secondDialect = (first: DialectName): DialectName => (first === 'chat' ? 'messages' : 'chat');

const ask = async (stream: boolean) => {
  const body = { model: 'auto', messages: hello };
  if (!stream) {
    const { data, response } = await bourse.openai.chat.completions.create(body).withResponse();
    return { text: data.choices[0]?.message.content ?? '', headers: response.headers };
  }
  const { data, response } = await bourse.openai.chat.completions.create({ ...body, stream: true }).withResponse();
  let text = '';
  for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? '';
  return { text, headers: response.headers };
};
const requestIdOf = (headers: Headers) => headers.get('x-bourse-request-id') ?? '';

describe.each(DIALECTS)('with a first offer in the %s dialect', (dialect) => {
  const clock = createShiftedClock();
  let here: Bourse;
  beforeAll(async () => {
    here = await pair(dialect, { world: { clock } });
  });
  afterAll(() => here[Symbol.asyncDispose]());
  beforeEach(() => {
    bourse = here;
    // Whatever the test before did to the first offer is forgiven by now.
    clock.advance(3_600_000);
    bourse.upstream('second').seen.length = 0;
    bourse.upstream('second').play(says(secondDialect(dialect), { text: 'from the second' }));
  });

  const troubles: readonly (readonly [string, Script | ((seen: Seen) => Script), number])[] = [
    ['is overloaded', fails(dialect, dialect === 'messages' ? 529 : 503), 2],
    ['is rate limited', fails(dialect, 429, { 'retry-after': '30' }), 2],
    ['refuses our key', fails(dialect, 401), 2],
    [
      'is rate limited and calls it an error of the server',
      json({ error: { message: 'Because.', type: 'server_error' } }, 429),
      2,
    ],
    ['answers with a page', { status: 200, headers: { 'content-type': 'text/html' }, steps: [{ send: '<html>' }] }, 2],
    ['resets the connection', { before: { reset: true }, steps: [] }, 3],
  ];

  it.each(
    troubles.flatMap(([name, script, attempts]) => [false, true].map((stream) => ({ name, script, attempts, stream }))),
  )('that $name: the second answers (stream: $stream)', async ({ script, attempts, stream }) => {
    bourse.upstream('first').play(script);
    const { text, headers } = await ask(stream);
    expect(text).toBe('from the second');
    expect(headers.get('x-bourse-provider')).toBe('second');
    expect(headers.get('x-bourse-attempts')).toBe(String(attempts));
    const { outcome } = await settled(bourse, requestIdOf(headers));
    expect(outcome.attempts.map(({ offer }) => offer.split(':')[0])).toEqual([
      ...Array<string>(attempts - 1).fill('first'),
      'second',
    ]);
    expect(outcome.status).toBe('ok');
  });

  it('whose stream is cut before any content: the second answers, and the client sees one clean stream', async () => {
    bourse.upstream('first').play({
      headers: { 'content-type': 'text/event-stream' },
      steps: [{ send: ': hello\n\n' }, { cut: true }],
    });
    expect((await ask(true)).text).toBe('from the second');
  });

  it.each([{ cut: true } as const, { reset: true } as const])(
    'whose stream breaks after content (%o): the client gets an error, no [DONE], and nobody else is asked',
    async (end) => {
      bourse.upstream('first').play(begins(dialect, { text: 'It is on its way to your door.' }, end));
      let text = '';
      const broken = async (): Promise<void> => {
        const stream = await bourse.openai.chat.completions.create({ model: 'auto', messages: hello, stream: true });
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      };
      await expect(broken()).rejects.toBeInstanceOf(OpenAI.APIError);
      expect(text.length).toBeGreaterThan(0);
      expect(bourse.upstream('second').seen).toEqual([]);
      clock.advance(3_600_000);
      const raw = await bourse.post('/v1/chat/completions', { model: 'auto', messages: hello, stream: true });
      const body = await raw.text().catch((error: Error) => error.message);
      expect(body).not.toContain('[DONE]');
      const { outcome } = await settled(bourse, requestIdOf(raw.headers));
      expect(outcome).toMatchObject({ status: 'failed', error: 'stream_interrupted' });
      expect(outcome.cost).toBeGreaterThan(0);
    },
  );
});

describe('an offer that asks to be left alone', () => {
  it('is left alone for as long as it asked, then asked again', async () => {
    const clock = createShiftedClock();
    await using here = await pair('chat', { world: { clock } });
    bourse = here;
    bourse
      .upstream('first')
      .play(fails('chat', 429, { 'retry-after': '30' }), says('chat', { text: 'from the first' }));
    bourse.upstream('second').play(says('messages', { text: 'from the second' }));
    expect((await ask(false)).text).toBe('from the second');
    expect((await ask(false)).text).toBe('from the second');
    expect(bourse.upstream('first').seen).toHaveLength(1);
    clock.advance(29_000);
    expect((await ask(false)).text).toBe('from the second');
    clock.advance(1_500);
    expect((await ask(false)).text).toBe('from the first');
    expect(bourse.upstream('first').seen).toHaveLength(2);
  });
});

describe('a provider that goes away and comes back', () => {
  it('is no longer asked after three refused connections, and takes traffic again once it answers', async () => {
    const clock = createShiftedClock();
    await using here = await pair('chat', { world: { clock } });
    bourse = here;
    const first = 'first:tidal/current-70b' as OfferKey;
    bourse.upstream('first').play({ before: { reset: true }, steps: [] });
    bourse.upstream('second').play(says('messages', { text: 'from the second' }));
    for (let request = 0; request < 3; request += 1) expect((await ask(false)).text).toBe('from the second');
    expect(bourse.app.market.health.view(first).state).toBe('open');
    const seen = bourse.upstream('first').seen.length;
    expect((await ask(false)).text).toBe('from the second');
    expect(bourse.upstream('first').seen).toHaveLength(seen);
    const [row] = (await bourse.read('/v1/prices?provider=first')).data;
    expect(row.state).toBe('open');

    bourse.upstream('first').play(says('chat', { text: 'from the first' }));
    clock.advance(10_000);
    expect((await ask(false)).text).toBe('from the first');
    expect(bourse.app.market.health.view(first).state).toBe('ramp');
    clock.advance(30_000);
    expect(bourse.app.market.health.view(first).state).toBe('closed');
    expect((await ask(false)).text).toBe('from the first');
  });
});

describe('when every offer fails', () => {
  it('the client gets one error of the server with the story of the attempts, and is not told to hurry back', async () => {
    await using here = await pair('chat');
    bourse = here;
    bourse.upstream('first').play(fails('chat', 503));
    bourse.upstream('second').play(fails('messages', 529));
    const fault = await ask(false).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(OpenAI.InternalServerError);
    expect(fault).toMatchObject({ status: 503, code: 'upstream_overloaded', type: 'server_error' });
    expect(fault).toMatchObject({
      message: expect.stringContaining(
        'first:tidal/current-70b overloaded (503), second:tidal/current-70b overloaded (529)',
      ),
    });
    if (!(fault instanceof OpenAI.APIError)) throw new Error('unreachable');
    expect(fault.headers?.get('x-should-retry')).toBe('false');
    expect(fault.headers?.get('x-bourse-attempts')).toBe('2');
    const { outcome } = await settled(bourse, fault.headers?.get('x-bourse-request-id') ?? '');
    expect(outcome).toMatchObject({ status: 'failed', cost: 0, error: 'upstream_overloaded' });
  });

  it('rate limited everywhere is a rate limit, with the time to wait', async () => {
    await using here = await pair('chat');
    bourse = here;
    bourse.upstream('first').play(fails('chat', 429, { 'retry-after': '20' }));
    bourse.upstream('second').play(fails('messages', 429, { 'retry-after': '7' }));
    const fault = await ask(true).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(OpenAI.RateLimitError);
    if (!(fault instanceof OpenAI.APIError)) throw new Error('unreachable');
    expect(Number(fault.headers?.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('a policy whose only offer it may use fails', () => {
  it('gives an error, never an offer it forbids', async () => {
    const data = { training: 'never', retention: 'none', regions: ['eu'] };
    await using here = await startBourse({
      sellers: [
        { name: 'first', dialect: 'chat', sells: [{ model: MODEL, price: [3, 6] }], data },
        { name: 'second', dialect: 'chat', sells: [{ model: MODEL }], data: { ...data, regions: ['us'] } },
        { name: 'third', dialect: 'chat', sells: [{ model: MODEL }], data: { ...data, training: 'may' } },
      ],
      policies: { private: { require: { data: { training: 'never', retention: 'none', regions: ['eu'] } } } },
    });
    bourse = here;
    bourse.upstream('first').play(fails('chat', 503));
    for (const name of ['second', 'third']) bourse.upstream(name).play(says('chat', { text: 'forbidden' }));
    const failed = bourse.openai.chat.completions.create({ model: 'auto/private', messages: hello });
    await expect(failed).rejects.toMatchObject({ code: 'upstream_overloaded' });
    for (const name of ['second', 'third']) expect(bourse.upstream(name).seen).toEqual([]);
  });
});

// What is said of answers: who may say it, that it moves beliefs once, and that a restart believes the same.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rests, says } from '../support/answers.ts';
import { type Bourse, settled, startBourse } from '../support/bourse.ts';
import { seededRng } from '../support/rng.ts';

const MODELS = ['tidal/current-70b', 'meadow/clover-8b', 'lumen/spark'];
const PROMPTS = [
  'Where is my parcel?',
  'Write a Python function that reverses a string.',
  'Prove that there are infinitely many primes.',
  'Summarize this text in one line: the cat sat on the mat and was content.',
  'Translate "good morning" into French.',
];

let bourse: Bourse;
beforeAll(async () => {
  bourse = await startBourse({
    sellers: [
      { name: 'harbor', dialect: 'chat', sells: [{ model: 'tidal/current-70b' }, { model: 'meadow/clover-8b' }] },
      { name: 'quarry', dialect: 'messages', sells: [{ model: 'lumen/spark' }] },
    ],
    policies: { auto: { feedback: { half_life: '3d', holdout: '0%' } }, slow: { feedback: { half_life: '90d' } } },
  });
});
beforeEach(() => {
  bourse.upstream('harbor').play(says('chat', { text: 'Yes.', input: 40, output: 25 }));
  bourse.upstream('quarry').play(says('messages', { text: 'Yes.', input: 40, output: 35 }));
});
afterAll(() => bourse[Symbol.asyncDispose]());

const ask = async (model = 'tidal/current-70b', content = 'Where is my parcel?') => {
  const { data, response } = await bourse.openai.chat.completions
    .create({ model, messages: [{ role: 'user', content }] })
    .withResponse();
  return { id: data.id, token: response.headers.get('x-bourse-feedback-token') ?? '' };
};
const judge = (body: object) => bourse.post('/v1/feedback', body);
const digest = () => bourse.app.learner.digest();

describe('feedback', () => {
  it('with the token of its answer is taken at once and moves the beliefs; the same again does not', async () => {
    const { id, token } = await ask();
    const before = digest();
    const said = { request_id: id, score: 0.9, token };
    const first = await judge(said);
    expect(first.status).toBe(200);
    expect(await first.json()).toEqual({ request_id: id, source: 'user', score: 0.9, recorded: true });
    const after = digest();
    expect(after).not.toBe(before);
    expect((await judge(said)).status).toBe(200);
    expect(digest()).toBe(after);
  });

  it('that is revised counts as it was said last, and taken back leaves what was there before', async () => {
    const { id, token } = await ask();
    await judge({ request_id: id, label: 'good', token });
    const good = digest();
    await judge({ request_id: id, label: 'bad', token });
    expect(digest()).not.toBe(good);
    await judge({ request_id: id, label: 'good', token });
    expect(digest()).toBe(good);
    const { feedback } = await bourse.read(`/v1/decisions/${id}`);
    expect(feedback).toEqual([expect.objectContaining({ source: 'user', score: 1 })]);
  });

  it('for a request nobody made, without a score or with one out of range is refused and moves nothing', async () => {
    const { id, token } = await ask();
    await settled(bourse, id);
    const before = digest();
    expect((await judge({ request_id: 'nobody-made-this', score: 1, token })).status).toBe(404);
    expect((await judge({ request_id: id, score: 7, token })).status).toBe(400);
    expect((await judge({ request_id: id, token })).status).toBe(400);
    expect(digest()).toBe(before);
  });

  it('sent the very moment the answer is there is not lost, nor is feedback on a stream that is still running', async () => {
    for (let number = 0; number < 20; number += 1) {
      const { id, token } = await ask();
      expect((await judge({ request_id: id, score: 0.3, token })).status).toBe(200);
    }
    const gate = Promise.withResolvers<void>();
    bourse.upstream('harbor').play(rests('chat', { text: 'A long answer, and more of it.' }, gate.promise));
    const { data, response } = await bourse.openai.chat.completions
      .create({ model: 'tidal/current-70b', messages: [{ role: 'user', content: 'Tell me.' }], stream: true })
      .withResponse();
    const id = response.headers.get('x-bourse-request-id') ?? '';
    const token = response.headers.get('x-bourse-feedback-token') ?? '';
    const before = digest();
    for (const source of ['user', 'eval'])
      expect((await judge({ request_id: id, score: 0.5, token, source })).status).toBe(200);
    expect(digest()).toBe(before);
    gate.resolve();
    let text = '';
    for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('A long answer, and more of it.');
    expect((await settled(bourse, id)).feedback).toHaveLength(2);
    expect(digest()).not.toBe(before);
    await expectSameAfterRestart();
  });

  it('by several sources at once, in any order, leaves one belief', async () => {
    const answers = await Promise.all(MODELS.flatMap((model) => PROMPTS.map((prompt) => ask(model, prompt))));
    const rng = seededRng(11);
    const sources = ['user', 'eval', 'judge', 'thumbs'];
    const sayings = answers.flatMap(({ id, token }) =>
      Array.from({ length: 4 }, () => ({
        request_id: id,
        token,
        source: sources[Math.floor(rng.next() * sources.length)],
        score: Math.round(rng.next() * 100) / 100,
      })),
    );
    const statuses = await Promise.all(sayings.map(async (saying) => (await judge(saying)).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
    await expectSameAfterRestart();
  });
});

const expectSameAfterRestart = async (): Promise<void> => {
  const before = digest();
  await bourse.restart();
  expect(digest()).toBe(before);
};

describe('a restart', () => {
  it('rebuilds the same beliefs from the ledger after answers, failures, fallbacks, refusals, cut and judged streams', async () => {
    const rng = seededRng(5);
    for (let number = 0; number < 30; number += 1) {
      const dice = rng.next();
      if (dice < 0.2)
        bourse.upstream('harbor').play({ status: 500, steps: [] }, says('chat', { text: 'late', output: 11 }));
      else if (dice < 0.3) bourse.upstream('harbor').play({ before: { reset: true }, steps: [] });
      else bourse.upstream('harbor').play(says('chat', { text: 'x', input: 40, output: 5 + Math.floor(dice * 90) }));
      const model = dice < 0.5 ? 'auto' : dice < 0.7 ? 'auto/slow' : (MODELS[number % 3] ?? 'auto');
      const answer = await ask(model, PROMPTS[number % PROMPTS.length]).catch(() => undefined);
      if (answer && rng.next() < 0.6)
        await judge({
          request_id: answer.id,
          token: answer.token,
          score: rng.next(),
          source: rng.next() < 0.5 ? 'user' : 'eval',
        });
    }
    await expectSameAfterRestart();
    // And still does when it learns on from there.
    bourse.upstream('harbor').play(says('chat', { text: 'Yes.' }));
    const { id, token } = await ask();
    await judge({ request_id: id, token, score: 1, source: 'eval' });
    await expectSameAfterRestart();
  });

  it('still knows the tokens it gave out before', async () => {
    const { id, token } = await ask();
    await bourse.restart();
    const before = digest();
    expect((await judge({ request_id: id, token, score: 0 })).status).toBe(200);
    expect(digest()).not.toBe(before);
  });
});

// What answers show of themselves and what a judge says of them: on the record, in the beliefs, the same after a restart, and never as text.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { says } from '../support/answers.ts';
import { type Bourse, settled, startBourse, until } from '../support/bourse.ts';

const PATIENCE = { timeout: 60_000 };
const MODEL = 'tidal/current-70b';
const CITY = {
  type: 'json_schema',
  json_schema: {
    name: 'city',
    schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const;
const TOOL = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const;
/** Words that stand in no file of the router's afterwards. */
const SECRET = 'xylograph';

let bourse: Bourse;
const judgedBy = (spend: string) => ({ feedback: { judge: { model: 'lumen/spark', share: '100%', spend } } });
beforeAll(async () => {
  bourse = await startBourse({
    sellers: [
      { name: 'harbor', dialect: 'chat', sells: [{ model: MODEL }], data: { training: 'never', retention: 'none' } },
      { name: 'quarry', dialect: 'messages', sells: [{ model: 'lumen/spark' }] },
    ],
    policies: {
      judged: { models: [MODEL], ...judgedBy('$1/day') },
      // Nobody knows what the judge's seller does with data.
      closed: { models: [MODEL], require: { data: { training: 'never' } }, ...judgedBy('$1/day') },
      poor: { models: [MODEL], ...judgedBy('$0.000001/day') },
      strict: { models: [MODEL], feedback: { weights: { schema: 3 } } },
    },
  });
});
afterAll(() => bourse[Symbol.asyncDispose]());

const ask = async (body: object, text: string, model = MODEL) => {
  bourse.upstream('harbor').play(says('chat', { text }));
  const response = await bourse.post('/v1/chat/completions', {
    model,
    messages: [{ role: 'user', content: `Which city? ${SECRET}` }],
    ...body,
  });
  expect(response.status).toBe(200);
  await response.text();
  return settled(bourse, response.headers.get('x-bourse-request-id') ?? '');
};
const scoresOf = ({ outcome }: Awaited<ReturnType<typeof ask>>) =>
  Object.fromEntries((outcome.signals ?? []).map(({ source, score }) => [source, score]));

describe('what an answer shows of itself', PATIENCE, () => {
  it('is on the record with how it ended: a schema that was asked for holds or not, whole or as a stream', async () => {
    expect(scoresOf(await ask({}, 'Oslo.'))).toEqual({ '@finish': 1 });
    expect(scoresOf(await ask({ response_format: CITY }, '{"city":"Oslo"}'))).toEqual({ '@finish': 1, '@schema': 1 });
    expect(scoresOf(await ask({ response_format: CITY }, '{"town":1}'))).toEqual({ '@finish': 1, '@schema': 0 });
    const streamed = await ask({ response_format: CITY, stream: true }, 'Oslo, of course!');
    expect(scoresOf(streamed)).toEqual({ '@finish': 1, '@schema': 0 });
  });

  it('counts tool calls that can be carried out', async () => {
    bourse.upstream('harbor').play(says('chat', { calls: [{ name: 'weather', args: { city: 'Oslo' } }] }));
    const { data, response } = await bourse.openai.chat.completions
      .create({ model: MODEL, messages: [{ role: 'user', content: 'Rain?' }], tools: [TOOL] })
      .withResponse();
    expect(data.choices[0]?.finish_reason).toBe('tool_calls');
    const good = await settled(bourse, response.headers.get('x-bourse-request-id') ?? '');
    expect(good.outcome.signals).toMatchObject([{ source: '@finish' }, { source: '@tools', score: 1 }]);
  });

  it('lowers what is believed of the model, and a restart believes the same', async () => {
    const { learner } = bourse.app;
    const before = learner.digest();
    await ask({ response_format: CITY }, 'no JSON at all');
    const after = learner.digest();
    expect(after).not.toBe(before);
    await bourse.restart();
    expect(bourse.app.learner.digest()).toBe(after);
  });

  it('counts beside a person’s word where the policy weighs it, and a restart agrees', async () => {
    const { decision } = await ask({ response_format: CITY }, 'no JSON', 'auto/strict');
    const said = { request_id: decision.requestId, score: 1 };
    expect((await bourse.post('/v1/feedback', said)).status).toBe(200);
    const digest = bourse.app.learner.digest();
    let reward: number | undefined;
    for await (const lessons of bourse.app.ledger.lessons())
      reward ??= lessons.find(({ requestId }) => requestId === decision.requestId)?.reward;
    expect(reward).toBeCloseTo(1 / 4);
    await bourse.restart();
    expect(bourse.app.learner.digest()).toBe(digest);
  });

  it('cannot be said by a client in our name', async () => {
    const { decision } = await ask({}, 'Oslo.');
    const forged = await bourse.post('/v1/feedback', { request_id: decision.requestId, score: 0, source: '@schema' });
    expect(forged.status).toBe(400);
  });
});

describe('a judge', PATIENCE, () => {
  const judged = async (policy: string) => {
    const { decision } = await ask({}, `Oslo, says the ${SECRET}.`, `auto/${policy}`);
    return decision.requestId;
  };
  const asked = () => bourse.upstream('quarry').seen.length;

  it('reads the answer and its score is on the record as a signal, its cost as overhead, and no text anywhere', async () => {
    bourse.upstream('quarry').play(says('messages', { text: 'Fine.\n{"score": 80}', input: 300, output: 12 }));
    const id = await judged('judged');
    const view = await until(async () => {
      const found = await bourse.app.ledger.request(id);
      return found?.feedback.length ? found : undefined;
    });
    expect(view.feedback).toMatchObject([{ source: '@judge', score: 0.8, taken: { value: 0.8 } }]);
    expect(bourse.upstream('quarry').seen.at(-1)?.body).toContain(SECRET);
    const now = Date.now();
    const range = { from: now - 600_000, to: now + 1, reason: 'judge' };
    const [spent] = await bourse.app.ledger.spend(range, 'policy');
    expect(spent).toMatchObject({ key: '(judge judged)', cost: 324_000 });
    await bourse.restart();
    for (const name of readdirSync(join(bourse.folder, 'data')).filter((file) => file.startsWith('ledger')))
      expect(readFileSync(join(bourse.folder, 'data', name)).includes(SECRET)).toBe(false);
  });

  it('is not asked where money or the policy’s terms on data forbid it, and a judge that rambles says nothing', async () => {
    const before = asked();
    await judged('poor');
    await judged('closed');
    bourse.upstream('quarry').play(says('messages', { text: 'I would rather not grade this.' }));
    const id = await judged('judged');
    await until(() => asked() > before || undefined);
    await bourse.restart();
    expect(asked()).toBe(before + 1);
    expect((await bourse.app.ledger.request(id))?.feedback).toEqual([]);
  });
});

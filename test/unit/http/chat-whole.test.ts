import { APIUserAbortError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Ask } from '../../../src/core/ask.ts';
import type { Frame } from '../../../src/core/chat.ts';
import { RouterError } from '../../../src/core/errors.ts';
import type { OfferKey } from '../../../src/core/offer.ts';
import { buildServer, runOf, type Script, startServer } from '../../support/http-server.ts';
import { failureFrame, finishFrame, textFrame, usageFrame } from '../../support/provider.ts';

const played = (script: Script) => (ask: Ask) => Promise.resolve(runOf(ask, script));
const hello = [textFrame('Hello'), usageFrame(12, 3), finishFrame];
const messages = [{ role: 'user' as const, content: 'hi' }];

const post = (scene: Parameters<typeof buildServer>[0], headers: Record<string, string> = {}) => {
  const stage = buildServer(scene);
  const answer = stage.app.inject({
    method: 'POST',
    url: '/v1/chat/completions',
    headers,
    payload: { model: 'auto', messages },
  });
  return { ...stage, answer };
};

describe('a whole answer', () => {
  it('reaches the real client with usage, cost and headers', async () => {
    await using server = await startServer({ route: played({ frames: hello, outcome: { attempts: [] } }) });
    const call = server.openai.chat.completions.create({ model: 'auto', messages });
    const { data, response, request_id: requestId } = await call.withResponse();
    expect(data).toMatchObject({
      id: 'req-1',
      object: 'chat.completion',
      model: 'lumen/spark',
      choices: [{ message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15, cost_usd: 0.000012345 },
    });
    expect(requestId).toBe('req-1');
    expect(response.headers.get('x-bourse-cost-usd')).toBe('0.000012345');
    expect(response.headers.get('x-bourse-baseline-usd')).toBe('0.098765');
    expect(response.headers.get('x-bourse-policy')).toBe('auto');
  });

  it('that follows a schema is parsed by the client', async () => {
    const Parcel = z.object({ place: z.string(), days: z.number() });
    await using server = await startServer({
      route: played({ frames: [textFrame('{"place":"Oslo","days":2}'), finishFrame] }),
    });
    const answer = await server.openai.chat.completions.parse({
      model: 'auto',
      messages,
      response_format: zodResponseFormat(Parcel, 'parcel'),
    });
    expect(answer.choices[0]?.message.parsed).toEqual({ place: 'Oslo', days: 2 });
    expect(server.asks[0]?.request.output).toMatchObject({ kind: 'schema', name: 'parcel' });
  });

  it('runs the client’s own tool loop', async () => {
    const called: Frame[] = [
      {
        events: [
          { type: 'tool-call-start', index: 0, id: 'call_1', name: 'weather' },
          { type: 'tool-call-delta', index: 0, arguments: '{"city":"Oslo"}' },
          { type: 'finish', reason: 'tool_calls' },
        ],
      },
    ];
    let turn = 0;
    await using server = await startServer({
      route: (ask) => {
        turn += 1;
        return played({ frames: turn === 1 ? called : [textFrame('Rain.'), finishFrame] })(ask);
      },
    });
    const runner = server.openai.chat.completions.runTools({
      model: 'auto',
      messages,
      tools: [
        {
          type: 'function',
          function: {
            name: 'weather',
            description: 'the weather',
            parameters: { type: 'object', properties: { city: { type: 'string' } } },
            parse: JSON.parse,
            function: ({ city }: { city: string }) => `rain in ${city}`,
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('Rain.');
    expect(server.asks[1]?.request.messages.at(-1)).toMatchObject({ role: 'tool', text: 'rain in Oslo' });
  });

  it('that broke is an error with the outcome’s code, never a part', async () => {
    const { answer } = post({
      route: played({
        frames: [textFrame('Hel'), failureFrame({ sort: 'timeout', phase: 'body' })],
        outcome: { status: 'failed', error: 'upstream_timeout' },
      }),
    });
    const { statusCode, body, headers } = await answer;
    expect(statusCode).toBe(504);
    expect(body).not.toContain('Hel');
    expect(headers['x-bourse-attempts']).toBe('1');
  });

  it('with no finish in it is an error', async () => {
    expect((await post({ route: played({ frames: [textFrame('Hel')] }) }).answer).statusCode).toBe(502);
  });

  it('longer than the bound is an error', async () => {
    const { answer } = post({
      route: played({ frames: [...Array.from({ length: 5 }, () => textFrame('x')), finishFrame] }),
      sizes: { answerFrames: 5 },
    });
    expect((await answer).statusCode).toBe(502);
  });

  it('does not wait for ever for its bill', async () => {
    const { answer } = post({
      times: { billMs: 5 },
      route: (ask) =>
        Promise.resolve({ ...runOf(ask, { frames: hello }), settled: new Promise<never>(() => undefined) }),
    });
    const { statusCode, headers } = await answer;
    expect({ statusCode, cost: headers['x-bourse-cost-usd'] }).toEqual({ statusCode: 200, cost: undefined });
  });

  it('cannot be made to set a header by the name of a model', async () => {
    const evil = 'lumen:lumen/spark\r\nset-cookie: owned=1\r\n\r\n<html>' as OfferKey;
    const { answer } = post({
      route: (ask) => Promise.resolve({ ...runOf(ask, { frames: hello }), offer: evil }),
    });
    const { statusCode, headers } = await answer;
    expect(statusCode).toBe(200);
    expect(headers['set-cookie']).toBeUndefined();
    expect(headers['x-bourse-model']).toBe('lumen/spark??set-cookie: owned=1????<html>');
  });
});

describe('an ask', () => {
  it('takes exploration and deadline from headers', async () => {
    const { answer, asks } = post(
      { route: played({ frames: hello }) },
      { 'x-bourse-explore': 'never', 'x-request-timeout-ms': '1500' },
    );
    await answer;
    expect(asks[0]).toMatchObject({ requestId: 'req-1', explore: 'never', deadlineMs: 1500, caller: { id: 'local' } });
  });

  it.each([
    ['x-bourse-explore', 'sometimes'],
    ['x-request-timeout-ms', '1.5'],
    ['x-request-timeout-ms', '0'],
    ['x-request-timeout-ms', '99999999999999999999'],
  ])('refuses %s: %s and names the header', async (name, value) => {
    const { statusCode, body } = await post({ route: played({ frames: hello }) }, { [name]: value }).answer;
    expect(statusCode).toBe(400);
    expect(JSON.parse(body).error.param).toBe(name);
  });

  it('of a client that leaves while a whole answer is made is cancelled', async () => {
    const seen = Promise.withResolvers<boolean>();
    const began = Promise.withResolvers<void>();
    const frames = async function* (ask: Ask): AsyncIterable<Frame> {
      began.resolve();
      await new Promise((resolve) => ask.signal.addEventListener('abort', resolve));
      seen.resolve(ask.signal.aborted);
      yield failureFrame({ sort: 'aborted', phase: 'body' });
    };
    await using server = await startServer({ route: played({ frames }) });
    const leave = new AbortController();
    const call = server.openai.chat.completions.create({ model: 'auto', messages }, { signal: leave.signal });
    await began.promise;
    leave.abort();
    await expect(call).rejects.toBeInstanceOf(APIUserAbortError);
    await expect(seen.promise).resolves.toBe(true);
  });

  it('that the route refuses keeps the refusal’s headers', async () => {
    const { answer } = post({
      route: () =>
        Promise.reject(
          new RouterError('upstream_exhausted', 'Three offers failed.', { headers: { 'x-bourse-attempts': '3' } }),
        ),
    });
    const { headers } = await answer;
    expect(headers).toMatchObject({ 'x-bourse-attempts': '3', 'x-bourse-request-id': 'req-1' });
  });
});

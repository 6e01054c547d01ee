// Properties of the chat dialect: streams cut anywhere read the same, nothing makes a reader throw, meters add up, round trips keep what was said.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatProviderOf } from '../../src/adapters/quirks.ts';
import type { ChatRequest, Message } from '../../src/core/chat.ts';
import { RouterError } from '../../src/core/errors.ts';
import { inputTokensOf, outputTokensOf } from '../../src/core/price.ts';
import { chatDialect, createChatDialect } from '../../src/dialects/chat.ts';
import { parseChatRequest } from '../../src/dialects/chat-request.ts';
import { readChatUsage } from '../../src/dialects/chat-usage.ts';
import { retryAfterMs } from '../../src/dialects/retry-after.ts';
import { scrub } from '../../src/dialects/scrub.ts';
import { assembled, readSse } from '../support/read-stream.ts';
import { sampleRequest } from '../support/sample.ts';

const RUNS = { numRuns: 300 };
const chunk = (delta: object, finish: string | null = null): object => ({
  id: 'c',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const delta = fc.oneof(
  text.map((content) => ({ content })),
  text.map((reasoning_content) => ({ reasoning_content })),
  fc
    .tuple(fc.nat({ max: 2 }), text)
    .map(([index, words]) => ({ tool_calls: [{ index, function: { arguments: words } }] })),
  fc
    .nat({ max: 2 })
    .map((index) => ({ tool_calls: [{ index, id: `call_${index}`, function: { name: 'f', arguments: '' } }] })),
);
const newline = fc.constantFrom('\n', '\r\n', '\r');
const comment = fc.constantFrom('', ': keep-alive', ': OPENROUTER PROCESSING');

/** A valid stream with mixed line ends and comments between events. */
const streams = fc
  .tuple(
    fc.array(delta, { maxLength: 12 }),
    fc.array(newline, { minLength: 1, maxLength: 5 }),
    fc.array(comment, { minLength: 1, maxLength: 4 }),
  )
  .map(([deltas, ends, comments]) => {
    const events = [
      ...deltas.map((one) => chunk(one)),
      chunk({}, 'stop'),
      { id: 'c', choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } },
    ];
    const lines = [...events.map((event) => `data: ${JSON.stringify(event)}`), 'data: [DONE]'];
    return lines
      .flatMap((line, at) => {
        const end = ends[at % ends.length] ?? '\n';
        const said = comments[at % comments.length] ?? '';
        return [said === '' ? '' : said + end + end, line, end, end];
      })
      .join('');
  });

const outcomeOf = (body: unknown): string => {
  try {
    parseChatRequest(body, 1);
    return 'taken';
  } catch (error) {
    return error instanceof RouterError ? error.code : String(error);
  }
};

describe('chat streams', () => {
  it('read the same however they are cut, whatever ends their lines', () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat(), { maxLength: 30 }), (sse, cuts) => {
        const whole = readSse(chatDialect, sse);
        expect(readSse(chatDialect, sse, cuts)).toEqual(whole);
        expect(whole.filter(({ type }) => type === 'finish' || type === 'failure')).toHaveLength(1);
      }),
      RUNS,
    );
  });

  it('read the same byte by byte', () => {
    fc.assert(
      fc.property(streams, (sse) => {
        const everywhere = Array.from({ length: Buffer.byteLength(sse) }, (_, at) => at);
        expect(readSse(chatDialect, sse, everywhere)).toEqual(readSse(chatDialect, sse));
      }),
      { numRuns: 30 },
    );
  });

  it('never make the reader throw, whatever the JSON', () => {
    const anything = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({ choices: fc.jsonValue(), usage: fc.jsonValue(), error: fc.jsonValue() }, { requiredKeys: [] })
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 6 }), (events) => {
        const reader = chatDialect.createStreamReader();
        const frames = [...events.map((data) => reader.read({ data })), reader.end()];
        expect(frames.every((frame) => frame === undefined || Array.isArray(frame.events))).toBe(true);
      }),
      RUNS,
    );
  });

  it('never make the whole reader or the error reader throw, and always end', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.integer({ min: 400, max: 599 }), (body, status) => {
        const { events } = chatDialect.readAnswer(body);
        expect(events.filter(({ type }) => type === 'finish' || type === 'failure')).toHaveLength(1);
        const cause = chatDialect.readError({ status, headers: {}, body });
        expect(cause.status).toBe(status);
        expect(cause.message.length).toBeLessThanOrEqual(512);
      }),
      RUNS,
    );
  });
});

describe('usage', () => {
  it('in disjoint meters adds up to what was reported, and is never negative', () => {
    const count = fc.nat({ max: 1_000_000 });
    fc.assert(
      fc.property(count, count, count, count, count, (prompt, completion, cached, reasoning, audio) => {
        const usage = {
          prompt_tokens: prompt,
          completion_tokens: completion,
          prompt_tokens_details: { cached_tokens: cached, audio_tokens: audio },
          completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: audio },
        };
        const meters = readChatUsage({ usage }, 'nowhere')?.usage ?? {};
        for (const units of Object.values(meters)) expect(Number.isSafeInteger(units) && units > 0).toBe(true);
        expect(inputTokensOf(meters)).toBe(cached <= prompt ? prompt : prompt + cached);
        expect(outputTokensOf(meters)).toBe(reasoning <= completion ? completion : completion + reasoning);
      }),
      RUNS,
    );
  });
});

describe('requests', () => {
  it('of any shape are taken or refused with a place, never anything else', () => {
    const near = fc.record(
      {
        model: fc.oneof(fc.constant('auto'), fc.jsonValue()),
        messages: fc.oneof(
          fc.jsonValue(),
          fc.array(
            fc.record(
              {
                role: fc.oneof(fc.constantFrom('user', 'tool', 'assistant'), fc.jsonValue()),
                content: fc.jsonValue(),
                tool_calls: fc.jsonValue(),
              },
              { requiredKeys: ['role'] },
            ),
          ),
        ),
        tools: fc.jsonValue(),
        stop: fc.jsonValue(),
        response_format: fc.jsonValue(),
        n: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(near, fc.jsonValue()), (body) => {
        expect(['taken', 'invalid_request']).toContain(outcomeOf(body));
      }),
      RUNS,
    );
  });

  const message: fc.Arbitrary<Message> = fc.oneof(
    text.map((words): Message => ({ role: 'system', text: words })),
    fc
      .array(text, { minLength: 1, maxLength: 3 })
      .map((all): Message => ({ role: 'user', parts: all.map((words) => ({ type: 'text', text: words })) })),
    text.map((words): Message => ({ role: 'assistant', text: words, toolCalls: [] })),
    fc.constant<Message>({
      role: 'user',
      parts: [{ type: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' } }],
    }),
  );
  const request: fc.Arbitrary<ChatRequest> = fc
    .record({
      messages: fc.array(message, { minLength: 1, maxLength: 6 }),
      stop: fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 3 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      seed: fc.integer(),
      effort: fc.constantFrom('none' as const, 'minimal' as const, 'low' as const, 'medium' as const, 'high' as const),
      maxOutputTokens: fc.integer({ min: 1, max: 9999 }),
    })
    .map((fields) => sampleRequest({ ...fields, dialect: 'messages', features: ['seed'] }));

  it('of another dialect written as chat are read back as they were', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const cap = asked.maxOutputTokens === undefined ? {} : { maxOutputTokens: asked.maxOutputTokens };
        const body = chatDialect.writeRequest(asked, { wireId: 'auto', ...cap });
        const { messages, stop, temperature, seed, effort, maxOutputTokens } = parseChatRequest(
          JSON.parse(JSON.stringify(body)),
          1,
        );
        expect({ messages, stop, seed, effort, maxOutputTokens }).toEqual({
          messages: asked.messages,
          stop: asked.stop,
          seed: asked.seed,
          effort: asked.effort,
          maxOutputTokens: asked.maxOutputTokens,
        });
        expect(temperature).toBeCloseTo(asked.temperature ?? 0, 12);
      }),
      RUNS,
    );
  });

  it('passed to a provider of the same dialect keep every field nobody knows', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1, maxLength: 8 }).map((name) => `x_${name}`),
          fc.jsonValue(),
          { maxKeys: 5 },
        ),
        (extra) => {
          const body = { model: 'auto', messages: [{ role: 'user', content: 'a' }], ...extra };
          for (const provider of ['openai', 'deepseek', 'mistral', 'house']) {
            const sent = createChatDialect(chatProviderOf(provider)).writeRequest(parseChatRequest(body, 1), {
              wireId: 'm',
            });
            expect(JSON.parse(JSON.stringify(sent))).toMatchObject(JSON.parse(JSON.stringify(extra)) as object);
          }
        },
      ),
      RUNS,
    );
  });
});

describe('small readers', () => {
  it('retry-after is a whole number from 0 to 900 000, or nothing', () => {
    const word = fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String), fc.date().map(String));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('retry-after', 'retry-after-ms', 'x-ms-retry-after-ms', 'date'), word),
        (headers) => {
          const ms = retryAfterMs(headers);
          expect(ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= 900_000)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('scrub lets no planted key through', () => {
    const key = fc.stringMatching(/^sk-[A-Za-z0-9]{20,60}$/);
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), key, fc.string({ maxLength: 300 }), (before, secret, after) => {
        expect(scrub(`${before} ${secret} ${after}`)).not.toContain(secret.slice(3, 23));
      }),
      RUNS,
    );
  });
});

/** A stream as several providers send it: two calls interleaved, reasoning, cached tokens, a usage chunk of its own. */
const RECORDED = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ reasoning_content: 'Two cities, ' }),
  chunk({ reasoning_content: 'two calls.' }),
  chunk({ content: 'Let me look' }),
  chunk({ content: '. 🌦' }),
  chunk({ tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
  chunk({ tool_calls: [{ index: 1, id: 'call_b', type: 'function', function: { name: 'weather', arguments: '' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '"Oslo"}' } }] }),
  chunk({ tool_calls: [{ index: 1, function: { arguments: '{"city":"Rome"}' } }] }),
  chunk({}, 'tool_calls'),
  {
    id: 'c',
    choices: [],
    usage: {
      prompt_tokens: 120,
      completion_tokens: 45,
      total_tokens: 165,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 12 },
    },
  },
]
  .map((event) => `data: ${JSON.stringify(event)}\n\n`)
  .concat('data: [DONE]\n\n')
  .join('');

describe('beside another reader', () => {
  it('a recorded stream says the same', async () => {
    const ours = assembled(readSse(chatDialect, RECORDED));
    const model = createOpenAICompatible({
      name: 'oracle',
      baseURL: 'http://oracle.invalid/v1',
      includeUsage: true,
      fetch: () => Promise.resolve(new Response(RECORDED, { headers: { 'content-type': 'text/event-stream' } })),
    }).chatModel('m');
    const { stream } = await model.doStream({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'Weather?' }] }],
    });
    const theirs = { text: '', reasoning: '', calls: [] as object[], finish: '', usage: {} as object };
    for await (const part of stream) {
      if (part.type === 'text-delta') theirs.text += part.delta;
      if (part.type === 'reasoning-delta') theirs.reasoning += part.delta;
      if (part.type === 'tool-call')
        theirs.calls.push({ id: part.toolCallId, name: part.toolName, arguments: part.input });
      if (part.type === 'finish') {
        const { inputTokens, outputTokens } = part.usage;
        theirs.finish = part.finishReason.unified;
        theirs.usage = {
          input: inputTokens.noCache,
          cached_input: inputTokens.cacheRead,
          output: outputTokens.text,
          reasoning: outputTokens.reasoning,
        };
      }
    }
    expect(ours.text).toBe(theirs.text);
    expect(ours.reasoning).toBe(theirs.reasoning);
    expect(ours.calls).toEqual(theirs.calls);
    expect(ours.usage).toEqual(theirs.usage);
    expect(ours.finish?.replace('_', '-')).toBe(theirs.finish);
  });
});

// What a chat client receives, from whichever dialect the answer came.
import { describe, expect, it } from 'vitest';
import type { ChatEvent, Frame, JsonObject } from '../../../src/core/chat.ts';
import { chatDialect } from '../../../src/dialects/chat.ts';
import { createChatWriter } from '../../../src/dialects/chat-writer.ts';

const OPTIONS = { id: 'req_1', created: 100, model: 'maker/model', includeUsage: false };
const OURS = { id: 'req_1', object: 'chat.completion.chunk', created: 100, model: 'maker/model' };
const frame = (...events: ChatEvent[]): Frame => ({ events });
const choice = (delta: object, finish: string | null = null) => [{ index: 0, delta, finish_reason: finish }];

/** The frames a provider's stream gives. */
const readAll = (...chunks: readonly object[]): Frame[] => {
  const reader = chatDialect.createStreamReader();
  return chunks.flatMap((chunk) => reader.read({ data: JSON.stringify(chunk) }) ?? []);
};
const chunkOf = (choices: object, rest: object = {}) => ({
  id: 'theirs',
  object: 'chat.completion.chunk',
  created: 5,
  model: 'their-name',
  choices,
  ...rest,
});

describe('the chat writer, streaming', () => {
  it('passes a chat provider’s chunks on, with one id, time and model, and unknown fields kept', () => {
    const writer = createChatWriter(OPTIONS);
    const frames = readAll(
      chunkOf(choice({ role: 'assistant', content: '' }), { system_fingerprint: 'fp' }),
      chunkOf([{ index: 0, delta: { content: 'Hi' }, finish_reason: null, logprobs: { content: [] } }]),
      chunkOf(choice({}, 'stop')),
    );
    expect(frames.flatMap((one) => writer.chunks(one))).toEqual([
      { ...OURS, system_fingerprint: 'fp', choices: choice({ role: 'assistant', content: '' }) },
      { ...OURS, choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null, logprobs: { content: [] } }] },
      { ...OURS, choices: choice({}, 'stop') },
    ]);
  });

  it('opens with the role even where the first chunk it is given has none', () => {
    const writer = createChatWriter(OPTIONS);
    const [first, second] = writer.chunks(frame({ type: 'text-delta', text: 'Hi' }));
    expect(first).toEqual({ ...OURS, choices: choice({ role: 'assistant', content: '' }) });
    expect(second).toEqual({ ...OURS, choices: choice({ content: 'Hi' }) });
    expect(writer.chunks(frame({ type: 'text-delta', text: '!' }))).toHaveLength(1);
  });

  it('writes events of other dialects', () => {
    const writer = createChatWriter(OPTIONS);
    const chunks = writer.chunks(
      frame(
        { type: 'reasoning-delta', text: 'hm' },
        { type: 'tool-call-start', index: 0, id: 'c1', name: 'weather' },
        { type: 'tool-call-delta', index: 0, arguments: '{}' },
        { type: 'refusal-delta', text: 'no' },
        { type: 'usage', usage: { input: 1 } },
        { type: 'finish', reason: 'tool_calls' },
      ),
    );
    expect(chunks.slice(1).map((chunk) => chunk['choices'])).toEqual([
      choice({ reasoning_content: 'hm' }),
      choice({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'weather', arguments: '' } }] }),
      choice({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
      choice({ refusal: 'no' }),
      choice({}, 'tool_calls'),
    ]);
  });

  it('hides the provider’s usage and ends with ours, priced, for a client that asked', () => {
    const writer = createChatWriter({ ...OPTIONS, includeUsage: true });
    const usage = { prompt_tokens: 10, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 6 } };
    const frames = readAll(
      chunkOf(choice({ content: 'Hi' })),
      chunkOf(choice({}, 'stop'), { usage }),
      chunkOf([], { usage }),
    );
    const chunks = frames.flatMap((one) => writer.chunks(one));
    expect(chunks).toHaveLength(3);
    for (const chunk of chunks) expect(chunk['usage']).toBeNull();
    expect(writer.usageChunk({ cost_usd: 0.5 })).toEqual({
      ...OURS,
      choices: [],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 4,
        total_tokens: 14,
        prompt_tokens_details: { cached_tokens: 6, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
        cost_usd: 0.5,
      },
    });
  });

  it('says nothing of usage to a client that did not ask', () => {
    const writer = createChatWriter(OPTIONS);
    const frames = readAll(
      chunkOf(choice({ content: 'Hi' }, 'stop'), { usage: { prompt_tokens: 1 }, x_groq: { id: 'g' } }),
    );
    for (const chunk of frames.flatMap((one) => writer.chunks(one))) {
      expect(chunk).not.toHaveProperty('usage');
      expect(chunk).not.toHaveProperty('x_groq');
    }
  });

  it('writes no chunk for a failure, and one that SDKs take for an error at the end', () => {
    const writer = createChatWriter(OPTIONS);
    const cause = { sort: 'cut', phase: 'stream', message: 'x' } as const;
    expect(writer.chunks(frame({ type: 'failure', cause }))).toEqual([]);
    expect(writer.failure('It broke.', 'stream_interrupted')).toEqual({
      ...OURS,
      choices: choice({ content: '' }, 'error'),
      error: { message: 'It broke.', type: 'upstream_error', code: 'stream_interrupted', param: null },
    });
  });

  it('renumbers tool calls that all came as number 0', () => {
    const writer = createChatWriter(OPTIONS);
    const call = (id: string) => ({ tool_calls: [{ index: 0, id, function: { name: 'weather', arguments: '{}' } }] });
    const chunks = readAll(chunkOf(choice(call('a'))), chunkOf(choice(call('b')))).flatMap((one) => writer.chunks(one));
    const indexes = chunks.flatMap((chunk) => JSON.stringify(chunk).match(/"index":\d,"id":"."/g) ?? []);
    expect(indexes).toEqual(['"index":0,"id":"a"', '"index":1,"id":"b"']);
  });
});

describe('the chat writer, whole', () => {
  const whole = (frames: readonly Frame[], extras: JsonObject = {}) => createChatWriter(OPTIONS).whole(frames, extras);

  it('keeps a chat provider’s body but for id, model, time and usage', () => {
    const body = {
      id: 'theirs',
      object: 'chat.completion',
      created: 5,
      model: 'their-name',
      system_fingerprint: 'fp',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'a', annotations: [] },
          finish_reason: 'stop',
          logprobs: null,
        },
        { index: 1, message: { role: 'assistant', content: 'b' }, finish_reason: 'length' },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    };
    expect(whole([chatDialect.readAnswer(JSON.stringify(body))], { cost_usd: 1 })).toEqual({
      ...body,
      id: 'req_1',
      created: 100,
      model: 'maker/model',
      usage: expect.objectContaining({
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        cost_usd: 1,
      }) as unknown,
    });
  });

  it('puts an answer of another dialect together', () => {
    const completion = whole([
      frame({ type: 'reasoning-delta', text: 'hm' }, { type: 'text-delta', text: 'Hello' }),
      frame({ type: 'text-delta', text: '!' }, { type: 'usage', usage: { input: 2, output: 1, reasoning: 3 } }),
      frame({ type: 'finish', reason: 'length' }),
    ]);
    expect(completion).toMatchObject({
      object: 'chat.completion',
      model: 'maker/model',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello!', reasoning_content: 'hm', refusal: null },
          finish_reason: 'length',
        },
      ],
      usage: { prompt_tokens: 2, completion_tokens: 4, completion_tokens_details: { reasoning_tokens: 3 } },
    });
  });

  it('has null for content where there are only tool calls', () => {
    const completion = whole([
      frame(
        { type: 'tool-call-start', index: 0, id: 'c1', name: 'weather' },
        { type: 'tool-call-delta', index: 0, arguments: '{"a":1}' },
      ),
      frame({ type: 'finish', reason: 'tool_calls' }),
    ]);
    expect(completion).toMatchObject({
      choices: [
        { message: { content: null, tool_calls: [{ id: 'c1', function: { name: 'weather', arguments: '{"a":1}' } }] } },
      ],
    });
  });

  it('takes usage from its caller where the provider gave none', () => {
    const answer = [frame({ type: 'text-delta', text: 'a' }, { type: 'finish', reason: 'stop' })];
    expect(createChatWriter(OPTIONS).whole(answer, {}, { input: 7, output: 1 })).toMatchObject({
      usage: { prompt_tokens: 7 },
    });
  });
});

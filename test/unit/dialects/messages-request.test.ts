import { describe, expect, it } from 'vitest';
import type { ChatRequest, Message } from '../../../src/core/chat.ts';
import type { Feature } from '../../../src/core/dialect.ts';
import { ANSWER_TOOL } from '../../../src/dialects/answer-tool.ts';
import { messagesDialect } from '../../../src/dialects/messages.ts';
import { DEFAULT_MAX_TOKENS } from '../../../src/dialects/messages-request.ts';
import { sampleRequest } from '../../support/sample.ts';

const OLD = 'claude-sonnet-4-20250514';
const BUDGET = 'claude-sonnet-4-5-20250929';
const ADAPTIVE = 'claude-opus-4-6';
const NEW = 'claude-opus-4-8';
const NEWEST = 'claude-opus-5-5';

const write = (change: Partial<ChatRequest>, wireId = BUDGET, maxOutputTokens?: number) =>
  messagesDialect.writeRequest(sampleRequest(change), {
    wireId,
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  });

const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });
const assistant = (text: string, ...ids: string[]): Message => ({
  role: 'assistant',
  text,
  toolCalls: ids.map((id) => ({ id, name: 'weather', arguments: '{"city":"Bonn"}' })),
});
const result = (callId: string, text: string, isError = false): Message => ({
  role: 'tool',
  callId,
  name: 'weather',
  text,
  isError,
});
const weather = {
  name: 'weather',
  description: 'Of a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const schema = {
  type: 'object',
  properties: { age: { type: 'integer', minimum: 0, description: 'In years.' } },
  required: ['age'],
};
const jsonSchema = { kind: 'schema', name: 'person', schema, strict: true } as const;

describe('a plain request', () => {
  it('has the model, the conversation and a cap even where nobody set one', () => {
    expect(write({})).toEqual({
      model: BUDGET,
      max_tokens: DEFAULT_MAX_TOKENS,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Where is my parcel?' }] }],
      stream: false,
    });
  });

  it('takes the cap it is given over the caller’s own', () => {
    expect(write({ maxOutputTokens: 500 }, BUDGET, 200)['max_tokens']).toBe(200);
    expect(write({ maxOutputTokens: 500 })['max_tokens']).toBe(500);
  });

  it('hands on stop sequences and the wish to stream', () => {
    expect(write({ stop: ['END', '###'], stream: true })).toMatchObject({
      stop_sequences: ['END', '###'],
      stream: true,
    });
  });
});

describe('the conversation', () => {
  it('puts leading system messages into system, one block each, and leaves later ones in their place', () => {
    const body = write({
      messages: [
        { role: 'system', text: 'Be kind.' },
        { role: 'system', text: 'Be brief.' },
        user('Hello'),
        assistant('Hi!'),
        { role: 'system', text: 'Speak German.' },
        user('Where is it?'),
      ],
    });
    expect(body['system']).toEqual([
      { type: 'text', text: 'Be kind.' },
      { type: 'text', text: 'Be brief.' },
    ]);
    expect(body['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'Hi!' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: '<system>\nSpeak German.\n</system>' },
          { type: 'text', text: 'Where is it?' },
        ],
      },
    ]);
  });

  it('makes system messages the user’s turn where nobody says anything else', () => {
    const body = write({ messages: [{ role: 'system', text: 'Tell a joke.' }] });
    expect(body['system']).toBeUndefined();
    expect(body['messages']).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Tell a joke.' }] }]);
  });

  it('merges neighbours of one role and drops empty texts, which would be refused', () => {
    const body = write({ messages: [user('One.'), user(''), user('Two.'), assistant(''), assistant('Three.')] });
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'One.' },
          { type: 'text', text: 'Two.' },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'Three.' }] },
    ]);
  });

  it('trims the end of a last turn of the assistant, which is a beginning to go on from', () => {
    const body = write({ messages: [user('A haiku'), assistant('Old pond \n')] });
    expect(body['messages']).toMatchObject([{}, { content: [{ text: 'Old pond' }] }]);
  });

  it('writes images as data or as a URL', () => {
    const body = write({
      messages: [
        {
          role: 'user',
          parts: [
            { type: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' } },
            { type: 'image', source: { from: 'url', url: 'https://example.com/a.png' } },
          ],
        },
      ],
    });
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
          { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
        ],
      },
    ]);
  });

  it('puts parallel results before anything else said in their turn, with their errors', () => {
    const body = write({
      messages: [user('Weather?'), assistant('', 'a', 'b'), user('Hurry!'), result('b', 'rain'), result('a', '', true)],
      tools: [weather],
    });
    expect(body['messages']).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Bonn' } },
          { type: 'tool_use', id: 'b' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'b', content: 'rain' },
          { type: 'tool_result', tool_use_id: 'a', is_error: true },
          { type: 'text', text: 'Hurry!' },
        ],
      },
    ]);
  });

  it('gives ids of other providers letters it takes, and calls of one id an id each', () => {
    const body = write({
      messages: [
        user('Weather?'),
        assistant('', 'call:0'),
        result('call:0', 'sun'),
        assistant('', 'call:0'),
        result('call:0', 'rain'),
      ],
    });
    expect(body['messages']).toMatchObject([
      {},
      { content: [{ id: 'call_0' }] },
      { content: [{ tool_use_id: 'call_0', content: 'sun' }] },
      { content: [{ id: 'call_0_2' }] },
      { content: [{ tool_use_id: 'call_0_2', content: 'rain' }] },
    ]);
  });

  it('keeps arguments that do not parse, and makes none of empty ones', () => {
    const call = (text: string): Message => ({
      role: 'assistant',
      text: '',
      toolCalls: [{ id: text || 'x', name: 'f', arguments: text }],
    });
    const body = write({ messages: [user('?'), call('{"a":'), call('')] });
    expect(body['messages']).toMatchObject([{}, { content: [{ input: { arguments: '{"a":' } }, { input: {} }] }]);
  });
});

describe('tools', () => {
  const choices: readonly (readonly [NonNullable<ChatRequest['toolChoice']>, object])[] = [
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [{ name: 'weather' }, { type: 'tool', name: 'weather' }],
  ];
  it.each(choices)('writes the choice %j', (toolChoice, written) => {
    expect(write({ tools: [weather], toolChoice })['tool_choice']).toEqual(written);
  });

  it('says nothing of a choice nobody made, and makes calls serial where they must be', () => {
    expect(write({ tools: [weather] })['tool_choice']).toBeUndefined();
    const features: Feature[] = ['serial_tools'];
    expect(write({ tools: [weather], features })['tool_choice']).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    });
    expect(write({ tools: [weather], features, toolChoice: 'required' })['tool_choice']).toEqual({
      type: 'any',
      disable_parallel_tool_use: true,
    });
  });

  it('hands a schema on as it is, and narrows it only for a strict tool', () => {
    const loose = { ...weather, parameters: { properties: { city: { type: 'string', minLength: 2 } } } };
    expect(write({ tools: [loose] })['tools']).toEqual([
      {
        name: 'weather',
        description: 'Of a city.',
        input_schema: { type: 'object', properties: { city: { type: 'string', minLength: 2 } } },
      },
    ]);
    expect(write({ tools: [{ ...loose, strict: true }] })['tools']).toMatchObject([
      {
        strict: true,
        input_schema: {
          properties: { city: { type: 'string', description: '(minLength: 2)' } },
          additionalProperties: false,
        },
      },
    ]);
    expect(JSON.stringify(write({ tools: [{ ...loose, strict: true }] }, OLD)['tools'])).not.toContain('strict');
  });
});

describe('JSON answers', () => {
  it('go to the decoder as a schema without the keywords it refuses', () => {
    const body = write({ output: jsonSchema });
    expect(body['output_config']).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: { age: { type: 'integer', description: 'In years. (minimum: 0)' } },
          required: ['age'],
          additionalProperties: false,
        },
      },
    });
    expect(body['tools']).toBeUndefined();
  });

  it('are a demanded tool call where the model has no such decoder', () => {
    const body = write({ output: jsonSchema }, OLD);
    expect(body['output_config']).toBeUndefined();
    expect(body['tools']).toMatchObject([{ name: ANSWER_TOOL, input_schema: schema }]);
    expect(body['tool_choice']).toEqual({ type: 'tool', name: ANSWER_TOOL });
  });

  it('are a demanded tool call where the schema is recursive or open', () => {
    const open = { type: 'object', properties: { any: { type: 'object' } }, required: ['any'] };
    const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, required: ['next'] };
    const recursive = { ...node, $defs: { node } };
    for (const one of [open, recursive]) {
      const body = write({ output: { ...jsonSchema, schema: one } });
      expect(body['tool_choice']).toEqual({ type: 'tool', name: ANSWER_TOOL });
    }
  });

  it('leave the caller’s tools a choice', () => {
    const body = write({ output: { kind: 'json' }, tools: [weather] });
    expect(body['tool_choice']).toEqual({ type: 'any' });
    expect(body['tools']).toMatchObject([{ name: 'weather' }, { name: ANSWER_TOOL }]);
    expect(write({ output: { kind: 'json' }, tools: [weather], toolChoice: 'none' })['tool_choice']).toEqual({
      type: 'tool',
      name: ANSWER_TOOL,
    });
  });

  it('are asked for in words of a model that cannot be made to call a tool', () => {
    const body = write({ output: { kind: 'json' } }, NEWEST);
    expect(body['tool_choice']).toBeUndefined();
    expect(JSON.stringify(body['system'])).toContain(ANSWER_TOOL);
    expect(body['tools']).toMatchObject([{ name: ANSWER_TOOL }]);
  });
});

describe('effort and sampling', () => {
  it('is a budget for models that take one, inside the cap', () => {
    expect(write({ effort: 'high' })).toMatchObject({
      max_tokens: DEFAULT_MAX_TOKENS + 16_384,
      thinking: { type: 'enabled', budget_tokens: 16_384 },
    });
    expect(write({ effort: 'high', maxOutputTokens: 4000 })).toMatchObject({
      max_tokens: 4000,
      thinking: { budget_tokens: 2000 },
    });
    expect(write({ effort: 'high', maxOutputTokens: 1000 })['thinking']).toBeUndefined();
  });

  it('is adaptive thinking with a level for models that decide themselves', () => {
    expect(write({ effort: 'minimal' }, ADAPTIVE)).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low' },
    });
  });

  it('none switches thinking off where it is on by itself and can be', () => {
    expect(write({ effort: 'none' }, BUDGET)['thinking']).toBeUndefined();
    expect(write({ effort: 'none' }, 'claude-sonnet-5')['thinking']).toEqual({ type: 'disabled' });
    expect(write({ effort: 'none' }, NEWEST)).toMatchObject({ output_config: { effort: 'low' } });
  });

  it('gives way to a demanded tool call and, with a budget, to a tool loop under way', () => {
    expect(write({ effort: 'high', tools: [weather], toolChoice: 'required' })['thinking']).toBeUndefined();
    const loop = [user('?'), assistant('', 'a'), result('a', 'sun')];
    expect(write({ effort: 'high', messages: loop, tools: [weather] })['thinking']).toBeUndefined();
    expect(write({ effort: 'high', messages: loop, tools: [weather] }, ADAPTIVE)['thinking']).toBeDefined();
  });

  it('writes temperature and top_p as they are, one of the two, to models that take them', () => {
    expect(write({ temperature: 0.3 })).toMatchObject({ temperature: 0.3 });
    expect(write({ temperature: 1.7 })).toMatchObject({ temperature: 1.7 });
    expect(write({ topP: 0.9 })).toMatchObject({ top_p: 0.9 });
    expect(write({ temperature: 0.3, topP: 1 })).not.toHaveProperty('top_p');
    expect(write({ temperature: 1, topP: 0.9 })).toMatchObject({ top_p: 0.9 });
    expect(write({ temperature: 1, topP: 0.9 })).not.toHaveProperty('temperature');
  });

  it('leaves sampling out where it would be refused: newer models, and beside thinking', () => {
    expect(write({ temperature: 0.3 }, NEW)).not.toHaveProperty('temperature');
    expect(write({ temperature: 0.3, effort: 'high' })).not.toHaveProperty('temperature');
  });
});

describe('what the dialect says it expresses', () => {
  const asking: Record<string, Partial<ChatRequest>> = {
    serial_tools: { tools: [weather], features: ['serial_tools'] },
    image_url: {
      messages: [
        { role: 'user', parts: [{ type: 'image', source: { from: 'url', url: 'https://example.com/a.png' } }] },
      ],
    },
    json_object: { output: { kind: 'json' }, features: ['json_object'] },
  };
  const without: Record<string, Partial<ChatRequest>> = {
    serial_tools: { tools: [weather] },
    image_url: { messages: [{ role: 'user', parts: [] }] },
    json_object: {},
  };

  it.each([...messagesDialect.expresses])('%s changes what is written, whatever the model', (feature) => {
    for (const wireId of [OLD, BUDGET, ADAPTIVE, NEW, NEWEST, 'some-other-model'])
      expect(write(asking[feature] ?? {}, wireId)).not.toEqual(write(without[feature] ?? {}, wireId));
  });

  it('is not what it cannot: seed, logprobs, choices, penalties and biases are never written', () => {
    const body = { seed: 7, n: 2, logprobs: true, presence_penalty: 1, logit_bias: { 1: 1 }, top_k: 5 };
    const features: Feature[] = ['seed', 'choices', 'logprobs', 'penalties', 'logit_bias', 'top_k'];
    expect(write({ seed: 7, body, features })).toEqual(write({}));
    expect(features.filter((feature) => messagesDialect.expresses.has(feature))).toEqual([]);
  });
});

describe('a client of the same dialect', () => {
  const body = {
    model: 'auto',
    max_tokens: 900,
    messages: [{ role: 'user', content: 'Hi' }],
    metadata: { user_id: 'u' },
    thinking: { type: 'adaptive' },
    future_field: [1],
  };

  it('is passed through with only model, cap and stream changed', () => {
    expect(write({ dialect: 'messages', body, stream: true }, NEW, 300)).toEqual({
      ...body,
      model: NEW,
      max_tokens: 300,
      stream: true,
    });
    expect(write({ dialect: 'messages', body }, NEW)).toEqual({ ...body, model: NEW, stream: false });
  });
});

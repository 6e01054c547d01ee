import { describe, expect, it } from 'vitest';
import type { ChatRequest, Effort, Message } from '../../../src/core/chat.ts';
import type { Feature } from '../../../src/core/dialect.ts';
import { ANSWER_TOOL } from '../../../src/dialects/answer-tool.ts';
import { geminiDialect } from '../../../src/dialects/gemini.ts';
import { UNSIGNED_THOUGHT } from '../../../src/dialects/gemini-conversation.ts';
import { sampleRequest } from '../../support/sample.ts';

const OLD = 'gemini-2.0-flash';
const BUDGET = 'gemini-2.5-flash';
const LEVEL = 'gemini-3.8-flash';

const write = (change: Partial<ChatRequest>, wireId = BUDGET, maxOutputTokens?: number) =>
  geminiDialect.writeRequest(sampleRequest(change), {
    wireId,
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  });

const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });
const assistant = (text: string, ...names: string[]): Message => ({
  role: 'assistant',
  text,
  toolCalls: names.map((name) => ({ id: `id-${name}`, name, arguments: '{"city":"Bonn"}' })),
});
const result = (name: string, text: string, isError = false): Message => ({
  role: 'tool',
  callId: `id-${name}`,
  name,
  text,
  isError,
});
const weather = {
  name: 'weather',
  description: 'Of a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string', minLength: 2 }, unit: { const: 'c' } },
    additionalProperties: false,
  },
};
const schema = { type: 'object', properties: { age: { type: 'integer', exclusiveMinimum: 0 } }, required: ['age'] };
const jsonSchema = { kind: 'schema', name: 'person', schema, strict: true } as const;

describe('a plain request', () => {
  it('is its contents and nothing that was not asked for', () => {
    expect(write({})).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Where is my parcel?' }] }] });
  });

  it('maps every setting one to one', () => {
    const body = write(
      { temperature: 1.7, topP: 0.9, stop: ['END'], seed: 7, features: ['top_k'], body: { top_k: 40 } },
      BUDGET,
      300,
    );
    expect(body['generationConfig']).toEqual({
      temperature: 1.7,
      topP: 0.9,
      topK: 40,
      stopSequences: ['END'],
      seed: 7,
      maxOutputTokens: 300,
    });
  });
});

describe('the conversation', () => {
  it('puts leading system messages into systemInstruction and leaves later ones in their place', () => {
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
    expect(body['systemInstruction']).toEqual({ parts: [{ text: 'Be kind.' }, { text: 'Be brief.' }] });
    expect(body['contents']).toEqual([
      { role: 'user', parts: [{ text: 'Hello' }] },
      { role: 'model', parts: [{ text: 'Hi!' }] },
      { role: 'user', parts: [{ text: '<system>\nSpeak German.\n</system>' }, { text: 'Where is it?' }] },
    ]);
  });

  it('makes system messages the user’s turn where nobody says anything else', () => {
    const body = write({ messages: [{ role: 'system', text: 'Tell a joke.' }] });
    expect(body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Tell a joke.' }] }] });
  });

  it('writes images as data', () => {
    const source = { from: 'base64', mediaType: 'image/png', data: 'AAAA' } as const;
    const body = write({ messages: [{ role: 'user', parts: [{ type: 'image', source }] }] });
    expect(body['contents']).toEqual([
      { role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] },
    ]);
  });

  it('gives results in the order of their calls, by name, with their errors', () => {
    const messages = [user('?'), assistant('', 'sky', 'sea'), result('sea', 'storm', true), result('sky', 'blue')];
    expect(write({ messages, tools: [weather] })['contents']).toEqual([
      { role: 'user', parts: [{ text: '?' }] },
      {
        role: 'model',
        parts: [
          { functionCall: { name: 'sky', args: { city: 'Bonn' } } },
          { functionCall: { name: 'sea', args: { city: 'Bonn' } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'sky', response: { output: 'blue' } } },
          { functionResponse: { name: 'sea', response: { error: 'storm' } } },
        ],
      },
    ]);
  });

  it('signs the first call of a turn for models that demand signatures, and only for them', () => {
    const messages = [user('?'), assistant('', 'sky', 'sea'), result('sky', 'blue'), result('sea', 'calm')];
    expect(write({ messages }, LEVEL)['contents']).toMatchObject([
      {},
      { parts: [{ thoughtSignature: UNSIGNED_THOUGHT }, { functionCall: { name: 'sea' } }] },
      {},
    ]);
    expect(JSON.stringify(write({ messages }, LEVEL)).split(UNSIGNED_THOUGHT)).toHaveLength(2);
    expect(JSON.stringify(write({ messages }, BUDGET))).not.toContain('thoughtSignature');
  });
});

describe('tools', () => {
  it('are declared with the keywords documented for their schemas', () => {
    expect(
      write({ tools: [weather, { name: 'now', parameters: { type: 'object', properties: {} } }] })['tools'],
    ).toEqual([
      {
        functionDeclarations: [
          {
            name: 'weather',
            description: 'Of a city.',
            parametersJsonSchema: {
              type: 'object',
              properties: { city: { type: 'string', description: '(minLength: 2)' }, unit: { enum: ['c'] } },
              additionalProperties: false,
            },
          },
          { name: 'now', description: '' },
        ],
      },
    ]);
  });

  const choices: readonly (readonly [NonNullable<ChatRequest['toolChoice']>, object])[] = [
    ['auto', { mode: 'AUTO' }],
    ['none', { mode: 'NONE' }],
    ['required', { mode: 'ANY' }],
    [{ name: 'weather' }, { mode: 'ANY', allowedFunctionNames: ['weather'] }],
  ];
  it.each(choices)('write the choice %j', (toolChoice, functionCallingConfig) => {
    expect(write({ tools: [weather], toolChoice })['toolConfig']).toEqual({ functionCallingConfig });
  });

  it('hold calls to their schemas where one is strict', () => {
    expect(write({ tools: [weather] })['toolConfig']).toBeUndefined();
    expect(write({ tools: [{ ...weather, strict: true }] })['toolConfig']).toEqual({
      functionCallingConfig: { mode: 'VALIDATED' },
    });
  });
});

describe('JSON answers', () => {
  it('are JSON mode, with a schema where there is one', () => {
    expect(write({ output: { kind: 'json' } })['generationConfig']).toEqual({ responseMimeType: 'application/json' });
    expect(write({ output: jsonSchema })['generationConfig']).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: {
        type: 'object',
        properties: { age: { type: 'integer', description: '(exclusiveMinimum: 0)' } },
        required: ['age'],
      },
    });
  });

  it('are a function of their own beside others, where the model refuses JSON mode there', () => {
    const body = write({ output: jsonSchema, tools: [weather] }, BUDGET);
    expect(body['generationConfig']).toBeUndefined();
    expect(body['tools']).toMatchObject([{ functionDeclarations: [{ name: 'weather' }, { name: ANSWER_TOOL }] }]);
    expect(body['toolConfig']).toEqual({ functionCallingConfig: { mode: 'ANY' } });
    const none = write({ output: jsonSchema, tools: [weather], toolChoice: 'none' }, BUDGET);
    expect(none).toMatchObject({ generationConfig: { responseMimeType: 'application/json' } });
    expect(none['tools']).toBeUndefined();
  });

  it('stand beside functions in newer models', () => {
    const body = write({ output: jsonSchema, tools: [weather], toolChoice: 'none' }, LEVEL);
    expect(body).toMatchObject({
      generationConfig: { responseMimeType: 'application/json' },
      tools: [{ functionDeclarations: [{ name: 'weather' }] }],
    });
  });
});

describe('effort', () => {
  const thinking = (effort: Effort, wireId: string) => write({ effort }, wireId)['generationConfig'];

  it.each([
    ['none', BUDGET, { thinkingBudget: 0 }],
    ['none', 'gemini-2.5-pro', { thinkingBudget: 128 }],
    ['low', BUDGET, { thinkingBudget: 1024 }],
    ['high', BUDGET, { thinkingBudget: 24_576 }],
    ['none', LEVEL, { thinkingLevel: 'low' }],
    ['minimal', 'gemini-3-flash-preview', { thinkingLevel: 'minimal' }],
    ['minimal', 'gemini-3.8-flash-lite', { thinkingLevel: 'minimal' }],
    ['none', 'models/gemini-3.1-pro-preview', { thinkingLevel: 'low' }],
    ['high', 'gemini-flash-latest', { thinkingLevel: 'high' }],
  ] as const)('%s of %s is %j', (effort, wireId, thinkingConfig) => {
    expect(thinking(effort, wireId)).toEqual({ thinkingConfig });
  });

  it('is nothing to models that do not think', () => {
    expect(thinking('high', OLD)).toBeUndefined();
    expect(thinking('high', 'gemma-3-27b-it')).toBeUndefined();
  });
});

describe('what the dialect says it expresses', () => {
  const asking: Record<string, Partial<ChatRequest>> = {
    seed: { seed: 7, features: ['seed'] },
    top_k: { features: ['top_k'], body: { top_k: 40 } },
    json_object: { output: { kind: 'json' }, features: ['json_object'] },
  };

  it.each([...geminiDialect.expresses])('%s changes what is written, whatever the model', (feature) => {
    for (const wireId of [OLD, BUDGET, LEVEL])
      expect(write(asking[feature] ?? {}, wireId)).not.toEqual(write({}, wireId));
  });

  it('is not what it cannot: choices, penalties, logprobs, biases and serial calls are never written', () => {
    const body = { n: 2, logprobs: true, presence_penalty: 1, logit_bias: { 1: 1 } };
    const features: Feature[] = ['choices', 'logprobs', 'penalties', 'logit_bias', 'serial_tools', 'image_url'];
    expect(write({ body, features })).toEqual(write({}));
    expect(features.filter((feature) => geminiDialect.expresses.has(feature))).toEqual([]);
  });
});

describe('a client of the same dialect', () => {
  it('is passed through with only the cap changed; model and stream are in the URL', () => {
    const body = { model: 'auto', stream: true, contents: [], generationConfig: { topK: 3 }, safetySettings: [1] };
    expect(write({ dialect: 'gemini', body }, LEVEL, 300)).toEqual({
      contents: [],
      generationConfig: { topK: 3, maxOutputTokens: 300 },
      safetySettings: [1],
    });
    expect(write({ dialect: 'gemini', body: { contents: [] } }, LEVEL)).toEqual({ contents: [] });
  });
});

import { describe, expect, it } from 'vitest';
import { ANSWER_TOOL } from '../../../src/dialects/answer-tool.ts';
import { geminiDialect } from '../../../src/dialects/gemini.ts';
import { readGeminiUsage } from '../../../src/dialects/gemini-usage.ts';
import { geminiScript, geminiSse } from '../../support/gemini-wire.ts';
import { assembled, readSse } from '../../support/read-stream.ts';

const body = (parts: readonly object[], more: object = {}, outer: object = {}) =>
  JSON.stringify({
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0, ...more }],
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 3, totalTokenCount: 13 },
    ...outer,
  });
const answer = (...args: Parameters<typeof body>) => assembled(geminiDialect.readAnswer(body(...args)).events);
const chunks = (...all: object[]) => readSse(geminiDialect, geminiSse(all));

describe('a whole answer', () => {
  it('is content, usage and finish, in that order, with its own JSON beside it', () => {
    const frame = geminiDialect.readAnswer(body([{ text: 'Hm.', thought: true }, { text: 'Hi.' }]));
    expect(frame.events).toEqual([
      { type: 'reasoning-delta', text: 'Hm.' },
      { type: 'text-delta', text: 'Hi.' },
      { type: 'usage', usage: { input: 10, output: 3 } },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(frame.wire).toMatchObject({ dialect: 'gemini', json: { candidates: [{}] } });
  });

  it('has calls numbered, with the model’s id or their number as one, and finishes with them', () => {
    const parts = [
      { functionCall: { name: 'a', args: { x: 1 } }, thoughtSignature: 's' },
      { functionCall: { name: 'b', id: 'fc-9' } },
      { executableCode: { code: '1' } },
    ];
    expect(answer(parts)).toMatchObject({
      calls: [
        { id: 'call_0', name: 'a', arguments: '{"x":1}' },
        { id: 'fc-9', name: 'b', arguments: '{}' },
      ],
      finish: 'tool_calls',
    });
  });

  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['CONTINUATION', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
  ])('that ends with %s finishes as %s', (finishReason, finish) => {
    expect(answer([], { finishReason }).finish).toBe(finish);
  });

  it.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'OTHER', 'constructor', 'NEW_REASON'])(
    'that ends with %s is a failure that names it, and what it used is counted',
    (finishReason) => {
      expect(answer([{ text: 'Hi' }], { finishReason })).toMatchObject({
        finish: undefined,
        usage: { input: 10, output: 3 },
        failure: { sort: 'malformed', code: finishReason },
      });
    },
  );

  it('to a blocked prompt is a content filter, paid for its prompt', () => {
    const blocked = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 10 } };
    expect(assembled(geminiDialect.readAnswer(JSON.stringify(blocked)).events)).toMatchObject({
      finish: 'content_filter',
      usage: { input: 10 },
      failure: undefined,
    });
  });

  it('without a finish, without a candidate, or not of JSON is malformed', () => {
    expect(answer([{ text: 'Hi' }], { finishReason: undefined }).failure).toMatchObject({ sort: 'malformed' });
    for (const text of ['', '<html></html>', '[1]', '{}', '{"candidates":[]}'])
      expect(assembled(geminiDialect.readAnswer(text).events).failure).toMatchObject({
        sort: 'malformed',
        phase: 'body',
      });
  });

  it('that is an error under 200 is a failure with its status', () => {
    const error = { error: { code: 503, message: 'Overloaded.', status: 'UNAVAILABLE' } };
    for (const one of [error, [error]])
      expect(geminiDialect.readAnswer(JSON.stringify(one)).events).toEqual([
        {
          type: 'failure',
          cause: { sort: 'http', phase: 'body', status: 503, type: 'UNAVAILABLE', message: 'Overloaded.' },
        },
      ]);
  });

  it('given through the reserved function is text, and its call no call', () => {
    const parts = [{ functionCall: { name: ANSWER_TOOL, args: { age: 7 } } }];
    expect(answer(parts)).toMatchObject({ text: '{"age":7}', calls: [], finish: 'stop' });
  });
});

describe('usage', () => {
  it('is disjoint: cached and audio out of the prompt, thoughts beside the answer, tool prompts in the input', () => {
    const counts = {
      promptTokenCount: 1000,
      cachedContentTokenCount: 600,
      toolUsePromptTokenCount: 50,
      candidatesTokenCount: 40,
      thoughtsTokenCount: 25,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 500 },
        { modality: 'IMAGE', tokenCount: 200 },
        { modality: 'AUDIO', tokenCount: 300 },
      ],
      cacheTokensDetails: [
        { modality: 'TEXT', tokenCount: 400 },
        { modality: 'AUDIO', tokenCount: 200 },
      ],
    };
    expect(readGeminiUsage(counts)).toEqual({
      input: 350,
      cached_input: 600,
      audio_input: 100,
      output: 40,
      reasoning: 25,
    });
  });

  it('tells made images and speech from text', () => {
    const candidatesTokensDetails = [
      { modality: 'IMAGE', tokenCount: 1290 },
      { modality: 'AUDIO', tokenCount: 10 },
    ];
    expect(readGeminiUsage({ promptTokenCount: 5, candidatesTokenCount: 1302, candidatesTokensDetails })).toEqual({
      input: 5,
      output: 2,
      image_output: 1290,
      audio_output: 10,
    });
  });

  it('never falls below zero where counts contradict each other', () => {
    const odd = { promptTokenCount: 5, cachedContentTokenCount: 9, candidatesTokenCount: 1 };
    expect(readGeminiUsage(odd)).toEqual({ cached_input: 5, output: 1 });
  });

  it('is given once, from the last counts, so that a cached share that comes late is not counted twice', () => {
    const counts = { promptTokenCount: 100, cachedContentTokenCount: 60, candidatesTokenCount: 7, serviceTier: 'FLEX' };
    const events = chunks(...geminiScript({ chunks: [[{ text: 'a' }], [{ text: 'b' }]], counts }));
    expect(events.filter(({ type }) => type === 'usage')).toEqual([
      { type: 'usage', usage: { input: 40, cached_input: 60, output: 7 }, tier: 'flex' },
    ]);
  });

  it('may come after a finish without any, and only then', () => {
    const finish = { candidates: [{ finishReason: 'STOP' }] };
    const late = { usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 2 } };
    expect(chunks(finish, late, late).map(({ type }) => type)).toEqual(['finish', 'usage']);
    expect(chunks({ ...finish, ...late }, late).map(({ type }) => type)).toEqual(['usage', 'finish']);
  });
});

describe('a stream', () => {
  it('numbers calls across chunks', () => {
    const script = geminiScript({ chunks: [[{ functionCall: { name: 'a' } }], [{ functionCall: { name: 'b' } }]] });
    expect(assembled(chunks(...script))).toMatchObject({
      calls: [
        { id: 'call_0', name: 'a' },
        { id: 'call_1', name: 'b' },
      ],
      finish: 'tool_calls',
    });
  });

  it('turns an error among its chunks into a failure, with what was used up to there', () => {
    const first = {
      candidates: [{ content: { parts: [{ text: 'Hi' }] } }],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 1 },
    };
    expect(chunks(first, { error: { status: 'UNAVAILABLE', message: 'Overloaded.' } })).toEqual([
      { type: 'text-delta', text: 'Hi' },
      { type: 'usage', usage: { input: 9, output: 1 } },
      {
        type: 'failure',
        cause: { sort: 'inband', phase: 'stream', status: 503, type: 'UNAVAILABLE', message: 'Overloaded.' },
      },
    ]);
  });

  it('that ends early is cut, and reports no usage while only the prompt was counted', () => {
    const first = { candidates: [{ content: { parts: [{ text: 'Hi' }] } }], usageMetadata: { promptTokenCount: 9 } };
    expect(chunks(first)).toMatchObject([{ type: 'text-delta' }, { type: 'failure', cause: { sort: 'cut' } }]);
  });

  it('is a failure at the second chunk that is not JSON', () => {
    expect(readSse(geminiDialect, 'data: {"cand\n\n'.repeat(2))).toMatchObject([
      { type: 'failure', cause: { sort: 'malformed', phase: 'stream' } },
    ]);
  });
});

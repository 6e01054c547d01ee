// Whatever a Gemini stream says and wherever its bytes are cut, the same events come out.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../src/core/chat.ts';
import { geminiDialect } from '../../src/dialects/gemini.ts';
import { type GeminiPart, geminiScript, geminiSse } from '../support/gemini-wire.ts';
import { readSse } from '../support/read-stream.ts';

const part: fc.Arbitrary<GeminiPart> = fc.oneof(
  fc.record(
    { text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), thought: fc.boolean() },
    { requiredKeys: ['text'] },
  ),
  fc.record({
    functionCall: fc.record({
      name: fc.stringMatching(/^[a-z_]{1,12}$/),
      args: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
    }),
  }),
);
const chunks = fc.array(fc.array(part, { maxLength: 3 }), { maxLength: 6 });

const expected = (parts: readonly GeminiPart[]): ChatEvent[] => {
  let calls = 0;
  const content = parts.flatMap((one): ChatEvent[] => {
    if ('text' in one) return [{ type: one.thought ? 'reasoning-delta' : 'text-delta', text: one.text }];
    const index = calls++;
    return [
      { type: 'tool-call-start', index, id: `call_${index}`, name: one.functionCall.name },
      { type: 'tool-call-delta', index, arguments: JSON.stringify(one.functionCall.args ?? {}) },
    ];
  });
  return [
    ...content,
    { type: 'usage', usage: { input: 12, output: 30 } },
    { type: 'finish', reason: calls > 0 ? 'tool_calls' : 'stop' },
  ];
};

describe('a Gemini stream', () => {
  it('is read to the same events wherever it is cut', () => {
    fc.assert(
      fc.property(chunks, fc.array(fc.nat(), { maxLength: 12 }), (lists, cuts) => {
        const sse = geminiSse(geminiScript({ chunks: lists }));
        expect(readSse(geminiDialect, sse, cuts)).toEqual(expected(lists.flat()));
      }),
      { numRuns: 300 },
    );
  });

  it('that ends before its finish reason is a failure and never a finish', () => {
    fc.assert(
      fc.property(chunks, fc.nat(), (lists, at) => {
        const whole = geminiScript({ chunks: lists });
        const events = readSse(geminiDialect, geminiSse(whole.slice(0, at % whole.length)));
        expect(events.filter(({ type }) => type === 'finish')).toEqual([]);
        expect(events.at(-1)).toMatchObject({ type: 'failure', cause: { sort: 'cut' } });
      }),
      { numRuns: 200 },
    );
  });

  it('never throws and has at most one ending, whatever comes', () => {
    const wire = fc.record(
      {
        candidates: fc.oneof(
          fc.constantFrom(
            [{ finishReason: 'STOP' }],
            [{ finishReason: '__proto__' }],
            [{ content: { parts: [{ functionCall: {} }, null, 7] } }],
          ),
          fc.jsonValue(),
        ),
        usageMetadata: fc.oneof(
          fc.record({
            promptTokenCount: fc.integer(),
            cachedContentTokenCount: fc.integer(),
            candidatesTokenCount: fc.double(),
          }),
          fc.jsonValue(),
        ),
        promptFeedback: fc.jsonValue(),
        error: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            wire.map((json) => JSON.stringify(json)),
            fc.string(),
          ),
        ),
        (data) => {
          const reader = geminiDialect.createStreamReader();
          const frames = [...data.map((one) => reader.read({ data: one })), reader.end()];
          const events = frames.flatMap((frame) => frame?.events ?? []);
          expect(events.filter(({ type }) => type === 'finish' || type === 'failure')).toHaveLength(1);
          const counts = events.flatMap((event) => (event.type === 'usage' ? Object.values(event.usage) : []));
          expect(counts.every((units) => Number.isSafeInteger(units) && units > 0)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

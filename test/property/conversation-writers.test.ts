// Whatever a conversation looked like to its client, what is written keeps the other dialects' rules for turns, calls and results.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, Message } from '../../src/core/chat.ts';
import { writeGeminiConversation } from '../../src/dialects/gemini-conversation.ts';
import { objectsOf, textOf } from '../../src/dialects/loose.ts';
import { writeConversation } from '../../src/dialects/messages-conversation.ts';

const text = fc.oneof(fc.constantFrom('', ' ', 'Hi.'), fc.string({ unit: 'grapheme', maxLength: 8 }));
/** Few and odd ids, so that they clash across turns as ids of different providers do. */
const id = fc.constantFrom('call_0', 'call_1', 'call:0', 'fc/ä', 'toolu_1');

const step = (callIds: readonly string[], order: number, said: string): readonly Message[] => {
  const calls = callIds.map((one, at) => ({ id: one, name: `tool_${at}`, arguments: '{"x":1}' }));
  const results = calls.map(
    (call, at): Message => ({ role: 'tool', callId: call.id, name: call.name, text: `${at}`, isError: at % 2 === 1 }),
  );
  const turned = results.map((_, at) => results[(at + order) % results.length]).filter((one) => one !== undefined);
  return [{ role: 'assistant', text: said, toolCalls: calls }, ...turned];
};

const stretch: fc.Arbitrary<readonly Message[]> = fc.oneof(
  text.map((said): readonly Message[] => [{ role: 'user', parts: [{ type: 'text', text: said }] }]),
  text.map((said): readonly Message[] => [{ role: 'system', text: said }]),
  fc
    .tuple(fc.uniqueArray(id, { maxLength: 3 }), fc.nat({ max: 2 }), text)
    .map(([ids, order, said]) => step(ids, order, said)),
);
const conversation = fc
  .array(stretch, { maxLength: 8 })
  .map((stretches): readonly Message[] => [
    { role: 'user', parts: [{ type: 'text', text: 'Start.' }] },
    ...stretches.flat(),
  ]);

const roles = (turns: readonly JsonObject[]) => turns.map(({ role }) => role);
const alternates = (all: readonly unknown[]) => all.every((role, at) => at === 0 || role !== all[at - 1]);
const ofType = (turn: JsonObject | undefined, type: string) =>
  objectsOf(turn?.['content']).filter((block) => block['type'] === type);

describe('an Anthropic conversation', () => {
  it('alternates, says nothing empty, and answers every call of a turn at the start of the next', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const { turns } = writeConversation(messages);
        expect(alternates(roles(turns))).toBe(true);
        const blocks = turns.flatMap((turn) => objectsOf(turn['content']));
        expect(turns.every((turn) => objectsOf(turn['content']).length > 0)).toBe(true);
        expect(blocks.every((block) => block['type'] !== 'text' || textOf(block['text'])?.trim())).toBe(true);
        const ids = turns.flatMap((turn) => ofType(turn, 'tool_use').map((block) => textOf(block['id']) ?? ''));
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.every((one) => /^[a-zA-Z0-9_-]{1,128}$/.test(one))).toBe(true);
        for (const [at, turn] of turns.entries()) {
          const results = ofType(turn, 'tool_result');
          const calls = ofType(turns[at - 1], 'tool_use');
          expect(new Set(results.map((block) => block['tool_use_id']))).toEqual(
            new Set(calls.map((block) => block['id'])),
          );
          expect(results).toHaveLength(calls.length);
          expect(objectsOf(turn['content']).slice(0, results.length)).toEqual(results);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a Gemini conversation', () => {
  const partsOf = (turn: JsonObject | undefined, kind: string) =>
    objectsOf(objectsOf(turn?.['parts']).flatMap((part) => part[kind] ?? []));

  it('alternates and answers the calls of a turn in the next, by name and in their order', () => {
    fc.assert(
      fc.property(conversation, fc.boolean(), (messages, signed) => {
        const { contents } = writeGeminiConversation(messages, signed);
        expect(alternates(roles(contents))).toBe(true);
        expect(contents.every((turn) => objectsOf(turn['parts']).length > 0)).toBe(true);
        for (const [at, turn] of contents.entries()) {
          const results = partsOf(turn, 'functionResponse').map(({ name }) => name);
          const calls = partsOf(contents[at - 1], 'functionCall').map(({ name }) => name);
          expect(results).toEqual(calls);
        }
      }),
      { numRuns: 500 },
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/classify/classify.ts';
import { bandOf } from '../../src/classify/difficulty.ts';
import { PREFIXES_KEPT } from '../../src/classify/conversation.ts';
import { textTokens } from '../../src/classify/tokens.ts';
import type { Message } from '../../src/core/chat.ts';
import { sampleRequest } from '../support/sample.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom(
      '<',
      '>',
      '/',
      ' ',
      '\n',
      'rules',
      'system-reminder',
      '```',
      '?',
      '1',
      '+',
      'prove ',
      '\\frac',
      '$$',
    ),
  }),
);
const message: fc.Arbitrary<Message> = fc.oneof(
  text.map((said): Message => ({ role: 'user', parts: [{ type: 'text', text: said }] })),
  text.map((said): Message => ({ role: 'system', text: said })),
  text.map(
    (said): Message => ({ role: 'assistant', text: said, toolCalls: [{ id: '1', name: 'f', arguments: said }] }),
  ),
  text.map((said): Message => ({ role: 'tool', callId: '1', name: 'f', text: said, isError: true })),
);
const messages = fc.array(message, { maxLength: 50 });

describe('classify', () => {
  it('gives a sound profile whatever is said, and the same one twice', () => {
    fc.assert(
      fc.property(messages, (said) => {
        const request = sampleRequest({ messages: said });
        const profile = classify(request);
        expect(profile.difficulty).toBeGreaterThanOrEqual(0);
        expect(profile.difficulty).toBeLessThanOrEqual(1);
        expect(profile.band).toBe(bandOf(profile.difficulty));
        expect(Number.isSafeInteger(profile.inputTokens) && profile.inputTokens > 0).toBe(true);
        expect(profile.conversation).toHaveLength(Math.min(PREFIXES_KEPT, said.length));
        expect(classify(request)).toEqual(profile);
      }),
    );
  });

  it('never judges by the system prompt', () => {
    fc.assert(
      fc.property(text, text, (system, said) => {
        const question: Message = { role: 'user', parts: [{ type: 'text', text: said }] };
        const bare = classify(sampleRequest({ messages: [question] }));
        const wrapped = classify(sampleRequest({ messages: [{ role: 'system', text: system }, question] }));
        expect(wrapped.task).toBe(bare.task);
        expect(wrapped.difficulty).toBe(bare.difficulty);
      }),
    );
  });

  it('comes back from hostile input: 32 kB of one letter, one tag, one blank', () => {
    for (const unit of ['a', '<', '<rules>', ' ', '\n', '1 ', '"', 'at ', '((', '\\', 'aerror ', '語'])
      expect(
        classify(
          sampleRequest({
            messages: [{ role: 'user', parts: [{ type: 'text', text: unit.repeat(32_000 / unit.length) }] }],
          }),
        ).difficulty,
      ).toBeLessThan(1);
  });

  it('counts no more tokens for a part than for the whole', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(textTokens(a + b)).toBeGreaterThanOrEqual(textTokens(a));
        expect(Math.abs(textTokens(a + b) - textTokens(a) - textTokens(b))).toBeLessThanOrEqual(2);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { conversationOf, PREFIXES_KEPT } from '../../../src/classify/conversation.ts';
import type { Message } from '../../../src/core/chat.ts';
import { sampleRequest } from '../../support/sample.ts';

const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });
const assistant = (text: string): Message => ({ role: 'assistant', text, toolCalls: [] });
const chain = (messages: readonly Message[], tools: readonly string[] = []) =>
  conversationOf(sampleRequest({ messages, tools: tools.map((name) => ({ name, parameters: {} })) }));

describe('conversationOf', () => {
  it('contains, in a later request, the whole of the earlier one', () => {
    const first = chain([user('Hello')]);
    const second = chain([user('Hello'), assistant('Hi'), user('How are you?')]);
    expect(second.slice(0, 1)).toEqual(first);
    expect(second).toHaveLength(3);
  });

  it('parts ways where the conversations do', () => {
    const one = chain([user('Hello'), assistant('Hi'), user('A')]);
    const other = chain([user('Hello'), assistant('Ho'), user('A')]);
    expect(one[0]).toBe(other[0]);
    expect(one[1]).not.toBe(other[1]);
    expect(one[2]).not.toBe(other[2]);
  });

  it('tells who said it, and where one message ends', () => {
    expect(chain([user('a')])).not.toEqual(chain([assistant('a')]));
    expect(chain([user('a'), user('b')]).at(-1)).not.toBe(chain([user('ab')]).at(-1));
  });

  it('starts anew with other tools, whose prompt cache is another', () => {
    expect(chain([user('a')], ['find'])).not.toEqual(chain([user('a')], ['look']));
  });

  it('does not mind new ids on the same tool calls', () => {
    const call = (id: string): Message => ({
      role: 'assistant',
      text: '',
      toolCalls: [{ id, name: 'find', arguments: '{}' }],
    });
    expect(chain([user('a'), call('1')])).toEqual(chain([user('a'), call('2')]));
  });

  it('keeps the longest prefixes of a long conversation, in hex of 52 bits', () => {
    const messages = Array.from({ length: 100 }, (_, at) => user(`turn ${at}`));
    const all = chain(messages);
    expect(all).toHaveLength(PREFIXES_KEPT);
    expect(all.at(-1)).toBe(chain(messages.slice(0, 100)).at(-1));
    expect(new Set(all).size).toBe(PREFIXES_KEPT);
    for (const hash of all) expect(hash).toMatch(/^[0-9a-f]{13}$/);
  });
});

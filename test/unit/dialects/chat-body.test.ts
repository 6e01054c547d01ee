// What a chat provider is sent: the client's own body where it spoke chat, changed only where it must be.
import { describe, expect, it } from 'vitest';
import { chatProviderOf } from '../../../src/adapters/quirks.ts';
import type { JsonObject } from '../../../src/core/chat.ts';
import { createChatDialect } from '../../../src/dialects/chat.ts';
import { parseChatRequest } from '../../../src/dialects/chat-request.ts';

const messages = [{ role: 'user', content: 'Hello?' }];

const sent = (provider: string, body: JsonObject, { wireId = 'm', cap = undefined as number | undefined } = {}) =>
  createChatDialect(chatProviderOf(provider)).writeRequest(parseChatRequest({ model: 'auto', messages, ...body }, 10), {
    wireId,
    ...(cap === undefined ? {} : { maxOutputTokens: cap }),
  });

describe('a body for a chat provider', () => {
  it('passes what it does not know and changes model and stream only', () => {
    const body = {
      strange: { a: [1, null] },
      temperature: 0.3,
      user: 'u',
      prediction: { type: 'content', content: 'x' },
    };
    expect(sent('house', body)).toEqual({ ...body, messages, model: 'm', stream: false });
  });

  it('leaves the client’s body untouched', () => {
    const body = { model: 'auto', messages, max_tokens: 5, stream: true } as const;
    const before = JSON.stringify(body);
    sent('openai', body, { cap: 3 });
    expect(JSON.stringify(body)).toBe(before);
  });

  it('asks for usage in every stream, and keeps the other stream options', () => {
    expect(sent('house', { stream: true })['stream_options']).toEqual({ include_usage: true });
    expect(
      sent('house', { stream: true, stream_options: { include_usage: false, include_obfuscation: false } })[
        'stream_options'
      ],
    ).toEqual({
      include_usage: true,
      include_obfuscation: false,
    });
    expect(sent('house', { stream_options: { include_usage: true } })).not.toHaveProperty('stream_options');
    expect(sent('mistral', { stream: true })).not.toHaveProperty('stream_options');
  });

  it('caps the answer in the provider’s own word, once', () => {
    expect(sent('openai', { max_tokens: 50 }, { cap: 20 })).toMatchObject({ max_completion_tokens: 20 });
    expect(sent('openai', { max_tokens: 50 }, { cap: 20 })).not.toHaveProperty('max_tokens');
    expect(sent('deepseek', { max_completion_tokens: 50 }, { cap: 50 })).toMatchObject({ max_tokens: 50 });
    expect(sent('deepseek', { max_completion_tokens: 50 }, { cap: 50 })).not.toHaveProperty('max_completion_tokens');
  });

  it('calls a developer message system where developers are unknown', () => {
    const body = { messages: [{ role: 'developer', content: 'Be brief.', x: 1 }, ...messages] };
    expect(sent('openai', body)['messages']).toEqual(body.messages);
    expect(sent('groq', body)['messages']).toEqual([{ role: 'system', content: 'Be brief.', x: 1 }, ...messages]);
  });

  it.each([
    ['house', 'low', { reasoning_effort: 'low' }],
    ['openrouter', 'high', { reasoning: { effort: 'high' } }],
    ['qwen', 'none', { enable_thinking: false }],
    ['qwen', 'medium', { enable_thinking: true }],
    ['deepseek', 'none', { thinking: { type: 'disabled' } }],
    ['deepseek', 'medium', { thinking: { type: 'enabled' }, reasoning_effort: 'high' }],
    ['mistral', 'low', {}],
    ['vllm', 'xhigh', { reasoning_effort: 'xhigh' }],
  ])('%s is told to think %s in its own way', (provider, effort, expected) => {
    const body = sent(provider, { reasoning_effort: effort });
    const { reasoning_effort, reasoning, enable_thinking, thinking } = body;
    expect(JSON.parse(JSON.stringify({ reasoning_effort, reasoning, enable_thinking, thinking }))).toEqual(expected);
  });

  it('tells a model of OpenAI only what it takes', () => {
    const body = { reasoning_effort: 'low', temperature: 0.5, top_p: 0.9 };
    const reasoning = sent('openai', body, { wireId: 'gpt-5-mini' });
    expect(reasoning).toMatchObject({ reasoning_effort: 'low' });
    expect(reasoning).not.toHaveProperty('temperature');
    const plain = sent('openai', body, { wireId: 'gpt-4.1-mini' });
    expect(plain).toMatchObject({ temperature: 0.5, top_p: 0.9 });
    expect(plain).not.toHaveProperty('reasoning_effort');
  });

  it('drops labels, and only labels, where unknown fields are an error', () => {
    const body = { user: 'u', store: false, metadata: {}, service_tier: 'auto', strange: 1 };
    expect(sent('mistral', body)).toEqual({ strange: 1, messages, model: 'm', stream: false });
    expect(sent('mistral', { store: true })).toMatchObject({ store: true });
  });

  it('uses the provider’s words for a seed and for any tool', () => {
    const tool = { type: 'function', function: { name: 'f', parameters: {} } };
    const body = sent('mistral', { seed: 5, tools: [tool], tool_choice: 'required' });
    expect(body).toMatchObject({ random_seed: 5, tool_choice: 'any' });
    expect(body).not.toHaveProperty('seed');
  });

  it('writes top_k for another dialect’s client only where it is taken', () => {
    const request = { ...parseChatRequest({ model: 'auto', messages, top_k: 5 }, 1), dialect: 'messages' as const };
    const dialect = createChatDialect(chatProviderOf('vllm'));
    expect(dialect.expresses.has('top_k')).toBe(true);
    expect(dialect.writeRequest(request, { wireId: 'm' })).toMatchObject({ top_k: 5 });
    expect(createChatDialect(chatProviderOf('openai')).expresses.has('top_k')).toBe(false);
  });
});

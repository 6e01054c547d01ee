// Usage as providers report it, into meters that do not overlap.
import { describe, expect, it } from 'vitest';
import { readChatUsage } from '../../../src/dialects/chat-usage.ts';

const meters = (usage: object, billed: 'cost' | 'cost_in_usd_ticks' | 'gateway' | 'nowhere' = 'nowhere') =>
  readChatUsage({ usage: usage as never }, billed);

describe('usage', () => {
  it.each([
    ['plain', { prompt_tokens: 10, completion_tokens: 5 }, { input: 10, output: 5 }],
    [
      'OpenAI: cached, audio and reasoning lie inside',
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 30, audio_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 5 },
      },
      { input: 60, cached_input: 30, audio_input: 10, output: 25, reasoning: 20, audio_output: 5 },
    ],
    [
      'DeepSeek: hits and misses',
      { prompt_tokens: 10, prompt_cache_hit_tokens: 8, prompt_cache_miss_tokens: 2, completion_tokens: 1 },
      { input: 2, cached_input: 8, output: 1 },
    ],
    [
      'Moonshot: cached at the top',
      { prompt_tokens: 10, cached_tokens: 4, completion_tokens: 1 },
      { input: 6, cached_input: 4, output: 1 },
    ],
    [
      'OpenRouter: cache writes',
      {
        prompt_tokens: 194,
        completion_tokens: 2,
        prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 100 },
      },
      { input: 94, cache_write_5m: 100, output: 2 },
    ],
    [
      'xAI: reasoning lies outside, as the total shows',
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 22, completion_tokens_details: { reasoning_tokens: 7 } },
      { input: 10, output: 5, reasoning: 7 },
    ],
    [
      'reasoning larger than the completion lies outside',
      { prompt_tokens: 1, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 7 } },
      { input: 1, output: 5, reasoning: 7 },
    ],
    [
      'cached larger than the prompt lies outside',
      { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 9 } },
      { input: 5, cached_input: 9, output: 1 },
    ],
    [
      'a full cache hit',
      { prompt_tokens: 9, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 9 } },
      { cached_input: 9 },
    ],
    [
      'searches',
      { prompt_tokens: 1, completion_tokens: 1, server_tool_use: { web_search_requests: 2 } },
      { input: 1, output: 1, search: 2 },
    ],
    ['nonsense is nothing', { prompt_tokens: 4, completion_tokens: -3, prompt_tokens_details: 'x' }, { input: 4 }],
  ])('%s', (_name, usage, expected) => {
    expect(meters(usage)?.usage).toEqual(expected);
  });

  it('believes a bill only from a provider known to send one, in its unit', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1, cost: 0.0042, cost_in_usd_ticks: 37_756_000 };
    expect(meters(usage)).not.toHaveProperty('billedUsd');
    expect(meters(usage, 'cost')?.billedUsd).toBe(0.0042);
    expect(meters(usage, 'cost_in_usd_ticks')?.billedUsd).toBeCloseTo(0.0037756, 12);
    expect(meters({ ...usage, cost: -1 }, 'cost')).not.toHaveProperty('billedUsd');
  });

  it('adds what the seller behind OpenRouter bills on the caller’s own key, and only then', () => {
    const usage = {
      prompt_tokens: 1,
      completion_tokens: 1,
      cost: 0.0002,
      cost_details: { upstream_inference_cost: 0.004 },
    };
    expect(meters({ ...usage, is_byok: false }, 'cost')?.billedUsd).toBe(0.0002);
    expect(meters({ ...usage, is_byok: true }, 'cost')?.billedUsd).toBeCloseTo(0.0042, 12);
    expect(meters({ ...usage, is_byok: true, cost_details: {} }, 'cost')).not.toHaveProperty('billedUsd');
  });

  it('finds what a gateway charged in its metadata, as text', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1 };
    const provider_metadata = { gateway: { cost: '0.00045', marketCost: '0.0005' } };
    const answer = { usage, choices: [{ message: { content: 'Hi', provider_metadata } }] };
    expect(readChatUsage(answer, 'gateway')?.billedUsd).toBe(0.00045);
    expect(readChatUsage({ usage, provider_metadata }, 'gateway')?.billedUsd).toBe(0.00045);
    expect(readChatUsage({ usage: { ...usage, cost: 0.0003 }, provider_metadata }, 'gateway')?.billedUsd).toBe(0.0003);
    expect(readChatUsage(answer, 'nowhere')).not.toHaveProperty('billedUsd');
  });

  it.each([1e9, Number.NaN, '', 'much', null, true])('does not take %s for dollars', (cost) => {
    expect(meters({ prompt_tokens: 1, cost }, 'cost')).not.toHaveProperty('billedUsd');
  });

  it('carries the tier that served', () => {
    expect(readChatUsage({ usage: { prompt_tokens: 1 }, service_tier: 'flex' }, 'nowhere')).toMatchObject({
      tier: 'flex',
    });
  });

  it('finds it under Groq’s own name, and nothing where there is nothing', () => {
    expect(readChatUsage({ x_groq: { usage: { prompt_tokens: 2, completion_tokens: 1 } } }, 'nowhere')).toMatchObject({
      usage: { input: 2, output: 1 },
    });
    expect(readChatUsage({ usage: null }, 'nowhere')).toBeUndefined();
    expect(readChatUsage({ usage: {} }, 'nowhere')).toBeUndefined();
  });
});

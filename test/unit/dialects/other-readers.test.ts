// Two readers, one stream: what our readers make of an answer is what independent ones make of it.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { describe, expect, it } from 'vitest';
import { inputTokensOf, outputTokensOf, type Usage } from '../../../src/core/price.ts';
import { geminiDialect } from '../../../src/dialects/gemini.ts';
import { messagesDialect } from '../../../src/dialects/messages.ts';
import { type GeminiScript, geminiScript, geminiSse } from '../../support/gemini-wire.ts';
import { type MessageScript, messageScript, messagesSse } from '../../support/messages-wire.ts';
import { assembled, readSse } from '../../support/read-stream.ts';

type Reading = {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly finish: string | undefined;
  readonly input: number | undefined;
  readonly cached: number | undefined;
  readonly output: number | undefined;
  readonly reasoned: number | undefined;
};

const served = (sse: string) => ({
  apiKey: 'test',
  fetch: () => Promise.resolve(new Response(sse, { headers: { 'content-type': 'text/event-stream' } })),
});

type Model = ReturnType<ReturnType<typeof createAnthropic>['languageModel']>;

/** Their words for endings, in ours. */
const ENDINGS: Readonly<Record<string, string>> = {
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
};

const theirs = async (model: Pick<Model, 'doStream'>): Promise<Reading> => {
  const { stream } = await model.doStream({
    prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    tools: [{ type: 'function', name: 'weather', inputSchema: { type: 'object', properties: {} } }],
  });
  let text = '';
  let reasoning = '';
  const calls: { name: string; arguments: unknown }[] = [];
  let rest: Omit<Reading, 'text' | 'reasoning' | 'calls'> | undefined;
  for await (const part of stream) {
    if (part.type === 'text-delta') text += part.delta;
    if (part.type === 'reasoning-delta') reasoning += part.delta;
    if (part.type === 'tool-call') calls.push({ name: part.toolName, arguments: JSON.parse(part.input || '{}') });
    if (part.type !== 'finish') continue;
    const { inputTokens, outputTokens } = part.usage;
    const { unified } = part.finishReason;
    rest = {
      finish: ENDINGS[unified] ?? unified,
      input: inputTokens.total,
      cached: inputTokens.cacheRead ?? 0,
      output: outputTokens.total,
      reasoned: outputTokens.reasoning ?? 0,
    };
  }
  if (!rest) throw new Error('the other reader saw no finish');
  return { text, reasoning, calls, ...rest };
};

const ours = (events: Parameters<typeof assembled>[0]): Reading => {
  const { text, reasoning, calls, finish, usage } = assembled(events);
  const counts: Usage = usage ?? {};
  return {
    text,
    reasoning,
    calls: calls.map(({ name, arguments: written }) => ({ name, arguments: JSON.parse(written) })),
    finish,
    input: inputTokensOf(counts),
    cached: counts.cached_input ?? 0,
    output: outputTokensOf(counts),
    reasoned: counts.reasoning ?? 0,
  };
};

const say = (...pieces: string[]) => ({ kind: 'text', pieces }) as const;
const call = (id: string, ...pieces: string[]) => ({ kind: 'tool', id, name: 'weather', pieces }) as const;

const MESSAGES: Readonly<Record<string, MessageScript>> = {
  'plain text with pings': { blocks: [say('Grüße ', 'aus ', 'Köln 🌧️')], reason: 'end_turn', pings: true },
  'a stop sequence': { blocks: [say('One, two')], reason: 'stop_sequence' },
  'an answer cut short': { blocks: [say('Once upon')], reason: 'max_tokens' },
  'a full context': { blocks: [say('Once upon')], reason: 'model_context_window_exceeded' },
  'a refusal': { blocks: [], reason: 'refusal' },
  'parallel calls after text': {
    blocks: [say('Let me see.'), call('a', '{"city":', '"Bonn"}'), call('b', '{"city":"Köln"}')],
    reason: 'tool_use',
  },
  'a call without arguments': { blocks: [call('a')], reason: 'tool_use' },
  'thinking, cache and all counts': {
    blocks: [{ kind: 'thinking', pieces: ['Hm, ', 'well.'] }, say('Yes.')],
    reason: 'end_turn',
    startCounts: {
      input_tokens: 9,
      cache_read_input_tokens: 2000,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 2,
    },
    endCounts: { output_tokens: 88, output_tokens_details: { thinking_tokens: 60 } },
  },
};

const GEMINI: Readonly<Record<string, GeminiScript>> = {
  'plain text': { chunks: [[{ text: 'Grüße ' }], [{ text: 'aus ' }, { text: 'Köln 🌧️' }]] },
  'an answer cut short': { chunks: [[{ text: 'Once upon' }]], reason: 'MAX_TOKENS' },
  'a safety stop': { chunks: [[{ text: 'Once' }]], reason: 'SAFETY' },
  'forbidden content': { chunks: [], reason: 'PROHIBITED_CONTENT' },
  'parallel calls after text': {
    chunks: [
      [{ text: 'Let me see.' }],
      [
        { functionCall: { name: 'weather', args: { city: 'Bonn' } } },
        { functionCall: { name: 'weather', args: { city: 'Köln' } } },
      ],
    ],
  },
  'calls in several chunks': {
    chunks: [
      [{ functionCall: { name: 'weather', args: { city: 'Bonn' }, id: 'x1' } }],
      [{ functionCall: { name: 'weather', id: 'x2' } }],
    ],
  },
  'thoughts, cache and all counts': {
    chunks: [[{ text: 'Hm, ', thought: true }], [{ text: 'well.', thought: true }], [{ text: 'Yes.' }]],
    counts: {
      promptTokenCount: 2000,
      cachedContentTokenCount: 1500,
      toolUsePromptTokenCount: 25,
      candidatesTokenCount: 40,
      thoughtsTokenCount: 60,
      totalTokenCount: 2125,
    },
  },
};

describe('an Anthropic stream', () => {
  it.each(Object.entries(MESSAGES))('of %s is read alike', async (_, script) => {
    const sse = messagesSse(messageScript(script));
    const model = createAnthropic(served(sse)).languageModel('claude-sonnet-4-5');
    expect(ours(readSse(messagesDialect, sse))).toEqual(await theirs(model));
  });
});

describe('a Gemini stream', () => {
  it.each(Object.entries(GEMINI))('of %s is read alike', async (_, script) => {
    const sse = geminiSse(geminiScript(script));
    const model = createGoogle(served(sse)).languageModel('gemini-2.5-flash');
    expect(ours(readSse(geminiDialect, sse))).toEqual(await theirs(model));
  });
});

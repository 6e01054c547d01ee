// What an answer shows of itself, in pieces as it comes, and how much of it is kept for that.
import { describe, expect, it } from 'vitest';
import type { ChatEvent, ChatRequest, FinishReason } from '../../../src/core/chat.ts';
import { createEvidence } from '../../../src/dispatch/evidence.ts';
import { sampleRequest } from '../../support/sample.ts';

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, people: { type: 'integer' } },
  required: ['city'],
  additionalProperties: false,
} as const;
const WEATHER = { name: 'weather', parameters: SCHEMA };

const byShape: Partial<ChatRequest> = { output: { kind: 'schema', name: 'city', schema: SCHEMA, strict: false } };
const words = (text: string): ChatEvent[] =>
  (text.match(/[^]{1,5}/g) ?? []).map((piece) => ({ type: 'text-delta', text: piece }));
const call = (name: string, text: string, index = 0): ChatEvent[] => [
  { type: 'tool-call-start', index, id: `c${index}`, name },
  ...(text.match(/[^]{1,5}/g) ?? []).map((piece): ChatEvent => ({ type: 'tool-call-delta', index, arguments: piece })),
];

const shown = (change: Partial<ChatRequest>, events: readonly ChatEvent[], finish: FinishReason = 'stop') => {
  const evidence = createEvidence(sampleRequest(change), false);
  for (const event of events) evidence.see(event);
  return Object.fromEntries(evidence.shown(finish).map(({ source, score }) => [source, score]));
};

describe('evidence', () => {
  it('of a plain answer is how it ended', () => {
    expect(shown({}, words('Yes.'))).toEqual({ '@finish': 1 });
    expect(shown({}, words('Yes, and'), 'length')).toEqual({ '@finish': 0 });
    expect(shown({}, words('Yes, and'), 'content_filter')).toEqual({ '@finish': 0 });
  });

  it('is none where the caller asked for the cut, or the model refused', () => {
    expect(shown({ maxOutputTokens: 5 }, words('Yes, and'), 'length')).toEqual({});
    expect(shown({}, [], 'content_filter')).toEqual({});
    expect(shown(byShape, [{ type: 'refusal-delta', text: 'No.' }])).toEqual({});
  });

  it('holds an answer against the schema that was asked for', () => {
    expect(shown(byShape, words('{"city":"Oslo","people":700000}'))).toEqual({ '@finish': 1, '@schema': 1 });
    expect(shown(byShape, words('{"people":700000}'))).toMatchObject({ '@schema': 0 });
    expect(shown(byShape, words('{"city":"Oslo","rain":true}'))).toMatchObject({ '@schema': 0 });
    expect(shown(byShape, words('Sure! {"city":"Oslo"}'))).toMatchObject({ '@schema': 0 });
    expect(shown({ output: { kind: 'json' } }, words('[1]'))).toMatchObject({ '@schema': 1 });
    expect(shown({ output: { kind: 'json' } }, words('7'))).toMatchObject({ '@schema': 0 });
    expect(shown(byShape, words('{"city":"Os'), 'length')).toEqual({ '@finish': 0 });
  });

  it('is the share of tool calls that can be carried out', () => {
    const tools = { tools: [WEATHER] };
    expect(shown(tools, call('weather', '{"city":"Oslo"}'), 'tool_calls')).toEqual({ '@finish': 1, '@tools': 1 });
    expect(shown(tools, call('weather', '{"city":'), 'tool_calls')).toMatchObject({ '@tools': 0 });
    expect(shown(tools, call('weather', '{"city":7}'), 'tool_calls')).toMatchObject({ '@tools': 0 });
    expect(shown(tools, call('whether', '{"city":"Oslo"}'), 'tool_calls')).toMatchObject({ '@tools': 0 });
    const two = [...call('weather', '{"city":"Oslo"}'), ...call('weather', '{}', 1)];
    expect(shown(tools, two, 'tool_calls')).toMatchObject({ '@tools': 0.5 });
    expect(shown({ tools: [{ name: 'now', parameters: {} }] }, call('now', ''), 'tool_calls')).toMatchObject({
      '@tools': 1,
    });
    expect(shown(tools, words('No tool is needed.'))).toEqual({ '@finish': 1 });
    expect(shown({ ...tools, toolChoice: 'required' }, words('No.'))).toMatchObject({ '@tools': 0 });
  });

  it('says nothing of an answer that is longer than is kept, and keeps no text that nobody will look at', () => {
    const long = Array.from({ length: 300 }, (): ChatEvent => ({ type: 'text-delta', text: 'x'.repeat(1_024) }));
    expect(shown(byShape, long)).toEqual({ '@finish': 1 });
    const plain = createEvidence(sampleRequest(), false);
    for (const event of words('secret')) plain.see(event);
    expect(plain.text()).toBeUndefined();
    const kept = createEvidence(sampleRequest(), true);
    for (const event of words('for a judge')) kept.see(event);
    expect(kept.text()).toBe('for a judge');
  });
});

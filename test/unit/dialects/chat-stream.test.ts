// A chat provider's stream, odd chunk by odd chunk.
import { describe, expect, it } from 'vitest';
import type { ChatEvent, Frame } from '../../../src/core/chat.ts';
import { createChatDialect } from '../../../src/dialects/chat.ts';
import { PLAIN_CHAT } from '../../../src/dialects/chat-quirks.ts';

const dialect = createChatDialect(PLAIN_CHAT);
const choices = (delta: object, finish: string | null = null, index = 0) => ({
  id: 'c',
  choices: [{ index, delta, finish_reason: finish }],
});

const read = (...chunks: readonly (object | string)[]): { frames: Frame[]; events: ChatEvent[]; end: ChatEvent[] } => {
  const reader = dialect.createStreamReader();
  const frames = chunks.flatMap(
    (chunk) => reader.read({ data: typeof chunk === 'string' ? chunk : JSON.stringify(chunk) }) ?? [],
  );
  return { frames, events: frames.flatMap(({ events }) => events), end: [...(reader.end()?.events ?? [])] };
};
const failureOf = (events: readonly ChatEvent[]) => events.find((event) => event.type === 'failure')?.cause;

describe('a chat stream', () => {
  it('keeps what a gateway says of the bill in a chunk before the usage', () => {
    const reader = createChatDialect({ ...PLAIN_CHAT, billed: 'gateway' }).createStreamReader();
    const provider_metadata = { gateway: { cost: '0.00045' } };
    const chunks = [
      choices({ content: 'a' }),
      choices({ provider_metadata }, 'stop'),
      { id: 'c', choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } },
    ];
    const events = chunks.flatMap((chunk) => reader.read({ data: JSON.stringify(chunk) })?.events ?? []);
    expect(events.at(-1)).toMatchObject({ type: 'usage', billedUsd: 0.00045 });
  });

  it('an empty finish reason in every chunk is no finish', () => {
    const { events, end } = read(choices({ content: 'a' }, ''), choices({ content: 'b' }, ''));
    expect(events).toEqual([
      { type: 'text-delta', text: 'a' },
      { type: 'text-delta', text: 'b' },
    ]);
    expect(end).toMatchObject([{ type: 'failure', cause: { sort: 'cut' } }]);
  });

  it.each([
    ['error', { sort: 'inband' }],
    ['insufficient_system_resource', { sort: 'inband', status: 503 }],
    ['because', { sort: 'malformed' }],
    ['constructor', { sort: 'malformed' }],
  ])('a finish reason %s is a failure', (word, cause) => {
    expect(failureOf(read(choices({}, word)).events)).toMatchObject(cause);
  });

  it('an error with empty choices is an error, with its code as the status', () => {
    const chunk = {
      id: 'c',
      error: { code: 429, message: 'slow', metadata: { error_type: 'rate_limit' } },
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
    };
    expect(read(chunk).events).toMatchObject([
      { type: 'failure', cause: { sort: 'inband', phase: 'stream', status: 429, code: '429', type: 'rate_limit' } },
    ]);
  });

  it.each([
    [
      { object: 'error', message: 'no', type: 'BadRequestError', code: 400 },
      { status: 400, type: 'BadRequestError' },
    ],
    [
      { error: 'overheated', code: 'x' },
      { message: 'overheated', code: 'x' },
    ],
    [{ error: { message: 'no', status: 503 } }, { status: 503 }],
  ])('%j is an error', (chunk, cause) => {
    expect(failureOf(read(chunk).events)).toMatchObject({ sort: 'inband', ...cause });
  });

  it('an event named error is one whatever is in it', () => {
    const reader = dialect.createStreamReader();
    expect(reader.read({ event: 'error', data: '{"message":"down","code":"x"}' })?.events).toMatchObject([
      { type: 'failure', cause: { sort: 'inband', code: 'x', message: 'down' } },
    ]);
  });

  it('usage before a break is still told', () => {
    const { end } = read({ ...choices({ content: 'a' }), usage: { prompt_tokens: 5, completion_tokens: 1 } });
    expect(end).toMatchObject([{ type: 'usage', usage: { input: 5, output: 1 } }, { type: 'failure' }]);
  });

  it('usage that grows with every chunk is told once, when it is final', () => {
    const grown = (n: number) => ({ usage: { prompt_tokens: 5, completion_tokens: n } });
    const { events } = read(
      { ...choices({ content: 'a' }), ...grown(1) },
      { ...choices({ content: 'b' }), ...grown(2) },
      { ...choices({}, 'stop'), ...grown(3) },
    );
    expect(events.filter(({ type }) => type === 'usage')).toEqual([{ type: 'usage', usage: { input: 5, output: 3 } }]);
  });

  it('a chunk with the role alone is no content but is passed on', () => {
    expect(read(choices({ role: 'assistant', content: '' })).frames).toMatchObject([
      { events: [], wire: { dialect: 'chat' } },
    ]);
  });

  it('chunks without choices and empty data are nothing', () => {
    expect(read({ id: 'c', choices: [], prompt_filter_results: [] }, '', ' ').frames).toEqual([]);
  });

  it('with several choices, events speak of the first and the finish waits for all', () => {
    const { frames, events } = read(
      choices({ content: 'a' }),
      choices({ content: 'B' }, null, 1),
      choices({}, 'stop'),
      choices({ content: 'C' }, null, 1),
      choices({}, 'length', 1),
    );
    expect(events).toEqual([
      { type: 'text-delta', text: 'a' },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(frames).toHaveLength(5);
    expect(frames.every(({ wire }) => wire !== undefined)).toBe(true);
  });

  it('thinking in parts is reasoning', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: 'a' },
    ];
    expect(read(choices({ content })).events).toEqual([
      { type: 'reasoning-delta', text: 'hm' },
      { type: 'text-delta', text: 'a' },
    ]);
  });

  it('tool calls may lack ids and numbers, and their arguments may be objects', () => {
    const call = { function: { name: 'f', arguments: { a: 1 } } };
    const { events } = read(choices({ tool_calls: [call, call] }));
    const starts = events.filter((event) => event.type === 'tool-call-start');
    expect(starts.map(({ index }) => index)).toEqual([0, 1]);
    expect(new Set(starts.map(({ id }) => id)).size).toBe(2);
    expect(events.filter((event) => event.type === 'tool-call-delta').map((event) => event.arguments)).toEqual([
      '{"a":1}',
      '{"a":1}',
    ]);
  });

  it.each(['x', '5', '[]', 'null', '{"choices":'])('%s is passed over once, and malformed the second time', (data) => {
    const { events } = read(
      choices({ content: 'a' }),
      data,
      choices({ content: 'b' }),
      data,
      choices({ content: 'c' }),
    );
    expect(events.map((event) => (event.type === 'text-delta' ? event.text : event.type))).toEqual([
      'a',
      'b',
      'failure',
      'c',
    ]);
    expect(failureOf(events)).toMatchObject({ sort: 'malformed' });
  });

  it('no unreadable event is passed over inside a tool call: its arguments might parse without it', () => {
    const call = { index: 0, id: 'c1', function: { name: 'f', arguments: '{"a":' } };
    expect(failureOf(read(choices({ tool_calls: [call] }), '{"choi').events)).toMatchObject({ sort: 'malformed' });
  });

  it('other words for the same end are put right for the client too', () => {
    const { events, frames } = read(choices({}, 'eos'));
    expect(events).toEqual([{ type: 'finish', reason: 'stop' }]);
    expect(frames[0]?.wire?.json['choices']).toMatchObject([{ finish_reason: 'stop' }]);
  });
});

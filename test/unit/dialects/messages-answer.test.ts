import { describe, expect, it } from 'vitest';
import { ANSWER_TOOL } from '../../../src/dialects/answer-tool.ts';
import { messagesDialect } from '../../../src/dialects/messages.ts';
import { readMessagesUsage } from '../../../src/dialects/messages-usage.ts';
import { messageScript, messageStart, messagesSse } from '../../support/messages-wire.ts';
import { assembled, readSse } from '../../support/read-stream.ts';

const message = (change: object) =>
  JSON.stringify({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-test',
    content: [{ type: 'text', text: 'Hi.' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 10, output_tokens: 3 },
    ...change,
  });

const answer = (change: object) => assembled(messagesDialect.readAnswer(message(change)).events);
const stream = (script: Parameters<typeof messageScript>[0]) =>
  assembled(readSse(messagesDialect, messagesSse(messageScript(script))));

const endings = [
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['pause_turn', 'length'],
  ['refusal', 'content_filter'],
] as const;

describe('a whole answer', () => {
  it('is content, usage and finish, in that order, with its own JSON beside it', () => {
    const frame = messagesDialect.readAnswer(message({}));
    expect(frame.events).toEqual([
      { type: 'text-delta', text: 'Hi.' },
      { type: 'usage', usage: { input: 10, output: 3 } },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(frame.wire).toMatchObject({ dialect: 'messages', json: { id: 'msg_1' } });
  });

  it('has thinking as reasoning and calls numbered among themselves', () => {
    const content = [
      { type: 'thinking', thinking: 'Hm.', signature: 's' },
      { type: 'redacted_thinking', data: 'x' },
      { type: 'tool_use', id: 'toolu_1', name: 'a', input: { x: 1 } },
      { type: 'server_tool_use', id: 'srv', name: 'web_search', input: {} },
      { type: 'tool_use', id: 'toolu_2', name: 'b', input: {} },
    ];
    expect(answer({ content, stop_reason: 'tool_use' })).toMatchObject({
      reasoning: 'Hm.',
      calls: [
        { id: 'toolu_1', name: 'a', arguments: '{"x":1}' },
        { id: 'toolu_2', name: 'b', arguments: '{}' },
      ],
      finish: 'tool_calls',
    });
  });

  it.each(endings)('that ends with %s finishes as %s', (reason, finish) => {
    expect(answer({ stop_reason: reason }).finish).toBe(finish);
    expect(stream({ blocks: [], reason }).finish).toBe(finish);
  });

  it.each(['error', '', 'constructor', 'something_new'])('that ends with "%s" is no success', (reason) => {
    expect(answer({ stop_reason: reason })).toMatchObject({ finish: undefined, failure: { sort: 'malformed' } });
    expect(stream({ blocks: [], reason })).toMatchObject({ finish: undefined, failure: { sort: 'malformed' } });
  });

  it('without a stop reason, without content, or not of JSON is malformed', () => {
    expect(answer({ stop_reason: null }).failure).toMatchObject({ sort: 'malformed', phase: 'body' });
    expect(answer({ content: undefined }).failure).toMatchObject({ sort: 'malformed' });
    for (const body of ['', '<html></html>', '[1]', '"hi"'])
      expect(messagesDialect.readAnswer(body).events).toMatchObject([{ cause: { sort: 'malformed', phase: 'body' } }]);
  });

  it('that is an error under 200 is a failure with the status of its type', () => {
    const body = JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
    expect(messagesDialect.readAnswer(body).events).toEqual([
      {
        type: 'failure',
        cause: { sort: 'http', phase: 'body', status: 529, type: 'overloaded_error', message: 'Overloaded' },
      },
    ]);
  });

  it('without usage has no usage event', () => {
    expect(answer({ usage: undefined })).toMatchObject({ usage: undefined, finish: 'stop' });
  });

  it('given through the reserved tool is text, and its call no call', () => {
    const content = [{ type: 'tool_use', id: 'toolu_1', name: ANSWER_TOOL, input: { age: 7 } }];
    expect(answer({ content, stop_reason: 'tool_use' })).toMatchObject({
      text: '{"age":7}',
      calls: [],
      finish: 'stop',
    });
    const blocks = [{ kind: 'tool', id: 'toolu_1', name: ANSWER_TOOL, pieces: ['{"age"', ':7}'] }] as const;
    expect(stream({ blocks, reason: 'tool_use' })).toMatchObject({ text: '{"age":7}', calls: [], finish: 'stop' });
  });
});

describe('usage', () => {
  it('is disjoint: cache reads and both kinds of writes beside input, thinking out of output', () => {
    const counts = {
      input_tokens: 20,
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 50,
      output_tokens_details: { thinking_tokens: 30 },
      server_tool_use: { web_search_requests: 2 },
    };
    expect(readMessagesUsage(counts)).toEqual({
      input: 20,
      cached_input: 1000,
      cache_write_5m: 100,
      cache_write_1h: 200,
      output: 20,
      reasoning: 30,
      search: 2,
    });
  });

  it('takes writes without a split for the five-minute kind', () => {
    expect(readMessagesUsage({ input_tokens: 1, cache_creation_input_tokens: 9, output_tokens: 1 })).toEqual({
      input: 1,
      cache_write_5m: 9,
      output: 1,
    });
  });

  it('of a stream is the start’s counts with the end’s over them, given once', () => {
    const events = readSse(
      messagesDialect,
      messagesSse(
        messageScript({
          blocks: [{ kind: 'text', pieces: ['Hi'] }],
          reason: 'end_turn',
          startCounts: {
            input_tokens: 5,
            cache_read_input_tokens: 100,
            cache_creation_input_tokens: 40,
            cache_creation: { ephemeral_1h_input_tokens: 40 },
            output_tokens: 1,
            service_tier: 'priority',
          },
          endCounts: { input_tokens: null, output_tokens: 77 },
        }),
      ),
    );
    expect(events.filter(({ type }) => type === 'usage')).toEqual([
      {
        type: 'usage',
        usage: { input: 5, cached_input: 100, cache_write_1h: 40, output: 77 },
        tier: 'priority',
      },
    ]);
  });

  it('never passes fast mode off as the standard tier', () => {
    const { events } = messagesDialect.readAnswer(
      message({ usage: { input_tokens: 1, output_tokens: 1, service_tier: 'standard', speed: 'fast' } }),
    );
    expect(events.find(({ type }) => type === 'usage')).toMatchObject({ tier: 'fast' });
  });
});

describe('a stream', () => {
  it('keeps interleaved parallel calls apart', () => {
    const wire = [
      messageStart(),
      { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 'a', name: 'f', input: {} } },
      { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 'b', name: 'g', input: {} } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"y":' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"x":1}' } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '2}' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_stop', index: 2 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
    ];
    expect(assembled(readSse(messagesDialect, messagesSse(wire))).calls).toEqual([
      { id: 'a', name: 'f', arguments: '{"x":1}' },
      { id: 'b', name: 'g', arguments: '{"y":2}' },
    ]);
  });

  it('takes input that came whole with its block, once', () => {
    const wire = [
      messageStart(),
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
      },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
    ];
    expect(assembled(readSse(messagesDialect, messagesSse(wire))).calls).toEqual([
      { id: 'a', name: 'f', arguments: '{"x":1}' },
    ]);
  });

  it('ignores pings and gives every other message in its wire form', () => {
    const reader = messagesDialect.createStreamReader();
    expect(reader.read({ event: 'ping', data: '{"type":"ping"}' })).toBeUndefined();
    expect(reader.read({ data: JSON.stringify(messageStart()) })).toMatchObject({
      events: [],
      wire: { dialect: 'messages', json: { type: 'message_start' } },
    });
    expect(reader.read({ data: '{"type":"new_event"}' })).toMatchObject({ events: [] });
  });

  it('turns an error event into a failure with type and status, and nothing after it counts', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    const wire = messageScript({ blocks: [{ kind: 'text', pieces: ['Hi'] }], reason: 'end_turn' });
    const events = readSse(messagesDialect, messagesSse([...wire.slice(0, 3), error, ...wire.slice(3)]));
    expect(events).toEqual([
      { type: 'text-delta', text: 'Hi' },
      {
        type: 'failure',
        cause: { sort: 'inband', phase: 'stream', status: 529, type: 'overloaded_error', message: 'Overloaded' },
      },
    ]);
  });

  it('says nothing of an error after its end: the answer was whole', () => {
    const wire = messageScript({ blocks: [], reason: 'end_turn' });
    const error = { type: 'error', error: { type: 'api_error', message: 'late' } };
    const events = readSse(messagesDialect, messagesSse([...wire.slice(0, -1), error]));
    expect(events.map(({ type }) => type)).toEqual(['usage', 'finish']);
    const reader = messagesDialect.createStreamReader();
    for (const one of wire.slice(0, -1)) reader.read({ data: JSON.stringify(one) });
    expect(reader.read({ data: JSON.stringify(error) })).toBeUndefined();
    expect(reader.read({ data: '{"type":"message_stop"}' })).toMatchObject({ events: [], wire: {} });
  });

  it('is a failure at the second event that is not JSON', () => {
    const events = readSse(messagesDialect, `${messagesSse([messageStart()])}${'data: {"type":\n\n'.repeat(2)}`);
    expect(events).toMatchObject([{ type: 'failure', cause: { sort: 'malformed', phase: 'stream' } }]);
  });

  it('that breaks reports no usage: the start’s counts are not the whole', () => {
    const events = readSse(messagesDialect, messagesSse([messageStart({ input_tokens: 500, output_tokens: 1 })]));
    expect(events).toMatchObject([{ type: 'failure', cause: { sort: 'cut' } }]);
  });
});

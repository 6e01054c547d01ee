// Whatever an Anthropic stream says and wherever its bytes are cut, the same events come out.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../src/core/chat.ts';
import { messagesDialect } from '../../src/dialects/messages.ts';
import { type Block, messageScript, messagesSse } from '../support/messages-wire.ts';
import { readSse } from '../support/read-stream.ts';

const piece = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const pieces = fc.array(piece, { maxLength: 5 });
const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ kind: fc.constantFrom('text' as const, 'thinking' as const), pieces }),
  fc.record({
    kind: fc.constant('tool' as const),
    id: fc.stringMatching(/^toolu_[a-z0-9]{4}$/),
    name: fc.stringMatching(/^[a-z_]{1,12}$/),
    pieces,
  }),
);

const expected = (blocks: readonly Block[], output: number): ChatEvent[] => {
  const events: ChatEvent[] = [];
  let calls = 0;
  for (const one of blocks) {
    if (one.kind === 'tool') {
      const index = calls++;
      events.push({ type: 'tool-call-start', index, id: one.id, name: one.name });
      const written = one.pieces.length === 0 ? ['{}'] : one.pieces;
      events.push(...written.map((text) => ({ type: 'tool-call-delta' as const, index, arguments: text })));
    } else {
      const type = one.kind === 'text' ? ('text-delta' as const) : ('reasoning-delta' as const);
      events.push(...one.pieces.map((text) => ({ type, text })));
    }
  }
  events.push({ type: 'usage', usage: { input: 12, output } });
  events.push({ type: 'finish', reason: calls > 0 ? 'tool_calls' : 'stop' });
  return events;
};

const script = fc.record({
  blocks: fc.array(block, { maxLength: 6 }),
  output: fc.integer({ min: 1, max: 9999 }),
  pings: fc.boolean(),
});
type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;

const render = ({ blocks, output, pings }: Script) => {
  const reason = blocks.some(({ kind }) => kind === 'tool') ? 'tool_use' : 'end_turn';
  return messageScript({ blocks, reason, pings, endCounts: { output_tokens: output } });
};

describe('an Anthropic stream', () => {
  it('is read to the same events wherever it is cut', () => {
    fc.assert(
      fc.property(script, fc.array(fc.nat(), { maxLength: 12 }), (one, cuts) => {
        expect(readSse(messagesDialect, messagesSse(render(one)), cuts)).toEqual(expected(one.blocks, one.output));
      }),
      { numRuns: 300 },
    );
  });

  it('that ends anywhere before its message_delta is a failure and never a finish', () => {
    fc.assert(
      fc.property(script, fc.nat(), (one, at) => {
        const messages = render(one);
        const last = messages.findIndex(({ type }) => type === 'message_delta');
        const events = readSse(messagesDialect, messagesSse(messages.slice(0, at % (last + 1))));
        expect(events.filter(({ type }) => type === 'finish')).toEqual([]);
        expect(events.at(-1)).toMatchObject({ type: 'failure', cause: { sort: 'cut' } });
      }),
      { numRuns: 200 },
    );
  });

  it('never throws and has at most one ending, whatever comes', () => {
    const wire = fc.record(
      {
        type: fc.constantFrom(
          'message_start',
          'content_block_start',
          'content_block_delta',
          'content_block_stop',
          'message_delta',
          'message_stop',
          'error',
          'ping',
          'new_event',
        ),
        index: fc.oneof(fc.nat({ max: 2 }), fc.jsonValue()),
        message: fc.jsonValue(),
        content_block: fc.oneof(fc.constant({ type: 'tool_use', name: 'f' }), fc.jsonValue()),
        delta: fc.oneof(
          fc.constantFrom({ stop_reason: 'end_turn' }, { stop_reason: 'constructor' }, { type: 'input_json_delta' }),
          fc.jsonValue(),
        ),
        usage: fc.jsonValue(),
      },
      { requiredKeys: ['type'] },
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
          const reader = messagesDialect.createStreamReader();
          const frames = [...data.map((one) => reader.read({ data: one })), reader.end()];
          const endings = frames
            .flatMap((frame) => frame?.events ?? [])
            .filter(({ type }) => type === 'finish' || type === 'failure');
          expect(endings).toHaveLength(1);
        },
      ),
      { numRuns: 500 },
    );
  });
});

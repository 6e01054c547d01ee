// A whole Anthropic message as one frame: its blocks in order, then usage, then the finish.
import type { ChatEvent, Frame, JsonObject } from '../core/chat.ts';
import { ANSWER_TOOL } from './answer-tool.ts';
import { objectOf, objectsOf, parseLoose, textOf } from './loose.ts';
import { errorIn, promisedErrorCause } from './messages-errors.ts';
import { messagesFinish, readMessagesUsage, tierOf } from './messages-usage.ts';
import { scrubWord } from './scrub.ts';

const malformed = (message: string): ChatEvent => ({
  type: 'failure',
  cause: { sort: 'malformed', phase: 'body', message },
});

const textEvents = (type: 'text-delta' | 'reasoning-delta', text: string | undefined): readonly ChatEvent[] =>
  text ? [{ type, text }] : [];

const callEvents = (block: JsonObject, index: number): readonly ChatEvent[] => [
  { type: 'tool-call-start', index, id: textOf(block['id']) ?? `call_${index}`, name: textOf(block['name']) ?? '' },
  { type: 'tool-call-delta', index, arguments: JSON.stringify(block['input'] ?? {}) },
];

/** Blocks of the provider's own tools say nothing to a client that did not ask for them. */
const blockEvents = (blocks: readonly JsonObject[]): readonly ChatEvent[] => {
  let calls = 0;
  return blocks.flatMap((block) => {
    switch (block['type']) {
      case 'text':
        return textEvents('text-delta', textOf(block['text']));
      case 'thinking':
        return textEvents('reasoning-delta', textOf(block['thinking']));
      case 'tool_use':
        if (block['name'] === ANSWER_TOOL) return textEvents('text-delta', JSON.stringify(block['input'] ?? {}));
        return callEvents(block, calls++);
      default:
        return [];
    }
  });
};

export const usageEvent = (counts: JsonObject): readonly ChatEvent[] => {
  const usage = readMessagesUsage(counts);
  if (!usage) return [];
  const tier = tierOf(counts);
  return [{ type: 'usage', usage, ...(tier === undefined ? {} : { tier }) }];
};

/** A call of the reserved answer tool alone is an answer, not a tool call. */
export const finishEvent = (
  reason: string,
  { calls, phase }: { readonly calls: number; readonly phase: 'body' | 'stream' },
): ChatEvent => {
  const known = messagesFinish(reason);
  if (!known) {
    const code = scrubWord(reason);
    const message = 'the provider stopped for a reason we do not know';
    return { type: 'failure', cause: { sort: 'malformed', phase, ...(code === undefined ? {} : { code }), message } };
  }
  return { type: 'finish', reason: known === 'tool_calls' && calls === 0 ? 'stop' : known };
};

export const readMessagesAnswer = (body: string): Frame => {
  const json = objectOf(parseLoose(body));
  if (!json) return { events: [malformed('the answer is not a JSON object')] };
  const wire = { dialect: 'messages', json } as const;
  const error = errorIn(json);
  if (error)
    return { events: [{ type: 'failure', cause: promisedErrorCause(error, { sort: 'http', phase: 'body' }) }], wire };
  if (!Array.isArray(json['content'])) return { events: [malformed('the answer has no content')], wire };
  const content = blockEvents(objectsOf(json['content']));
  const calls = content.filter(({ type }) => type === 'tool-call-start').length;
  const reason = textOf(json['stop_reason']);
  const end =
    reason === undefined ? malformed('the answer has no stop reason') : finishEvent(reason, { calls, phase: 'body' });
  return { events: [...content, ...usageEvent(objectOf(json['usage']) ?? {}), end], wire };
};

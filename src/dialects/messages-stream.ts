// An Anthropic stream as frames: blocks become deltas, message_delta brings usage and the finish, and nothing after that counts.
import type { ChatEvent, Frame, JsonObject } from '../core/chat.ts';
import type { FailureCause } from '../core/failure.ts';
import { ANSWER_TOOL } from './answer-tool.ts';
import type { UpstreamDialect } from './dialect.ts';
import { countOf, objectOf, parseLoose, textOf } from './loose.ts';
import { finishEvent, usageEvent } from './messages-answer.ts';
import { errorIn, promisedErrorCause } from './messages-errors.ts';
import { mergeCounts } from './messages-usage.ts';
import { createSkips } from './skips.ts';

/** A tool call under way. `index` is ours (calls only); undefined for the reserved answer tool. */
type OpenCall = { readonly index: number | undefined; readonly input: JsonObject; written: boolean };

type State = {
  /** By block number; blocks close as the stream goes on, and the stream's own bound is theirs. */
  readonly open: Map<number, OpenCall>;
  calls: number;
  counts: JsonObject;
  ended: boolean;
};

const argumentEvent = (call: OpenCall, text: string): ChatEvent =>
  call.index === undefined
    ? { type: 'text-delta', text }
    : { type: 'tool-call-delta', index: call.index, arguments: text };

const startBlock = (state: State, at: number, block: JsonObject): readonly ChatEvent[] => {
  const text = textOf(block['text']);
  const thinking = textOf(block['thinking']);
  if (block['type'] === 'text' && text) return [{ type: 'text-delta', text }];
  if (block['type'] === 'thinking' && thinking) return [{ type: 'reasoning-delta', text: thinking }];
  if (block['type'] !== 'tool_use') return [];
  const name = textOf(block['name']) ?? '';
  const index = name === ANSWER_TOOL ? undefined : state.calls++;
  state.open.set(at, { index, input: objectOf(block['input']) ?? {}, written: false });
  if (index === undefined) return [];
  return [{ type: 'tool-call-start', index, id: textOf(block['id']) ?? `call_${index}`, name }];
};

const deltaBlock = (state: State, at: number, delta: JsonObject): readonly ChatEvent[] => {
  switch (delta['type']) {
    case 'text_delta': {
      const text = textOf(delta['text']);
      return text ? [{ type: 'text-delta', text }] : [];
    }
    case 'thinking_delta': {
      const text = textOf(delta['thinking']);
      return text ? [{ type: 'reasoning-delta', text }] : [];
    }
    case 'input_json_delta': {
      const call = state.open.get(at);
      const text = textOf(delta['partial_json']);
      if (!call || !text) return [];
      call.written = true;
      return [argumentEvent(call, text)];
    }
    default:
      return [];
  }
};

/** A call without arguments, or one whose input came whole at its start, has had no deltas: its arguments are written now. */
const stopBlock = (state: State, at: number): readonly ChatEvent[] => {
  const call = state.open.get(at);
  state.open.delete(at);
  return call && !call.written ? [argumentEvent(call, JSON.stringify(call.input))] : [];
};

const deltaMessage = (state: State, json: JsonObject): readonly ChatEvent[] => {
  state.counts = mergeCounts(state.counts, objectOf(json['usage']));
  const reason = textOf(objectOf(json['delta'])?.['stop_reason']);
  if (reason === undefined) return [];
  state.ended = true;
  return [...usageEvent(state.counts), finishEvent(reason, { calls: state.calls, phase: 'stream' })];
};

const eventsOf = (state: State, json: JsonObject): readonly ChatEvent[] => {
  const at = countOf(json['index']) ?? 0;
  switch (json['type']) {
    case 'message_start':
      state.counts = mergeCounts(state.counts, objectOf(objectOf(json['message'])?.['usage']));
      return [];
    case 'content_block_start':
      return startBlock(state, at, objectOf(json['content_block']) ?? {});
    case 'content_block_delta':
      return deltaBlock(state, at, objectOf(json['delta']) ?? {});
    case 'content_block_stop':
      return stopBlock(state, at);
    case 'message_delta':
      return deltaMessage(state, json);
    default:
      return [];
  }
};

/**
 * Usage is given once, with the finish: what message_start counts is a beginning, and to report it of a broken stream would pass it off as
 * the whole. Messages that mean nothing to us keep their wire form for clients of the same dialect.
 */
export const createMessagesStreamReader: UpstreamDialect['createStreamReader'] = () => {
  const state: State = { open: new Map(), calls: 0, counts: {}, ended: false };
  const skips = createSkips();
  const failed = (cause: FailureCause, json?: JsonObject): Frame => {
    state.ended = true;
    const events: readonly ChatEvent[] = [{ type: 'failure', cause }];
    return json ? { events, wire: { dialect: 'messages', json } } : { events };
  };
  const read = ({ event, data }: { readonly event?: string; readonly data: string }): Frame | undefined => {
    const json = objectOf(parseLoose(data));
    const name = textOf(json?.['type']) ?? event;
    if (name === 'ping') return undefined;
    if (state.ended) return json && name !== 'error' ? { events: [], wire: { dialect: 'messages', json } } : undefined;
    if (!json && skips.one(state.open.size > 0)) return undefined;
    if (!json) return failed({ sort: 'malformed', phase: 'stream', message: 'an event of the stream is not JSON' });
    const error = errorIn(json) ?? (name === 'error' ? {} : undefined);
    if (error) return failed(promisedErrorCause(error, { sort: 'inband', phase: 'stream' }), json);
    return { events: eventsOf(state, json), wire: { dialect: 'messages', json } };
  };
  return {
    read,
    end: () =>
      state.ended
        ? undefined
        : failed({ sort: 'cut', phase: 'stream', message: 'the stream ended before the message did' }),
  };
};

// What a chat client gets: chunks of one consistent stream, or one whole completion, whoever answered and in whatever dialect.
import type { ChatEvent, Frame, JsonObject } from '../core/chat.ts';
import { mergeUsage, type Usage } from '../core/price.ts';
import { wholeCompletion } from './chat-completion.ts';
import { choicesOf } from './chat-delta.ts';
import { writeChatUsage } from './chat-usage.ts';
import { objectOf, objectsOf } from './loose.ts';

export type ChatWriterOptions = {
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  /** The model that answered. */
  readonly model: string;
  /** The client of a stream asked for the usage chunk. */
  readonly includeUsage: boolean;
};

export type ChatWriter = {
  /** The chunks a frame becomes, none for what a client need not see. The first chunk of all carries the role. */
  chunks(frame: Frame): readonly JsonObject[];
  /** The last chunk, for a client that asked. `usage`: in place of what the frames said, where they said nothing. */
  usageChunk(extras: JsonObject, usage?: Usage): JsonObject;
  /** The last event of a broken stream; no [DONE] may follow, for every SDK would take that for success. */
  failure(message: string, code: string): JsonObject;
  /** Not streamed: the whole completion. */
  whole(frames: readonly Frame[], extras: JsonObject, usage?: Usage): JsonObject;
};

type Shell = (choices: readonly JsonObject[], extra?: JsonObject) => JsonObject;

const deltaOf = (event: ChatEvent): JsonObject | undefined => {
  switch (event.type) {
    case 'text-delta':
      return { content: event.text };
    case 'reasoning-delta':
      return { reasoning_content: event.text };
    case 'refusal-delta':
      return { refusal: event.text };
    case 'tool-call-start':
      return {
        tool_calls: [
          { index: event.index, id: event.id, type: 'function', function: { name: event.name, arguments: '' } },
        ],
      };
    case 'tool-call-delta':
      return { tool_calls: [{ index: event.index, function: { arguments: event.arguments } }] };
    case 'finish':
      return {};
    case 'usage':
    case 'failure':
      return undefined;
    default:
      return event satisfies never;
  }
};

const fromEvents = (events: readonly ChatEvent[], shell: Shell): readonly JsonObject[] =>
  events.flatMap((event): readonly JsonObject[] => {
    const delta = deltaOf(event);
    if (!delta) return [];
    return [shell([{ index: 0, delta, finish_reason: event.type === 'finish' ? event.reason : null }])];
  });

/** The provider's own chunk with our id, time and model. Its usage goes: ours, in disjoint meters and priced, comes last. */
const fromWire = (wire: JsonObject, shell: Shell): readonly JsonObject[] => {
  const choices = choicesOf(wire).map(asDelta);
  if (choices.length === 0) return [];
  const { id: _id, object: _object, created: _created, model: _model, usage: _usage, x_groq: _groq, ...rest } = wire;
  return [shell(choices, rest)];
};

/** Some answer whole although a stream was asked for: their choices have a message, which no reader of a stream looks for. */
const asDelta = (choice: JsonObject): JsonObject => {
  const { message, ...rest } = choice;
  const whole = objectOf(message);
  if (!whole || choice['delta'] !== undefined) return choice;
  const calls = objectsOf(whole['tool_calls']);
  return {
    ...rest,
    delta: calls.length === 0 ? whole : { ...whole, tool_calls: calls.map((call, index) => ({ ...call, index })) },
  };
};

const saysRole = (chunk: JsonObject | undefined): boolean =>
  chunk !== undefined && objectOf(choicesOf(chunk)[0]?.['delta'])?.['role'] !== undefined;

export const createChatWriter = ({ id, created, model, includeUsage }: ChatWriterOptions): ChatWriter => {
  let opened = false;
  let seen: Usage = {};
  const shell: Shell = (choices, extra = {}) => ({
    ...extra,
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    choices,
    ...(includeUsage ? { usage: null } : {}),
  });
  const note = (frame: Frame): void => {
    for (const event of frame.events) if (event.type === 'usage') seen = mergeUsage(seen, event.usage);
  };

  return {
    chunks: (frame) => {
      note(frame);
      const failed = frame.events.some(({ type }) => type === 'failure');
      const wire = failed || frame.wire?.dialect !== 'chat' ? undefined : frame.wire.json;
      const chunks = wire ? fromWire(wire, shell) : fromEvents(frame.events, shell);
      if (opened || chunks.length === 0) return chunks;
      opened = true;
      if (saysRole(chunks[0])) return chunks;
      return [shell([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]), ...chunks];
    },
    usageChunk: (extras, usage = seen) => ({ ...shell([]), usage: writeChatUsage(usage, extras) }),
    failure: (message, code) => ({
      ...shell([{ index: 0, delta: { content: '' }, finish_reason: 'error' }]),
      error: { message, type: 'upstream_error', code, param: null },
    }),
    whole: (frames, extras, usage) => {
      for (const frame of frames) note(frame);
      return wholeCompletion(frames, { id, created, model, usage: writeChatUsage(usage ?? seen, extras) });
    },
  };
};

// A chat message or delta into events: text in its several spellings, reasoning, refusals, and tool calls with their numbers put right.
import type { ChatEvent, JsonObject } from '../core/chat.ts';
import { countOf, itemsOf, type Loose, objectOf, textOf } from './loose.ts';

/** The choices of an answer or a chunk that are objects at all. */
export const choicesOf = (body: JsonObject): readonly JsonObject[] =>
  itemsOf(body['choices'])
    .map(objectOf)
    .filter((choice) => choice !== undefined);

const nonEmpty = (value: Loose): string | undefined => {
  const text = textOf(value);
  return text === '' ? undefined : text;
};

/** Mistral's reasoning models send content as parts, thinking among them. */
const partEvents = (value: Loose): readonly ChatEvent[] => {
  const part = objectOf(value);
  if (!part) return [];
  if (part['type'] === 'thinking')
    return itemsOf(part['thinking']).flatMap((piece) => {
      const text = nonEmpty(objectOf(piece)?.['text']);
      return text === undefined ? [] : [{ type: 'reasoning-delta', text }];
    });
  const text = nonEmpty(part['text']);
  return text === undefined ? [] : [{ type: 'text-delta', text }];
};

const textEvents = (delta: JsonObject): readonly ChatEvent[] => {
  const events: ChatEvent[] = [];
  const reasoning = nonEmpty(delta['reasoning_content']) ?? nonEmpty(delta['reasoning']);
  if (reasoning !== undefined) events.push({ type: 'reasoning-delta', text: reasoning });
  const content = delta['content'];
  const text = nonEmpty(content);
  if (text !== undefined) events.push({ type: 'text-delta', text });
  else for (const part of itemsOf(content)) events.push(...partEvents(part));
  const refusal = nonEmpty(delta['refusal']);
  if (refusal !== undefined) events.push({ type: 'refusal-delta', text: refusal });
  return events;
};

export type DeltaReader = {
  /** `renumbered`: the wire's own numbering of tool calls would confuse a client. */
  read(delta: JsonObject): { readonly events: readonly ChatEvent[]; readonly renumbered: boolean };
  /** A tool call has begun. */
  hasCalls(): boolean;
};

/** @param answerId makes ids for calls that come without one */
export const createDeltaReader = (answerId: string): DeltaReader => {
  /** The wire's number of a call → ours, and the id under which it was opened. */
  const calls = new Map<number, { readonly index: number; readonly id: string }>();
  let next = 0;

  const open = (wireIndex: number, id: string): number => {
    const index = next;
    next += 1;
    calls.set(wireIndex, { index, id });
    return index;
  };

  const callEvents = (value: Loose, position: number): { events: ChatEvent[]; renumbered: boolean } => {
    const call = objectOf(value);
    if (!call) return { events: [], renumbered: false };
    const named = objectOf(call['function']);
    const wireIndex = countOf(call['index']) ?? position;
    const id = nonEmpty(call['id']);
    const name = nonEmpty(named?.['name']);
    const events: ChatEvent[] = [];
    const known = calls.get(wireIndex);
    // A new id under an old number is a new call: some servers send every call as number 0.
    const isNew = known === undefined || (id !== undefined && name !== undefined && known.id !== id);
    const ownId = id ?? `call_${answerId}_${next}`;
    const index = isNew ? open(wireIndex, ownId) : known.index;
    if (isNew) events.push({ type: 'tool-call-start', index, id: ownId, name: name ?? '' });
    const written = named?.['arguments'];
    // Arguments should be text; servers that send the object mean its JSON.
    const text = objectOf(written) ? JSON.stringify(written) : nonEmpty(written);
    if (text !== undefined) events.push({ type: 'tool-call-delta', index, arguments: text });
    const isAsSent = countOf(call['index']) === index && (!isNew || id !== undefined) && !objectOf(written);
    return { events, renumbered: !isAsSent };
  };

  return {
    hasCalls: () => calls.size > 0,
    read: (delta) => {
      const texts = textEvents(delta);
      const read = itemsOf(delta['tool_calls']).map(callEvents);
      const legacy = objectOf(delta['function_call']);
      if (legacy) read.push(callEvents({ index: 0, id: 'function_call', function: legacy }, 0));
      if (read.length === 0) return { events: texts, renumbered: false };
      return {
        events: [...texts, ...read.flatMap(({ events }) => events)],
        renumbered: !legacy && read.some(({ renumbered }) => renumbered),
      };
    },
  };
};

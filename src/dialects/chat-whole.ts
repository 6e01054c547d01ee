// A whole chat answer under status 200 as one frame; what is no answer as a failure.
import type { ChatEvent, FinishReason, Frame, JsonObject } from '../core/chat.ts';
import type { FailureCause } from '../core/failure.ts';
import { choicesOf, createDeltaReader } from './chat-delta.ts';
import { errorIn, notAnAnswer } from './chat-error.ts';
import { finishOf } from './chat-finish.ts';
import type { ChatQuirks } from './chat-quirks.ts';
import { readChatUsage } from './chat-usage.ts';
import { countOf, itemsOf, type Loose, objectOf, parseLoose, textOf } from './loose.ts';

/** A tool call as clients expect it: with an id, its arguments as text. Undefined where it names no tool. */
const shapedCall = (value: Loose, ownId: string): JsonObject | undefined => {
  const call = objectOf(value);
  const named = objectOf(call?.['function']);
  // Kinds of calls we do not know are the client's own matter.
  if (call && !named && textOf(call['type']) !== undefined && call['type'] !== 'function') return call;
  if (!call || !named || !textOf(named['name'])) return undefined;
  const given = named['arguments'];
  return {
    ...call,
    id: textOf(call['id']) || ownId,
    function: { ...named, arguments: textOf(given) ?? JSON.stringify(given ?? {}) },
  };
};

/** Text, parts, or nothing. */
const isContent = (value: Loose): boolean =>
  value === undefined || value === null || textOf(value) !== undefined || Array.isArray(value);

/** The choice as clients expect it; undefined where it has no message, or a call in it that nobody could carry out. */
const shaped = (choice: JsonObject, answerId: string): JsonObject | undefined => {
  const message = objectOf(choice['message']);
  if (!message || !isContent(message['content'])) return undefined;
  const calls = itemsOf(message['tool_calls']);
  if (calls.length === 0) return choice;
  const put = calls
    .map((call, index) => shapedCall(call, `call_${answerId}_${index}`))
    .filter((call) => call !== undefined);
  return put.length < calls.length ? undefined : { ...choice, message: { ...message, tool_calls: put } };
};

const SHAPELESS: FailureCause = {
  sort: 'malformed',
  phase: 'body',
  message: 'a choice of the answer has no message with text, or a tool call without a name',
};

/** Events speak of the first choice; the others travel in the body. */
export const readChatAnswer = (body: string, billed: ChatQuirks['billed']): Frame => {
  // DeepSeek sends blank lines while a request waits its turn; JSON takes them for space.
  const answer = objectOf(parseLoose(body));
  const choices = answer ? choicesOf(answer) : [];
  const first = choices.find((choice) => (countOf(choice['index']) ?? 0) === 0) ?? choices[0];
  if (!answer || !first || errorIn(answer)) return { events: [{ type: 'failure', cause: notAnAnswer(body) }] };

  const usage = readChatUsage(answer, billed);
  const id = textOf(answer['id']) ?? '';
  const { events } = createDeltaReader(id).read(objectOf(first['message']) ?? {});
  // What was written stands before the failure too: it may be on the bill.
  const ended = (end: ChatEvent): readonly ChatEvent[] => [...events, ...(usage ? [usage] : []), end];
  const whole: JsonObject[] = [];
  let reason: FinishReason = 'stop';
  for (const choice of choices) {
    const finish = finishOf(textOf(choice['finish_reason']) ?? '', 'body');
    // Of several choices none may be a part.
    if (finish.kind === 'failure') return { events: ended({ type: 'failure', cause: finish.cause }) };
    if (choice === first) reason = finish.reason;
    const put = shaped(choice, id);
    if (!put) return { events: ended({ type: 'failure', cause: SHAPELESS }) };
    whole.push({ ...put, finish_reason: finish.reason });
  }
  const json = { ...answer, choices: whole };
  return { events: ended({ type: 'finish', reason }), wire: { dialect: 'chat', json } };
};

// A whole chat.completion: the provider's own body with our id, model and usage, or one put together from events.
import type { ChatEvent, FinishReason, Frame, JsonObject } from '../core/chat.ts';
import { itemsOf } from './loose.ts';

export type CompletionHead = {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly usage: JsonObject;
};

type Gathered = {
  text: string;
  reasoning: string;
  refusal: string;
  readonly calls: Map<number, { readonly id: string; readonly name: string; arguments: string }>;
  finish: FinishReason;
};

const gather = (gathered: Gathered, event: ChatEvent): void => {
  switch (event.type) {
    case 'text-delta':
      gathered.text += event.text;
      return;
    case 'reasoning-delta':
      gathered.reasoning += event.text;
      return;
    case 'refusal-delta':
      gathered.refusal += event.text;
      return;
    case 'tool-call-start':
      gathered.calls.set(event.index, { id: event.id, name: event.name, arguments: '' });
      return;
    case 'tool-call-delta': {
      const call = gathered.calls.get(event.index);
      if (call) call.arguments += event.arguments;
      return;
    }
    case 'finish':
      gathered.finish = event.reason;
      return;
    case 'usage':
    case 'failure':
      return;
    default:
      event satisfies never;
  }
};

const messageOf = ({ text, reasoning, refusal, calls }: Gathered): JsonObject => {
  const toolCalls = [...calls.values()].map(({ id, name, arguments: text }) => ({
    id,
    type: 'function',
    function: { name, arguments: text },
  }));
  return {
    role: 'assistant',
    content: text === '' && (toolCalls.length > 0 || refusal !== '') ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
  };
};

/** @param frames of a complete answer; the last is one with a finish, or a whole body */
export const wholeCompletion = (
  frames: readonly Frame[],
  { id, created, model, usage }: CompletionHead,
): JsonObject => {
  const own = { id, object: 'chat.completion', created, model };
  const wire = frames.find(
    ({ wire }) => wire?.dialect === 'chat' && wire.json['object'] !== 'chat.completion.chunk',
  )?.wire;
  if (wire && itemsOf(wire.json['choices']).length > 0) return { ...wire.json, ...own, usage };
  const gathered: Gathered = { text: '', reasoning: '', refusal: '', calls: new Map(), finish: 'stop' };
  for (const frame of frames) for (const event of frame.events) gather(gathered, event);
  return {
    ...own,
    choices: [{ index: 0, message: messageOf(gathered), logprobs: null, finish_reason: gathered.finish }],
    usage,
  };
};

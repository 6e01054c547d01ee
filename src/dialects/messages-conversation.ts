// A conversation as Anthropic Messages takes it: alternating turns, results before words, ids that are unique and of its alphabet.
import type { JsonObject, Message, Part } from '../core/chat.ts';
import { argumentsOf } from './loose.ts';
import { midSystemText } from './mid-system.ts';

type Turn = { readonly role: 'user' | 'assistant'; readonly content: JsonObject[] };

export type Conversation = { readonly system: readonly JsonObject[]; readonly turns: readonly JsonObject[] };

const text = (words: string): JsonObject => ({ type: 'text', text: words });
/** Empty text blocks are refused, so an empty text is no block. */
const textBlocks = (words: string): readonly JsonObject[] => (words.trim() === '' ? [] : [text(words)]);

const partBlocks = (part: Part): readonly JsonObject[] => {
  if (part.type === 'text') return textBlocks(part.text);
  const { source } = part;
  return [
    {
      type: 'image',
      source:
        source.from === 'url'
          ? { type: 'url', url: source.url }
          : { type: 'base64', media_type: source.mediaType, data: source.data },
    },
  ];
};

/** Calls in one conversation may come from several providers: their ids may clash or use letters that are refused. */
const createIds = () => {
  const taken = new Set<string>();
  const open = new Map<string, string[]>();
  const clean = (id: string): string => id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'call';
  return {
    forCall: (id: string): string => {
      let mine = clean(id);
      for (let again = 2; taken.has(mine); again++) mine = `${clean(id)}_${again}`;
      taken.add(mine);
      open.set(id, [...(open.get(id) ?? []), mine]);
      return mine;
    },
    /** The oldest call of that id which has no result yet. */
    forResult: (id: string): string => open.get(id)?.shift() ?? clean(id),
  };
};

const isResult = (block: JsonObject): boolean => block['type'] === 'tool_result';

/** Results must come before anything else that is said in their turn. */
const finished = ({ role, content }: Turn): JsonObject => ({
  role,
  content: role === 'user' ? [...content.filter(isResult), ...content.filter((block) => !isResult(block))] : content,
});

/** A last turn of the assistant is a beginning to go on from; trailing white space in it is refused. */
const trimLast = (turns: readonly Turn[]): void => {
  const last = turns.at(-1);
  const block = last?.role === 'assistant' ? last.content.at(-1) : undefined;
  if (last && block?.['type'] === 'text' && typeof block['text'] === 'string')
    last.content[last.content.length - 1] = text(block['text'].trimEnd());
};

const contentOf = (
  message: Exclude<Message, { role: 'system' }>,
  ids: ReturnType<typeof createIds>,
): readonly JsonObject[] => {
  switch (message.role) {
    case 'user':
      return message.parts.flatMap(partBlocks);
    case 'assistant':
      return [
        ...textBlocks(message.text),
        ...message.toolCalls.map((call) => ({
          type: 'tool_use',
          id: ids.forCall(call.id),
          name: call.name,
          input: argumentsOf(call.arguments),
        })),
      ];
    case 'tool':
      return [
        {
          type: 'tool_result',
          tool_use_id: ids.forResult(message.callId),
          ...(message.text === '' ? {} : { content: message.text }),
          ...(message.isError ? { is_error: true } : {}),
        },
      ];
    default:
      return message satisfies never;
  }
};

/** Leading system messages become `system`, one block each. Where nothing else is said they are the user's turn: it may not be empty. */
export const writeConversation = (messages: readonly Message[]): Conversation => {
  const ids = createIds();
  const turns: Turn[] = [];
  const system: JsonObject[] = [];
  const say = (role: Turn['role'], blocks: readonly JsonObject[]): void => {
    if (blocks.length === 0) return;
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: [...blocks] });
  };
  let leading = true;
  for (const message of messages) {
    leading &&= message.role === 'system';
    if (message.role !== 'system') say(message.role === 'assistant' ? 'assistant' : 'user', contentOf(message, ids));
    else if (leading) system.push(...textBlocks(message.text));
    else if (message.text.trim() !== '') say('user', [text(midSystemText(message.text))]);
  }
  if (turns.length === 0) return { system: [], turns: [{ role: 'user', content: system }] };
  trimLast(turns);
  return { system, turns: turns.map(finished) };
};

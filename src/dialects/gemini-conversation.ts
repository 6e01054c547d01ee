// A conversation as Gemini takes it: user and model turns, function results in the order of their calls, matched by name.
import type { JsonObject, Message, Part, ToolCall } from '../core/chat.ts';
import { argumentsOf } from './loose.ts';
import { midSystemText } from './mid-system.ts';

type Turn = { readonly role: 'user' | 'model'; readonly parts: JsonObject[] };
type Result = Extract<Message, { role: 'tool' }>;

export type GeminiConversation = { readonly system: readonly JsonObject[]; readonly contents: readonly JsonObject[] };

/**
 * Stands for the signature of a thought we do not have: this dialect's clients hold signatures, others have no place for them. Google names it
 * for conversations brought over from other models; without it the request is refused.
 */
export const UNSIGNED_THOUGHT = 'skip_thought_signature_validator';

const textParts = (text: string): readonly JsonObject[] => (text === '' ? [] : [{ text }]);

/** A URL is a need this dialect does not express, so none arrives from other dialects; were one to, the provider would judge it. */
const partOf = (part: Part): readonly JsonObject[] => {
  if (part.type === 'text') return textParts(part.text);
  return part.source.from === 'url'
    ? [{ fileData: { fileUri: part.source.url } }]
    : [{ inlineData: { mimeType: part.source.mediaType, data: part.source.data } }];
};

/** The first call of a turn carries the signature for all of it. */
const callParts = (calls: readonly ToolCall[], signed: boolean): readonly JsonObject[] =>
  calls.map((call, at) => ({
    functionCall: { name: call.name, args: argumentsOf(call.arguments) },
    ...(signed && at === 0 ? { thoughtSignature: UNSIGNED_THOUGHT } : {}),
  }));

const resultPart = ({ name, text, isError }: Result): JsonObject => ({
  functionResponse: { name, response: isError ? { error: text } : { output: text } },
});

/** Results of one turn, in the order its calls were made; those of unknown calls last, as they came. */
const inCallOrder = (results: readonly Result[], calls: readonly ToolCall[]): readonly Result[] => {
  const left = [...results];
  const ordered = calls.flatMap(({ id }) => {
    const at = left.findIndex(({ callId }) => callId === id);
    return at < 0 ? [] : left.splice(at, 1);
  });
  return [...ordered, ...left];
};

/**
 * Leading system messages become `systemInstruction`; later ones stay where they are, as marked text of a user turn. Where nothing else is
 * said they are the user's turn: contents may not be empty.
 * @param signed function calls carry a thought signature
 */
export const writeGeminiConversation = (messages: readonly Message[], signed: boolean): GeminiConversation => {
  const turns: Turn[] = [];
  const system: JsonObject[] = [];
  let calls: readonly ToolCall[] = [];
  let results: Result[] = [];
  let leading = true;
  const say = (role: Turn['role'], parts: readonly JsonObject[]): void => {
    if (parts.length === 0) return;
    const last = turns.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else turns.push({ role, parts: [...parts] });
  };
  const sayResults = (): void => {
    say('user', inCallOrder(results, calls).map(resultPart));
    results = [];
  };
  for (const message of messages) {
    leading &&= message.role === 'system';
    if (message.role !== 'tool') sayResults();
    switch (message.role) {
      case 'system':
        if (leading) system.push(...textParts(message.text));
        else if (message.text !== '') say('user', [{ text: midSystemText(message.text) }]);
        break;
      case 'user':
        say('user', message.parts.flatMap(partOf));
        break;
      case 'assistant':
        ({ toolCalls: calls } = message);
        say('model', [...textParts(message.text), ...callParts(calls, signed)]);
        break;
      case 'tool':
        results.push(message);
        break;
      default:
        return message satisfies never;
    }
  }
  sayResults();
  if (turns.length === 0) return { system: [], contents: [{ role: 'user', parts: system }] };
  return { system, contents: turns };
};

// A recorded prompt as the request it was: one text, the turns of one user, or whole messages.
import { z } from 'zod';
import type { ChatRequest, Message, Tool } from '../../core/chat.ts';

const MOST_MESSAGES = 10_000;

const piece = z.looseObject({ text: z.string().optional() });
const content = z.union([z.string(), z.array(piece).max(MOST_MESSAGES)]).nullish();
const message = z.looseObject({ role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']), content });

/** A text, or a list of texts (the turns of a user) and of messages as the chat dialect has them. */
export const RecordedPrompt = z.union(
  [
    z.string(),
    z
      .array(z.union([z.string(), message]))
      .min(1)
      .max(MOST_MESSAGES),
  ],
  { error: 'needs a prompt: text, or a list of {"role", "content"}' },
);
type Content = z.output<typeof content>;

const textOf = (said: Content): string =>
  typeof said === 'string' ? said : (said ?? []).flatMap(({ text }) => text ?? []).join('\n');

const userSays = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });

const messageOf = (recorded: string | z.output<typeof message>): Message => {
  if (typeof recorded === 'string') return userSays(recorded);
  const text = textOf(recorded.content);
  switch (recorded.role) {
    case 'system':
    case 'developer':
      return { role: 'system', text };
    case 'assistant':
      return { role: 'assistant', text, toolCalls: [] };
    case 'tool':
      return { role: 'tool', callId: '', name: '', text, isError: false };
    case 'user':
      return userSays(text);
    default:
      return recorded.role satisfies never;
  }
};

export const messagesOf = (prompt: z.output<typeof RecordedPrompt>): readonly Message[] =>
  (typeof prompt === 'string' ? [prompt] : prompt).map(messageOf);

/** All that is said in it. */
export const textIn = (messages: readonly Message[]): string =>
  messages
    .map((each) => {
      if (each.role !== 'user') return each.text;
      return each.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
    })
    .join('\n');

const toolsOf = (count: number): Tool[] =>
  Array.from({ length: count }, (_, number) => ({ name: `tool_${number + 1}`, parameters: {} }));

export const requestOf = (messages: readonly Message[], tools: number): ChatRequest => ({
  dialect: 'chat',
  model: 'auto',
  messages,
  tools: toolsOf(tools),
  output: { kind: 'text' },
  stop: [],
  stream: false,
  includeUsage: false,
  features: [],
  body: {},
  bytes: textIn(messages).length,
});

// How a conversation is recognised without an id: a chain of hashes over ever longer message prefixes.
import { hash } from 'node:crypto';
import type { ChatRequest, ImageSource, Message, Part } from '../core/chat.ts';

/** Prefixes kept of a long conversation, the longest ones; a request adds two to a handful of messages to the one before it. */
export const PREFIXES_KEPT = 32;
/** 13 hex digits: 52 bits. */
const HEX_DIGITS = 13;
/** Characters of an image's data that stand for it: hashing megabytes would buy nothing. */
const IMAGE_SAMPLE = 256;

const imageText = (source: ImageSource): string =>
  source.from === 'url'
    ? source.url
    : `${source.data.length}:${source.data.slice(0, IMAGE_SAMPLE)}${source.data.slice(-IMAGE_SAMPLE)}`;

const partText = (part: Part): string => (part.type === 'text' ? part.text : `\u0000${imageText(part.source)}\u0000`);

const messageText = (message: Message): string => {
  switch (message.role) {
    case 'system':
      return message.text;
    case 'user':
      return message.parts.map(partText).join('\u0000');
    case 'assistant':
      return [message.text, ...message.toolCalls.map((call) => `${call.name}\u0000${call.arguments}`)].join('\u0000');
    case 'tool':
      return message.text;
    default: {
      const never: never = message;
      return never;
    }
  }
};

const link = (text: string): string => hash('sha256', text, 'hex').slice(0, HEX_DIGITS);

/**
 * Hashes of the message prefixes, shortest first, the last being the whole conversation so far; at most PREFIXES_KEPT of them. The chain starts at the
 * names of the tools: providers put them before the messages, so other tools mean another prompt cache. Call ids are left out, since clients renew them.
 */
export const conversationOf = (request: ChatRequest): readonly string[] => {
  let last = link(request.tools.map((tool) => tool.name).join('\u0000'));
  const chain = request.messages.map((message) => {
    last = link(`${last}\n${message.role}\n${messageText(message)}`);
    return last;
  });
  return chain.slice(-PREFIXES_KEPT);
};

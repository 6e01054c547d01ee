// How many input tokens a request is likely to be billed, from character classes alone.
import type { ChatRequest, Message, Part, Tool } from '../core/chat.ts';

/** What an image costs at most providers' default detail (OpenAI high 765–1 105, Anthropic ≈ 1 600 at full size, Gemini 258–1 290). */
export const IMAGE_TOKENS = 1_000;
const LOW_DETAIL_IMAGE_TOKENS = 85;
/** Role markers and separators around each message, and the primer of the answer. */
const MESSAGE_TOKENS = 4;
const PRIMER_TOKENS = 3;
/** Providers rewrite tool schemas into something terser than JSON. */
const TOOL_TOKENS = 8;
const CHARS_PER_SCHEMA_TOKEN = 5;

/**
 * Tokens per character for the vocabularies of 2024–26 (≈ 200 000 entries). English prose comes to about four characters a token, German and French
 * to 3.3, Russian to 3.2, Chinese to 1.4, Japanese to 1.2, Thai to 2. Real counts differ by provider; the bill is made from theirs.
 */
const PER_CHAR = {
  letter: 0.242,
  digit: 0.4,
  blank: 0.06,
  newline: 0.6,
  sign: 0.6,
  accented: 0.75,
  cyrillic: 0.31,
  greek: 0.45,
  semitic: 0.4,
  indic: 0.45,
  southeastAsian: 0.5,
  han: 0.72,
  kana: 0.8,
  hangul: 0.62,
  symbol: 0.8,
  astral: 1.1,
} as const;

type CharClass = keyof typeof PER_CHAR;

const asciiClass = (code: number): CharClass => {
  if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) return 'letter';
  if (code === 32 || code === 9 || code === 13) return 'blank';
  if (code === 10) return 'newline';
  return code >= 48 && code <= 57 ? 'digit' : 'sign';
};

/** Upper ends of Unicode ranges in order; coarse on purpose. */
const RANGES: readonly (readonly [number, CharClass])[] = [
  [0x02ff, 'accented'],
  [0x036f, 'symbol'],
  [0x03ff, 'greek'],
  [0x052f, 'cyrillic'],
  [0x058f, 'symbol'],
  [0x08ff, 'semitic'],
  [0x0dff, 'indic'],
  [0x109f, 'southeastAsian'],
  [0x10ff, 'symbol'],
  [0x11ff, 'hangul'],
  [0x1dff, 'symbol'],
  [0x1eff, 'accented'],
  [0x1fff, 'greek'],
  [0x303f, 'symbol'],
  [0x30ff, 'kana'],
  [0x33ff, 'symbol'],
  [0x9fff, 'han'],
  [0xabff, 'symbol'],
  [0xd7af, 'hangul'],
  [0xd7ff, 'symbol'],
  // Each half of a surrogate pair.
  [0xdfff, 'astral'],
  [0xffff, 'symbol'],
];

const classOf = (code: number): CharClass =>
  code < 0x80 ? asciiClass(code) : (RANGES.find(([end]) => code <= end)?.[1] ?? 'symbol');

/** Weight of every UTF-16 unit, so that counting is one lookup a character. */
const WEIGHTS = Float32Array.from({ length: 0x1_0000 }, (_, code) => PER_CHAR[classOf(code)]);

/** Estimated tokens of a text; 0 for the empty text, otherwise at least 1. Linear. */
export const textTokens = (text: string): number => {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum += WEIGHTS[text.charCodeAt(at)] ?? 0;
  return text === '' ? 0 : Math.max(1, Math.round(sum));
};

const partTokens = (part: Part): number => {
  if (part.type === 'text') return textTokens(part.text);
  return part.detail === 'low' ? LOW_DETAIL_IMAGE_TOKENS : IMAGE_TOKENS;
};

const messageTokens = (message: Message): number => {
  switch (message.role) {
    case 'system':
      return textTokens(message.text);
    case 'user':
      return message.parts.reduce((sum, part) => sum + partTokens(part), 0);
    case 'assistant':
      return message.toolCalls.reduce(
        (sum, call) => sum + textTokens(call.name) + textTokens(call.arguments) + TOOL_TOKENS,
        textTokens(message.text),
      );
    case 'tool':
      return textTokens(message.text) + textTokens(message.name);
    default: {
      const never: never = message;
      return never;
    }
  }
};

const toolTokens = (tool: Tool): number =>
  TOOL_TOKENS +
  textTokens(tool.name) +
  textTokens(tool.description ?? '') +
  Math.ceil(JSON.stringify(tool.parameters).length / CHARS_PER_SCHEMA_TOKEN);

/** Estimated input tokens of a request: messages, tools, output schema and images. Never 0. */
export const requestTokens = (request: ChatRequest): number => {
  const messages = request.messages.reduce((sum, message) => sum + MESSAGE_TOKENS + messageTokens(message), 0);
  const tools = request.tools.reduce((sum, tool) => sum + toolTokens(tool), 0);
  const schema =
    request.output.kind === 'schema'
      ? Math.ceil(JSON.stringify(request.output.schema).length / CHARS_PER_SCHEMA_TOKEN)
      : 0;
  return PRIMER_TOKENS + messages + tools + schema;
};

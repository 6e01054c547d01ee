// How a text falls into words, and which of them open a sentence. One pass over the characters, one table lookup each.

export type Token = {
  /** Lower case. */
  readonly word: string;
  /** Only polite words stand between it and the start of its sentence. */
  readonly opens: boolean;
};

/** Words that come before the verb of a request. */
const POLITE: ReadonlySet<string> = new Set(
  `please kindly can could would will you i we need want to help me now then and bitte kannst du peux tu puedes hey hi ok okay just
  also`.split(/\s+/),
);

const OTHER = 0;
const LETTER = 1;
/** Part of a word once it has begun: don't, x^2, c++, lock-free. */
const JOINER = 2;
const SENTENCE_END = 3;

const kindOf = (code: number): number => {
  const char = String.fromCharCode(code);
  if (code < 0x80 ? /\w/.test(char) : /[\p{L}\p{M}\p{N}]/u.test(char)) return LETTER;
  if ("'’^+#-".includes(char)) return JOINER;
  return '.!?:\n。!?'.includes(char) ? SENTENCE_END : OTHER;
};

const KINDS = Uint8Array.from({ length: 0x1_0000 }, (_, code) => kindOf(code));

/** Words in order. Linear; a word of any length is one word. */
export const wordsOf = (text: string): Token[] => {
  const lower = text.toLowerCase();
  const tokens: Token[] = [];
  let opening = true;
  for (let at = 0; at < lower.length; ) {
    const kind = KINDS[lower.charCodeAt(at)];
    if (kind !== LETTER) {
      if (kind === SENTENCE_END) opening = true;
      at++;
      continue;
    }
    const from = at;
    while (at < lower.length && (KINDS[lower.charCodeAt(at)] === LETTER || KINDS[lower.charCodeAt(at)] === JOINER))
      at++;
    const word = lower.slice(from, at);
    tokens.push({ word, opens: opening });
    if (opening && !POLITE.has(word)) opening = false;
  }
  return tokens;
};

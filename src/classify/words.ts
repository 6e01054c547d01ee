// How a text falls into words, and which of them open a sentence. One pass over the characters, one table lookup each.

/** Words in order, in columns. */
export type Words = {
  /** Lower case. */
  readonly words: readonly string[];
  /** Of each: only polite words stand between it and the start of its sentence. */
  readonly opens: readonly boolean[];
  /** Of each its hash (hashOf). */
  readonly hashes: readonly number[];
};

const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;
/** FNV-1a over UTF-16 units, as a signed 32-bit number. */
export const hashOf = (text: string): number => {
  let hash = BASIS;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  return hash;
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

/** Linear; a word of any length is one word. */
export const wordsOf = (text: string): Words => {
  const lower = text.toLowerCase();
  const words: string[] = [];
  const opens: boolean[] = [];
  const hashes: number[] = [];
  let opening = true;
  for (let at = 0; at < lower.length; ) {
    const first = lower.charCodeAt(at);
    const kind = KINDS[first];
    if (kind !== LETTER) {
      if (kind === SENTENCE_END) opening = true;
      at++;
      continue;
    }
    const from = at;
    let hash = Math.imul(BASIS ^ first, PRIME);
    for (at++; at < lower.length; at++) {
      const code = lower.charCodeAt(at);
      const next = KINDS[code];
      if (next !== LETTER && next !== JOINER) break;
      hash = Math.imul(hash ^ code, PRIME);
    }
    const word = lower.slice(from, at);
    words.push(word);
    opens.push(opening);
    hashes.push(hash);
    if (opening && !POLITE.has(word)) opening = false;
  }
  return { words, opens, hashes };
};

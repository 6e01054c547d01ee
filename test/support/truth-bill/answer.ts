// What a provider says when nothing is wrong: words by seed, its own name first, and its own count of the prompt.
import type { Request } from './http-wire.ts';
import type { DialectName } from '../../../src/core/dialect.ts';

/** Four characters each, as a token is on average. */
const WORDS = ['the ', 'box ', 'is: ', 'on, ', 'its ', 'way ', 'day ', 'two ', 'sea ', 'and ', 'sky ', 'far '] as const;

/** The first token names who speaks. */
export const signatureOf = (seller: string): string => `${seller.slice(0, 3)} `;

/** Tokens number `from` to `to` of a seller's answer: the same for the same seed. */
export const wordsOf = (
  seller: string,
  seed: number,
  range: { readonly from: number; readonly to: number },
): string[] =>
  Array.from({ length: range.to - range.from }, (_, offset) => {
    const at = range.from + offset;
    return at === 0 ? signatureOf(seller) : (WORDS[(at * 7 + seed + (at >> 3)) % WORDS.length] ?? '');
  });

/** The whole answer of `count` tokens. */
export const textOf = (seller: string, seed: number, count: number): string =>
  wordsOf(seller, seed, { from: 0, to: count }).join('');

export type Order = {
  readonly model: string;
  readonly stream: boolean;
  readonly maxTokens: number;
  /** Tokens of the prompt by this provider's own count. */
  readonly input: number;
  /** The test's name for the request, wherever it stands in the prompt. */
  readonly marker: string;
};

const OVERHEAD_TOKENS = 6;

type Body = { readonly model?: string; readonly stream?: boolean };

const modelIn = (dialect: DialectName, { path }: Request, { model = '' }: Body): string =>
  dialect === 'gemini' ? decodeURIComponent(/\/models\/([^:]+):/.exec(path)?.[1] ?? '') : model;

const numberIn = (text: string): number | undefined => {
  const found = /"(?:max_tokens|max_completion_tokens|maxOutputTokens)":(\d+)/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** @throws SyntaxError where the body is not JSON: what Bourse sends always is */
export const orderOf = (dialect: DialectName, request: Request): Order => {
  const body = JSON.parse(request.body) as Body;
  const said = [...request.body.matchAll(/"(?:content|text)":"([^"]*)"/g)].map((match) => match[1] ?? '').join('');
  return {
    model: modelIn(dialect, request, body),
    stream: dialect === 'gemini' ? request.path.includes(':stream') : body.stream === true,
    maxTokens: numberIn(request.body) ?? Number.POSITIVE_INFINITY,
    input: Math.ceil(said.length / 4) + OVERHEAD_TOKENS,
    marker: /marker-[\w.-]+/.exec(request.body)?.[0] ?? '',
  };
};

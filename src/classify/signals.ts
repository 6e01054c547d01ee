// What can be seen of a question in one pass: its words, what they speak for, and the shape of its lines. Linear in the capped text.
import { TASKS, type Task } from '../core/profile.ts';
import { TASK_WORDS, TRAIT_WORDS, TRAITS, type Trait, type Words } from './lexicon.ts';
import { clip } from './strip.ts';
import { hashOf, type Words as Spoken, wordsOf } from './words.ts';

/** Characters whose words are looked up. */
const WORDS_CAP = 3_000;
/** Words at the beginning and at the end that count in full: instructions stand there, material between. */
const EDGE_WORDS = 45;
const MIDDLE_WEIGHT = 0.25;
/** Lines whose shape is looked at. */
const LINES_READ = 400;

export type Signals = Pick<Spoken, 'words' | 'hashes'> & {
  readonly scores: Readonly<Record<Task, number>>;
  /** Distinct words and phrases per trait, those in the middle of a long text at a quarter. */
  readonly traits: Readonly<Record<Trait, number>>;
  readonly questions: number;
  readonly listItems: number;
  /** Lettered answers to pick from. */
  readonly choices: number;
  readonly codeLines: number;
  readonly fenced: boolean;
  /** A stack trace or the name of an exception. */
  readonly trace: boolean;
  /** LaTeX or the signs of mathematics. */
  readonly notation: boolean;
  /** Numbers with an operator between them. */
  readonly arithmetic: boolean;
};

type Cue = { readonly task?: Task; readonly trait?: Trait; readonly weight: number; readonly opening: number };

const HINT = 1;
const STRONG = 1.6;
const PHRASE = 1.3;
const OPENING = 1.2;

const listed = (text: string | undefined, by: RegExp): string[] =>
  (text ?? '')
    .split(by)
    .map((entry) => entry.trim().replaceAll(/\s+/g, ' '))
    .filter((entry) => entry !== '');

const cuesOf = (table: Words, owner: Pick<Cue, 'task' | 'trait'>): [string, Cue][] => [
  ...listed(table.words, /\s+/).map((word): [string, Cue] => [word, { ...owner, weight: HINT, opening: 0 }]),
  ...listed(table.strong, /\s+/).map((word): [string, Cue] => [word, { ...owner, weight: STRONG, opening: 0 }]),
  ...listed(table.phrases, /\|/).map((word): [string, Cue] => [word, { ...owner, weight: PHRASE, opening: 0 }]),
  ...listed(table.opens, /\s+/).map((word): [string, Cue] => [word, { ...owner, weight: 0, opening: OPENING }]),
];

const CUES = new Map<string, Cue[]>();
const learnCues = (entries: readonly [string, Cue][]): void => {
  for (const [word, cue] of entries) CUES.set(word, [...(CUES.get(word) ?? []), cue]);
};
for (const task of TASKS) learnCues(cuesOf(TASK_WORDS[task], { task }));
for (const trait of TRAITS) learnCues(cuesOf(TRAIT_WORDS[trait], { trait }));
/** What a word may be: a cue itself, and the first of phrases, with the second words they have: only these two together are worth a look for a phrase. */
type Start = { readonly isCue: boolean; readonly seconds: Set<string> };
const STARTS = new Map<string, Start>();
for (const [first = '', second] of [...CUES.keys()].map((term) => term.split(' '))) {
  const start = STARTS.get(first) ?? { isCue: CUES.has(first), seconds: new Set() };
  STARTS.set(first, start);
  if (second !== undefined) start.seconds.add(second);
}
/** Marks the hashes of these words: nine in ten others are told apart without being looked up. */
const MAYBE = new Uint8Array(8_192);
const placeOf = (hash: number): number => hash & (MAYBE.length - 1);
for (const word of STARTS.keys()) MAYBE[placeOf(hashOf(word))] = 1;

const zeros = <Key extends string>(keys: readonly Key[]): Record<Key, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;

const NO_SCORES = zeros(TASKS);
const NO_TRAITS = zeros(TRAITS);

const scoresOf = ({ words, opens, hashes }: Spoken): Pick<Signals, 'scores' | 'traits'> => {
  const scores = { ...NO_SCORES };
  const traits = { ...NO_TRAITS };
  const seen = new Set<string>();
  const count = (term: string, opens: boolean, share: number): void => {
    const cues = CUES.get(term);
    if (!cues || seen.has(term)) return;
    seen.add(term);
    for (const cue of cues) {
      if (cue.task) scores[cue.task] += share * (cue.weight + (opens ? cue.opening : 0));
      if (cue.trait) traits[cue.trait] += share;
    }
  };
  for (let at = 0; at < words.length; at++) {
    if (MAYBE[placeOf(hashes[at] ?? 0)] === 0) continue;
    const word = words[at] ?? '';
    const start = STARTS.get(word);
    if (!start) continue;
    const share = at < EDGE_WORDS || at >= words.length - EDGE_WORDS ? 1 : MIDDLE_WEIGHT;
    const isOpening = opens[at] === true;
    if (start.isCue) count(word, isOpening, share);
    const second = words[at + 1];
    if (second === undefined || !start.seconds.has(second)) continue;
    const third = words[at + 2];
    count(`${word} ${second}`, isOpening, share);
    if (third !== undefined) count(`${word} ${second} ${third}`, isOpening, share);
  }
  return { scores, traits };
};

const CODE_LINE =
  /^\s{0,40}(?:def |class |import |from \w{1,40} import |function |const |let |var |public |private |#include|select |return |if \(|for \(|<\/?[a-z]{1,20}[ >])/i;
const TRACE_LINE = /^\s{0,40}(?:at \S{1,200}[ (:]|File "|Traceback )/;
const LIST_ITEM = /^\s{0,20}(?:[-*•]|\d{1,3}[.)])\s/;
const CHOICE = /^\s{0,20}\(?[A-J][).:]\s/;
const ARITHMETIC = /\d\s?(?:[+*^=×÷]\s?[\dx(]|% of\b)|\d (?:times|plus|minus|divided by) \d/i;
const NOTATION = /\\(?:frac|int|sum|sqrt|lim|cdot|begin|text|mathbb|leq|geq)|\$\$|\\[[(]|[∑∫√∀∃∈≤≥≠∞π]/;

const isException = (word: string): boolean =>
  word.length > 6 && (word.endsWith('error') || word.endsWith('exception'));

const CODE_ENDS: ReadonlySet<string> = new Set([';', '{', '}']);

/** Shapes a line may have by its first character that is no blank; a shape is looked at closely only there. */
const [CODE, TRACE, ITEM, LETTERED] = [1, 2, 4, 8];
const shapeOf = (first: string): number =>
  (/[dcifvlpsr#<]/i.test(first) ? CODE : 0) |
  (/[aFT]/.test(first) ? TRACE : 0) |
  (/[-*\d]/.test(first) ? ITEM : 0) |
  (/[(A-J]/.test(first) ? LETTERED : 0);
const SHAPES = Uint8Array.from({ length: 128 }, (_, code) => shapeOf(String.fromCharCode(code)));
/** What is not ASCII may begin anything. */
const ANY = CODE | TRACE | ITEM | LETTERED;

const isAsciiBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);
const shapesOf = (line: string): number => {
  let at = 0;
  while (isAsciiBlank(line.charCodeAt(at))) at++;
  return at === line.length ? 0 : (SHAPES[line.charCodeAt(at)] ?? ANY);
};

type Lines = Pick<Signals, 'listItems' | 'choices' | 'codeLines' | 'trace'>;

const linesOf = (lines: readonly string[]): Lines => {
  const seen = { listItems: 0, choices: 0, codeLines: 0, trace: false };
  for (const line of lines) {
    const shapes = shapesOf(line);
    if (shapes & ITEM && LIST_ITEM.test(line)) seen.listItems += 1;
    if (shapes & LETTERED && CHOICE.test(line)) seen.choices += 1;
    if (CODE_ENDS.has(line.trimEnd().slice(-1)) || (shapes & CODE && CODE_LINE.test(line))) seen.codeLines += 1;
    if (shapes & TRACE && TRACE_LINE.test(line)) seen.trace = true;
  }
  return seen;
};

/** @param text the question, stripped and capped (strip.ts) */
export const signalsOf = (text: string): Signals => {
  const spoken = wordsOf(clip(text, WORDS_CAP));
  const lines = linesOf(text.split('\n', LINES_READ));
  return {
    ...lines,
    ...scoresOf(spoken),
    words: spoken.words,
    hashes: spoken.hashes,
    questions: text.split('?').length - 1,
    fenced: text.includes('```'),
    trace: lines.trace || spoken.words.some(isException),
    notation: NOTATION.test(text),
    arithmetic: ARITHMETIC.test(text),
  };
};

// What can be seen of a question in one pass: its words, what they speak for, and the shape of its lines. Linear in the capped text.
import { TASKS, type Task } from '../core/profile.ts';
import { TASK_WORDS, TRAIT_WORDS, TRAITS, type Trait, type Words } from './lexicon.ts';
import { clip } from './strip.ts';
import { type Token, wordsOf } from './words.ts';

/** Characters whose words are looked up. */
const WORDS_CAP = 3_000;
/** Words at the beginning and at the end that count in full: instructions stand there, material between. */
const EDGE_WORDS = 45;
const MIDDLE_WEIGHT = 0.25;
/** Lines whose shape is looked at. */
const LINES_READ = 400;

export type Signals = {
  readonly words: readonly string[];
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
/** First words of phrases, with the second words they have: only these two together are worth a look for a phrase. */
const PHRASE_STARTS = new Map<string, Set<string>>();
for (const [first = '', second] of [...CUES.keys()].map((term) => term.split(' ')))
  if (second !== undefined) PHRASE_STARTS.set(first, (PHRASE_STARTS.get(first) ?? new Set()).add(second));

const zeros = <Key extends string>(keys: readonly Key[]): Record<Key, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;

const NO_SCORES = zeros(TASKS);
const NO_TRAITS = zeros(TRAITS);

const scoresOf = (tokens: readonly Token[]): Pick<Signals, 'scores' | 'traits'> => {
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
  tokens.forEach(({ word, opens }, at) => {
    const share = at < EDGE_WORDS || at >= tokens.length - EDGE_WORDS ? 1 : MIDDLE_WEIGHT;
    count(word, opens, share);
    const second = tokens[at + 1]?.word;
    if (second === undefined || !PHRASE_STARTS.get(word)?.has(second)) return;
    const third = tokens[at + 2]?.word;
    count(`${word} ${second}`, opens, share);
    if (third !== undefined) count(`${word} ${second} ${third}`, opens, share);
  });
  return { scores, traits };
};

const CODE_LINE =
  /^\s{0,40}(?:def |class |import |from \w{1,40} import |function |const |let |var |public |private |#include|select |return |if \(|for \(|<\/?[a-z]{1,20}[ >])/i;
const TRACE_LINE = /^\s{0,40}(?:at \S{1,200}[ (:]|File "|Traceback )/;
const LIST_ITEM = /^\s{0,20}(?:[-*•]|\d{1,3}[.)])\s/;
const CHOICE = /^\s{0,20}\(?[A-J][).:]\s/;
const ARITHMETIC = /\d\s?(?:[+*^=×÷]\s?[\dx(]|% of\b)|\d (?:times|plus|minus|divided by) \d/i;
const NOTATION = /\\(?:frac|int|sum|sqrt|lim|cdot|begin|text|mathbb|leq|geq)|\$\$|\\[[(]|[∑∫√∀∃∈≤≥≠∞π]/;

const isException = ({ word }: Token): boolean =>
  word.length > 6 && (word.endsWith('error') || word.endsWith('exception'));

const CODE_ENDS: ReadonlySet<string> = new Set([';', '{', '}']);

const isCode = (line: string): boolean => CODE_ENDS.has(line.trimEnd().slice(-1)) || CODE_LINE.test(line);

const counted = (lines: readonly string[], shape: RegExp): number => lines.filter((line) => shape.test(line)).length;

/** @param text the question, stripped and capped (strip.ts) */
export const signalsOf = (text: string): Signals => {
  const tokens = wordsOf(clip(text, WORDS_CAP));
  const lines = text.split('\n', LINES_READ);
  return {
    ...scoresOf(tokens),
    words: tokens.map(({ word }) => word),
    questions: text.split('?').length - 1,
    listItems: counted(lines, LIST_ITEM),
    choices: counted(lines, CHOICE),
    codeLines: lines.filter(isCode).length,
    fenced: text.includes('```'),
    trace: tokens.some(isException) || lines.some((line) => TRACE_LINE.test(line)),
    notation: NOTATION.test(text),
    arithmetic: ARITHMETIC.test(text),
  };
};

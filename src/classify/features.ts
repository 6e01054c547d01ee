// What a request looks like to the learner: hashes of its words and pairs of words, and a few marks of its structure.
import type { ChatRequest } from '../core/chat.ts';
import { encodeFeatures, FEATURE_SPACE, MOST_FEATURES, STRUCTURAL } from '../core/features.ts';
import type { Signals } from './signals.ts';
import { toolPlay } from './task.ts';
import { hashOf, type Words } from './words.ts';

/** Features that stand for words; the rest of MOST_FEATURES is for structure. */
const WORDS_KEPT = 40;
/** Scripts without blanks between words: their characters are their words. */
const IDEOGRAPHS_FROM = 0x2e80;

const LANGUAGES = ['en', 'de', 'fr', 'es', 'zh', 'ja', 'ru'] as const;
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high'] as const;
/** Where each group of marks begins among the structural features. */
const AT = {
  length: 0,
  language: 16,
  turns: 24,
  effort: 28,
  code: 34,
  math: 35,
  tools: 36,
  image: 39,
  schema: 40,
  choices: 41,
};
const LENGTH_STEPS = 14;
const TURN_STEPS = 3;

export type Seen = {
  readonly request: ChatRequest;
  readonly signals: Signals;
  readonly language: string;
  /** Characters of the question before the cap. */
  readonly chars: number;
  readonly vision: boolean;
};

const SPREAD = 0x9e3779b1;
/** Spreads a word's hash over all bits (the finish of Murmur3), since the smallest are chosen. */
const finish = (hash: number): number => {
  let mixed = hash ^ (hash >>> 15);
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  mixed ^= mixed >>> 12;
  mixed = Math.imul(mixed, 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) >>> 0;
};

const isIdeographic = (word: string): boolean => word.length > 1 && word.charCodeAt(0) >= IDEOGRAPHS_FROM;

/** The smallest different numbers of those it is given, ascending, `most` of them. */
const createSmallest = (most: number) => {
  const places = new Uint32Array(most);
  let count = 0;
  const placeOf = (value: number): number => {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((places[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    take(value: number): void {
      if (count === most && value >= (places[most - 1] ?? 0)) return;
      const place = placeOf(value);
      if (place < count && places[place] === value) return;
      if (count < most) count += 1;
      for (let at = count - 1; at > place; at--) places[at] = places[at - 1] ?? 0;
      places[place] = value;
    },
    taken: (): Uint32Array => places.subarray(0, count),
  };
};

/**
 * Of all words in order and all pairs of neighbours those with the smallest hashes, so that two texts that share a pair either both show it or both hide
 * it (bottom-k sampling; Cohen & Kaplan 2007). More of them, or all, predicted no better than these (docs/learning.md).
 */
const smallestHashes = ({ words, hashes }: Pick<Words, 'words' | 'hashes'>): Uint32Array => {
  const smallest = createSmallest(WORDS_KEPT);
  let before = 0;
  const take = (hash: number): void => {
    smallest.take(finish(hash));
    if (before !== 0) smallest.take(finish(Math.imul(before, SPREAD) ^ hash));
    before = hash;
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (isIdeographic(word)) for (const sign of word.split('')) take(hashOf(sign));
    else take(hashes[at] ?? 0);
  }
  return smallest.taken();
};

const featureOf = (hash: number): number =>
  STRUCTURAL + ((Math.imul(hash, SPREAD) >>> 0) % (FEATURE_SPACE - STRUCTURAL));

const stepOf = (count: number, steps: number): number => Math.min(steps, Math.floor(Math.log2(1 + Math.max(0, count))));

const structuralFeatures = ({ request, signals, language, chars, vision }: Seen): number[] => {
  const users = request.messages.filter((message) => message.role === 'user').length;
  const known = LANGUAGES.findIndex((name) => name === language);
  const marks = [
    AT.length + stepOf(chars, LENGTH_STEPS),
    AT.language + (known < 0 ? LANGUAGES.length : known),
    AT.turns + stepOf(users - 1, TURN_STEPS),
  ];
  const play = toolPlay(request);
  if (request.effort !== undefined) marks.push(AT.effort + EFFORTS.indexOf(request.effort));
  if (signals.fenced || signals.trace || signals.codeLines > 2) marks.push(AT.code);
  if (signals.notation || signals.arithmetic) marks.push(AT.math);
  if (play !== 'none') marks.push(AT.tools + (play === 'called' ? 1 : 0));
  if (vision) marks.push(AT.image);
  if (request.output.kind !== 'text') marks.push(AT.schema);
  if (signals.choices >= 3) marks.push(AT.choices);
  return marks;
};

/**
 * Says which of FEATURE_SPACE features a request has (core/features.ts). Words come out of the last user turn as it is scored: stripped and
 * capped. What stands in the text cannot be read back: each number stands for every word and pair that falls on it, order is gone, most pairs are left out.
 */
export const featuresOf = (seen: Seen): string => {
  const ids = createSmallest(MOST_FEATURES);
  for (const mark of structuralFeatures(seen)) ids.take(mark);
  for (const hash of smallestHashes(seen.signals)) ids.take(featureOf(hash));
  return encodeFeatures(ids.taken());
};

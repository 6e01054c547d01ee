// What number in [0,1] an answer is given by those who judged it, and what its own structure says where nobody has.
import type { Signal } from './signal.ts';

/** Our own sources begin with a sign that no client's can (http/routes/feedback.ts). */
export const JUDGE = '@judge';
/** What structure can show, and how far a score of 0 lowers what is believed of the model, until explicit feedback says how far it should. */
export const STRUCTURE = { '@schema': 0.7, '@tools': 0.6, '@finish': 0.5, '@repeat': 0.3 } as const;
export type Structure = keyof typeof STRUCTURE;

export const isStructure = (source: string): source is Structure => Object.hasOwn(STRUCTURE, source);
/** Said by people and tests: what the other signals are calibrated against. */
export const isExplicit = (source: string): boolean => !source.startsWith('@');

/** How much a source's word weighs: a test that ran beats a click, a click beats a model's opinion. */
export const SOURCE_WEIGHTS: Readonly<Record<string, number>> = { eval: 2, user: 1, judge: 0.5, [JUDGE]: 0.5 };
/** Of a source nobody has weighed. */
export const OTHER_SOURCE_WEIGHT = 1;
/** Structure moves a belief by no more than this. */
const MOST_DOWN = -1;
const MOST_UP = 0.3;

const clip = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
const byTime = (a: Signal, b: Signal): number => a.at - b.at;

/** What each source said last, by time, and by order where the times are equal. */
const lastOf = (signals: readonly Signal[]): Iterable<Signal> => {
  const usable = signals.filter(({ score }) => Number.isFinite(score));
  // Mostly there is one at most.
  return usable.length < 2 ? usable : new Map(usable.sort(byTime).map((signal) => [signal.source, signal])).values();
};

type Weights = Readonly<Record<string, number>>;

const weightOf = ({ source, taken }: Signal, weights: Weights): number =>
  taken?.weight ?? (Object.hasOwn(weights, source) ? weights[source] : undefined) ?? OTHER_SOURCE_WEIGHT;

/**
 * The weighted mean of what each source said last. Structure joins where the policy that served the request gives it a weight, and only beside somebody
 * who has judged. Scores are clipped to [0,1].
 * @returns undefined when nobody has said anything usable
 */
export const rewardOf = (signals: readonly Signal[], weights: Weights = SOURCE_WEIGHTS): number | undefined => {
  let sum = 0;
  let total = 0;
  let judged = 0;
  for (const signal of lastOf(signals)) {
    const isOwn = isStructure(signal.source);
    if (isOwn && signal.taken?.weight === undefined) continue;
    const weight = weightOf(signal, weights);
    sum += weight * clip(signal.taken?.value ?? signal.score, 0, 1);
    total += weight;
    if (!isOwn) judged += weight;
  }
  return judged > 0 ? sum / total : undefined;
};

/** What a structural score is taken for until anything else is known: in order says nothing, out of order says how bad it is. */
export const ownShift = (source: Structure, score: number): number => -STRUCTURE[source] * (1 - clip(score, 0, 1));

/** Where nobody has judged: how far structure moves what is believed. undefined: it shows nothing. A policy's weight of 0 silences a signal, less than 1 softens it. */
export const shiftOf = (signals: readonly Signal[]): number | undefined => {
  const shifts = [...lastOf(signals)].flatMap(({ source, score, taken }) =>
    isStructure(source) && taken?.weight !== 0
      ? [(taken?.shift ?? ownShift(source, score)) * Math.min(1, taken?.weight ?? 1)]
      : [],
  );
  return shifts.length === 0
    ? undefined
    : clip(
        shifts.reduce((sum, shift) => sum + shift, 0),
        MOST_DOWN,
        MOST_UP,
      );
};

/** What a lesson says of quality: a reward where somebody has judged, else what structure shows. */
export const judgementOf = (signals: readonly Signal[]): { readonly reward?: number; readonly shift?: number } => {
  const reward = rewardOf(signals);
  if (reward !== undefined) return { reward };
  const shift = shiftOf(signals);
  return shift === undefined ? {} : { shift };
};

// What users and graders say of an answer: the truth, with noise, on a share of the requests.
import type { ModelKey } from '../core/offer.ts';
import { drawsFor, normal } from './draw.ts';
import type { Subject, Truth } from './truth.ts';

export type Verdict = {
  /** [0,1] */
  readonly score: number;
  /** `eval` grades with some error, `user` gives a thumb: 1 with the probability that the answer was good. */
  readonly source: 'eval' | 'user';
};

export type JudgeOptions = {
  readonly truth: Truth;
  readonly seed: number;
  /** Share of requests anything is said of. */
  readonly share?: number;
  /** Of those, the share that is a user's thumb rather than a grade. */
  readonly thumbs?: number;
  /** Standard deviation of a grade around the truth. */
  readonly spread?: number;
};

export type Judge = (
  subject: Subject,
  answer: { readonly model: ModelKey; readonly index: number },
) => Verdict | undefined;

export const createJudge =
  ({ truth, seed, share = 0.65, thumbs = 0.15, spread = 0.1 }: JudgeOptions): Judge =>
  (subject, { model, index }) => {
    const rng = drawsFor(seed, 'judge', index);
    if (rng.next() >= share) return undefined;
    const quality = truth.quality(model, subject);
    if (rng.next() < thumbs) return { score: rng.next() < quality ? 1 : 0, source: 'user' };
    const graded = quality + spread * normal(rng);
    return { score: Math.round(Math.min(1, Math.max(0, graded)) * 100) / 100, source: 'eval' };
  };

// What the simulated servers have in common: prices in force, the truth about questions, prompt caches, counts, the log.
import type { OfferKey } from '../core/offer.ts';
import { type Heard, prefixOf } from './answer.ts';
import { hashOf } from './draw.ts';
import type { SellerAttempt } from './seller.ts';
import type { Price, SimOffer } from './stalls.ts';
import { createTruth, type Subject } from './truth.ts';

const ATTEMPTS_KEPT = 100_000;
/** Entries of a map that remembers requests; the oldest go first. */
const REMEMBERED = 50_000;

const remember = <Value>(map: Map<string, Value>, key: string, value: Value): void => {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
};

const ordinary = (question: string): Subject => ({
  id: hashOf(question).toString(36),
  task: 'chat',
  difficulty: 0.3,
});

/** What the servers have in common: prices, the truth about questions, caches, the log. */
export const createState = (seed: number) => {
  const factors = new Map<OfferKey, number>();
  const subjects = new Map<string, Subject>();
  const counts = new Map<string, number>();
  const caches = new Map<string, true>();
  const attempts: SellerAttempt[] = [];
  return {
    truth: createTruth(seed),
    factors,
    /** Oldest first. */
    attempts: (): readonly SellerAttempt[] => attempts.slice(-ATTEMPTS_KEPT),
    priceOf: ({ key, price }: SimOffer): Price => {
      const factor = factors.get(key) ?? 1;
      return { input: price.input * factor, cached: price.cached * factor, output: price.output * factor };
    },
    subjectOf: (question: string): Subject => subjects.get(question.trim()) ?? ordinary(question),
    learn: (question: string, subject: Subject): void => remember(subjects, question.trim(), subject),
    countOf: (...keys: readonly string[]): number => {
      const key = keys.join(' ');
      const before = counts.get(key) ?? 0;
      remember(counts, key, before + 1);
      return before;
    },
    recall: ({ key }: SimOffer, heard: Heard): number => {
      const known = heard.turns.findLastIndex((_, at) => caches.has(`${key} ${prefixOf(heard, at + 1)}`)) + 1;
      if (heard.cache !== 'off') remember(caches, `${key} ${prefixOf(heard, heard.turns.length)}`, true);
      // The last turn is always read anew.
      return Math.min(known, heard.turns.length - 1);
    },
    note: (attempt: SellerAttempt): void => {
      attempts.push(attempt);
      if (attempts.length > 2 * ATTEMPTS_KEPT) attempts.splice(0, ATTEMPTS_KEPT);
    },
  };
};

export type State = ReturnType<typeof createState>;

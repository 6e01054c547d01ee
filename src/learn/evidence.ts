// What a group of lessons adds up to: whole-number sums in time buckets, so that sums merge, subtract and replay in any order.
import type { Lesson } from '../core/ledger.ts';

/** Millionths: rewards and logarithms are summed as whole numbers, exact in any order up to nine billion lessons. */
const MICRO = 1e6;
/** A bucket is the power of two of milliseconds at or below a sixteenth of the lesson's half-life: weights within a bucket differ by 4 %. */
const BUCKETS_PER_HALF_LIFE = 16;
/** Older than this many half-lives behind the newest lesson (weight 0.4 %) is dropped; bounds a cell to 256 buckets a half-life in use. */
const HALF_LIVES_KEPT = 8;
const BUCKETS_KEPT = 2 * BUCKETS_PER_HALF_LIFE * HALF_LIVES_KEPT;
/** Half-lives outside one minute and ten years are treated as these. */
const SHORTEST_MS = 60_000;
const LONGEST_MS = 3_650 * 86_400_000;

/** Half-lives for which a cell's reading is kept between lessons. */
const READINGS = 16;

export const SUMS = ['rewards', 'reward', 'rewardSquare', 'answers', 'log', 'logSquare', 'tokens'] as const;
/**
 * rewards: how many · reward, rewardSquare: Σr and Σr² · answers: how many have token counts · log, logSquare: Σ and Σ² of ln(1 + tokens) ·
 * tokens: Σ. As stored, whole numbers, all but the counts and tokens in millionths; as read, weighted by age and in plain units.
 */
export type Sums = { readonly [S in (typeof SUMS)[number]]: number };

const NOTHING: Sums = { rewards: 0, reward: 0, rewardSquare: 0, answers: 0, log: 0, logSquare: 0, tokens: 0 };

const plus = (a: Sums, b: Sums, times = 1): Sums => ({
  rewards: a.rewards + times * b.rewards,
  reward: a.reward + times * b.reward,
  rewardSquare: a.rewardSquare + times * b.rewardSquare,
  answers: a.answers + times * b.answers,
  log: a.log + times * b.log,
  logSquare: a.logSquare + times * b.logSquare,
  tokens: a.tokens + times * b.tokens,
});

const micro = (value: number): number => Math.round(value * MICRO);

/** One lesson as whole numbers. */
const sumsOf = ({ reward, outputTokens }: Lesson): Sums => {
  const score = Math.min(1, Math.max(0, reward ?? 0));
  const log = Math.log1p(outputTokens ?? 0);
  return {
    rewards: reward === undefined ? 0 : 1,
    reward: micro(score),
    rewardSquare: micro(score ** 2),
    answers: outputTokens === undefined ? 0 : 1,
    log: micro(log),
    logSquare: micro(log ** 2),
    tokens: Math.round(outputTokens ?? 0),
  };
};

const clamp = (halfLifeMs: number): number => Math.min(LONGEST_MS, Math.max(SHORTEST_MS, halfLifeMs));
const levelOf = (halfLifeMs: number): number => Math.floor(Math.log2(clamp(halfLifeMs) / BUCKETS_PER_HALF_LIFE));

/** The start of the bucket `at` lies in, for a reader with this half-life: what is read changes no oftener. */
export const tickOf = (at: number, halfLifeMs: number): number => {
  const width = 2 ** levelOf(halfLifeMs);
  return Math.floor(at / width) * width;
};

export type Bucket = { readonly level: number; readonly index: number; readonly sums: Sums };

/** How a reader weighs age: from an instant with a half-life, or from the newest lesson with each lesson's own. */
export type Reading = { readonly at: number; readonly halfLifeMs: number } | 'newest';

export type Evidence = {
  add(bucket: Bucket): void;
  /** Σ bucket · 2^(−age / half-life), in plain units. A bucket from the future has age 0. */
  read(reading: Reading): Sums;
  /** Buckets that hold anything, ascending. */
  buckets(): readonly Bucket[];
};

export const bucketOf = (lesson: Lesson, times: 1 | -1): Bucket => {
  const level = levelOf(lesson.halfLifeMs);
  return { level, index: Math.floor(lesson.at / 2 ** level), sums: plus(NOTHING, sumsOf(lesson), times) };
};

const isEmpty = (sums: Sums): boolean => SUMS.every((name) => sums[name] === 0);

const plainOf = ({ rewards, reward, rewardSquare, answers, log, logSquare, tokens }: Sums): Sums => ({
  rewards,
  reward: reward / MICRO,
  rewardSquare: rewardSquare / MICRO,
  answers,
  log: log / MICRO,
  logSquare: logSquare / MICRO,
  tokens,
});

/** One bucket row per level (half-life in use); which buckets are kept depends on the lessons only, never on their order. */
export const createEvidence = (): Evidence => {
  const levels = new Map<number, { newest: number; buckets: Map<number, Sums> }>();
  // Readings by half-life (0: newest), cleared by a lesson: a decision must not add up a cell that has not changed.
  const readings = new Map<number, { readonly at: number; readonly sums: Sums }>();
  const add = ({ level, index, sums }: Bucket): void => {
    if (isEmpty(sums)) return;
    const row = levels.get(level) ?? { newest: index, buckets: new Map<number, Sums>() };
    levels.set(level, row);
    if (index <= row.newest - BUCKETS_KEPT) return;
    readings.clear();
    row.buckets.set(index, plus(row.buckets.get(index) ?? NOTHING, sums));
    if (index <= row.newest) return;
    row.newest = index;
    for (const old of row.buckets.keys()) if (old <= index - BUCKETS_KEPT) row.buckets.delete(old);
  };
  const sum = (reading: Reading): Sums => {
    let total = NOTHING;
    for (const [level, { newest, buckets }] of levels) {
      const width = 2 ** level;
      const now = reading === 'newest' ? newest * width : reading.at;
      const halfLifeMs = reading === 'newest' ? width * BUCKETS_PER_HALF_LIFE : clamp(reading.halfLifeMs);
      for (const [index, sums] of buckets)
        total = plus(total, sums, 2 ** (-Math.max(0, now - index * width) / halfLifeMs));
    }
    return plainOf(total);
  };
  const read = (reading: Reading): Sums => {
    const { at, halfLifeMs } = reading === 'newest' ? { at: 0, halfLifeMs: 0 } : reading;
    const kept = readings.get(halfLifeMs);
    if (kept?.at === at) return kept.sums;
    if (readings.size >= READINGS) readings.clear();
    const sums = sum(reading);
    readings.set(halfLifeMs, { at, sums });
    return sums;
  };
  const buckets = (): Bucket[] =>
    [...levels]
      .flatMap(([level, row]) => [...row.buckets].map(([index, sums]) => ({ level, index, sums })))
      .filter(({ sums }) => !isEmpty(sums))
      .sort((a, b) => a.level - b.level || a.index - b.index);
  return { add, read, buckets };
};

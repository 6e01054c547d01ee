// What we know of a request before calling anyone.
import type { Feature } from './dialect.ts';

export const TASKS = ['chat', 'code', 'math', 'extract', 'summarize', 'translate', 'write', 'reason', 'agent'] as const;
export type Task = (typeof TASKS)[number];

export const BANDS = ['easy', 'medium', 'hard'] as const;
/** Coarse difficulty, the finest kind the first beliefs know. */
export type Band = (typeof BANDS)[number];

export type Needs = {
  readonly tools: boolean;
  readonly vision: boolean;
  readonly json: boolean;
  readonly features: readonly Feature[];
};

export type Profile = {
  readonly task: Task;
  /** 0 (anyone can) .. 1 (few can). */
  readonly difficulty: number;
  readonly band: Band;
  /** What moved the difficulty, strongest first: "asks for a proof +0.18". */
  readonly reasons: readonly string[];
  readonly needs: Needs;
  /** ISO 639-1 where a script or common words give it away, else "und". */
  readonly language: string;
  /** Estimated; the provider's own count is what is billed. */
  readonly inputTokens: number;
  /** The caller's cap on the answer, where there is one. */
  readonly maxOutputTokens?: number;
  /** Answers asked for side by side, each as long; absent: one. */
  readonly choices?: number;
  readonly turns: number;
  /** Hashes of ever longer message prefixes, shortest first; the last is the whole conversation so far. */
  readonly conversation: readonly string[];
  /** What the learner sees of it: hashed words and marks of structure (core/features.ts). */
  readonly features: string;
  readonly stream: boolean;
};

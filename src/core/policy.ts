// A policy as the router uses it: resolved, every default filled in. The file language is policy/schema.ts.
import type { NanoUsd, PicoUsdPerUnit } from './money.ts';
import type { ModelKey } from './offer.ts';
import type { Task } from './profile.ts';

/** One number per policy moves the choice: V, what one unit of quality is worth. */
export type Objective =
  | { readonly kind: 'worth'; readonly amount: NanoUsd }
  | { readonly kind: 'budget'; readonly amount: NanoUsd; readonly periodMs: number }
  | { readonly kind: 'floor'; readonly share: number; readonly of: ModelKey }
  | { readonly kind: 'order' }
  | { readonly kind: 'cheapest' }
  | { readonly kind: 'fastest' };

/** Hard constraints. Nothing below (rules, fallback, exploration, stickiness) may widen them. */
export type Requirements = {
  readonly training: 'never' | 'any';
  readonly retention: 'none' | 'any';
  /** Empty: any. */
  readonly regions: readonly string[];
  readonly selfHosted: boolean;
  /** Per request, at the P90 of expected tokens. */
  readonly maxCost?: NanoUsd;
  /** p95 of time to first token. */
  readonly firstTokenMs?: number;
  readonly maxInputPrice?: PicoUsdPerUnit;
  readonly maxOutputPrice?: PicoUsdPerUnit;
  /** Empty: any. */
  readonly providers: readonly string[];
};

export type Exploration = {
  /** Share of requests that may be sampled from the beliefs rather than take their mean. */
  readonly share: number;
  readonly spend: NanoUsd;
  /** Least believed quality, as a share of the best candidate's, that exploration may choose. */
  readonly floor: number;
};

export type Fallback = {
  readonly attempts: number;
  readonly onRateLimit: 'next' | 'wait';
  readonly onRefusal: 'stop' | 'next';
  readonly stream: 'fail' | 'buffer' | 'continue';
  /** The most a second call, started because the first is late, may be expected to cost; absent: there is none. */
  readonly hedge?: NanoUsd;
};

/**
 * A cap on spend per calendar window. Hard: the most a call can cost is set aside first, so the cap holds to the last nano-dollar.
 * Soft: nothing is set aside; calls go out until the cap is reached, so those under way may pass it.
 */
export type SpendLimit = { readonly amount: NanoUsd; readonly periodMs: number; readonly soft?: true };

export type Limits = {
  readonly deadlineMs: number;
  /** The same for a stream, which takes as long as it is written. */
  readonly streamDeadlineMs?: number;
  readonly outputTokens?: number;
  /** On the policy's spend, over all its rules and callers. */
  readonly spend?: SpendLimit;
};

export type FeedbackTerms = {
  readonly halfLifeMs: number;
  /** Share of requests sent to the baseline whatever is believed, so that savings are measured. */
  readonly holdout: number;
  readonly baseline?: ModelKey;
  /** What a source's word weighs (core/reward.ts), where it is not the usual; our own sources without their sign. */
  readonly weights?: Readonly<Record<string, number>>;
  /** A model that reads a share of the answers; absent: none does. */
  readonly judge?: JudgeTerms;
};

/** `spend` is per UTC day. */
export type JudgeTerms = { readonly model: ModelKey; readonly share: number; readonly spend: NanoUsd };

/** What a request is decided by, once rules have been applied. */
export type Plan = {
  /** Model keys and globs (openai/gpt-5*, *\/llama-3.3-70b), in the order written. */
  readonly models: readonly string[];
  readonly require: Requirements;
  readonly objective: Objective;
  readonly priceOfASecond: NanoUsd;
  readonly explore: Exploration;
  readonly fallback: Fallback;
  readonly limits: Limits;
  readonly feedback: FeedbackTerms;
};

export type NumberTest = { readonly op: '<' | '<=' | '>' | '>='; readonly value: number };

/** Keys are AND, lists are OR. */
export type Condition = {
  readonly task?: readonly Task[];
  readonly difficulty?: NumberTest;
  readonly needs?: readonly ('tools' | 'vision' | 'json')[];
  readonly language?: readonly string[];
  readonly inputTokens?: NumberTest;
};

/** First match wins; it changes only what it names. */
export type Rule = { readonly when: Condition; readonly change: Partial<Plan> };

export type Example = {
  readonly say: string;
  readonly expect: { readonly rule?: number | 'none'; readonly task?: Task; readonly difficulty?: NumberTest };
  readonly line: number;
};

export type Policy = {
  readonly name: string;
  readonly about: string;
  /** Of the resolved policy; in every ledger entry. */
  readonly hash: string;
  readonly plan: Plan;
  readonly rules: readonly Rule[];
  readonly examples: readonly Example[];
  readonly storePrompts: boolean;
};

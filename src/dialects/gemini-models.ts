// What a Gemini model takes, by its id: generations differ in how they are told to think and in what a conversation with tools must carry.
import type { Effort, JsonObject } from '../core/chat.ts';

export type GeminiTraits = {
  /** level: a word (3 and later) · budget: tokens (2.5) · none: does not think */
  readonly thinking: 'level' | 'budget' | 'none';
  /** The least the model can be told to think. */
  readonly least: 'minimal' | 'low' | 'off' | 'some';
  /** Function calls in the conversation must carry the signature of the thought they came from. */
  readonly signedCalls: boolean;
  /** JSON mode works beside function declarations. */
  readonly jsonWithTools: boolean;
};

const VERSION = /gemini-(\d{1,2})(?:\.(\d{1,2}))?-?(pro|flash-lite|flash)?/;
/** Before 2.5. */
const OLD: GeminiTraits = { thinking: 'none', least: 'off', signedCalls: false, jsonWithTools: false };

const currentLeast = (version: number, kind: string | undefined): GeminiTraits['least'] => {
  if (kind === 'flash-lite') return 'minimal';
  return kind === 'flash' && version < 3.7 ? 'minimal' : 'low';
};

/**
 * Sources: Google's pages on thinking, thought signatures and structured output, and its published SDKs (November 2026).
 * @param wireId as the provider knows it: gemini-2.5-flash, models/gemini-3.1-pro-preview. An alias without a version is taken for the newest.
 */
export const geminiTraits = (wireId: string): GeminiTraits => {
  const id = wireId.toLowerCase();
  if (id.includes('gemma')) return OLD;
  const found = VERSION.exec(id);
  const version = found ? Number(found[1]) + Number(found[2] ?? 0) / 10 : Number.POSITIVE_INFINITY;
  if (version < 2.5) return OLD;
  if (version < 3)
    return {
      thinking: 'budget',
      least: found?.[3] === 'pro' ? 'some' : 'off',
      signedCalls: false,
      jsonWithTools: false,
    };
  return { thinking: 'level', least: currentLeast(version, found?.[3]), signedCalls: true, jsonWithTools: true };
};

/** Google's own equivalents of an effort, from its page on OpenAI compatibility. */
const BUDGET: Readonly<Record<Exclude<Effort, 'none'>, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
};
/** 2.5 Pro cannot be told to think less. */
const LEAST_BUDGET = 128;

/** `generationConfig.thinkingConfig` for an effort; undefined where the model does not think at all. */
export const thinkingConfigOf = (effort: Effort, { thinking, least }: GeminiTraits): JsonObject | undefined => {
  switch (thinking) {
    case 'none':
      return undefined;
    case 'budget':
      if (effort !== 'none') return { thinkingBudget: BUDGET[effort] };
      return { thinkingBudget: least === 'some' ? LEAST_BUDGET : 0 };
    case 'level':
      return { thinkingLevel: effort === 'none' || effort === 'minimal' ? least : effort };
    default:
      return thinking satisfies never;
  }
};

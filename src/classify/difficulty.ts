// How hard a request looks, in [0,1], and why: a small table of readable features, each with what it adds.
import type { ChatRequest } from '../core/chat.ts';
import type { Band, Task } from '../core/profile.ts';
import type { Signals } from './signals.ts';
import { toolPlay } from './task.ts';

/** Below the first: easy. From the second on: hard. */
export const MEDIUM_FROM = 0.35;
export const HARD_FROM = 0.65;

/** Where an unremarkable request stands. */
const BASE = 0.26;
/** Contributions smaller than this are not worth a reason. */
const LEAST_REASON = 0.01;

/** What belongs to the family itself: measured work finds most of the gap between models there. */
const BY_TASK: Readonly<Record<Task, number>> = {
  chat: -0.08,
  extract: -0.06,
  translate: -0.06,
  summarize: -0.04,
  write: 0,
  code: 0.12,
  math: 0.12,
  reason: 0.08,
  agent: 0.14,
};

const EFFORT = { none: -0.1, minimal: -0.08, low: -0.04, medium: 0.04, high: 0.16 } as const;

/** Languages every large model is trained on heavily. */
const WELL_SERVED: ReadonlySet<string> = new Set(['en', 'de', 'fr', 'es', 'pt', 'it', 'nl', 'zh', 'ja', 'und']);

export type Seen = {
  readonly request: ChatRequest;
  readonly signals: Signals;
  readonly task: Task;
  readonly language: string;
  /** Length of the question before the cap. */
  readonly chars: number;
  readonly vision: boolean;
};

type Feature = {
  /** Completes "because the request …". */
  readonly says: string;
  /** The most it can add or take away. */
  readonly weight: number;
  /** How much of it is there, in [0,1]. */
  readonly amount: (seen: Seen) => number;
};

const upTo = (count: number, full: number): number => Math.min(1, Math.max(0, count / full));

/** 0 at `from` characters, 1 at `full`, by ratio: the tenth page adds less than the second. */
const lengthOf = (chars: number, from: number, full: number): number =>
  upTo(Math.log(Math.max(1, chars / from)), Math.log(full / from));

const isShort = ({ chars }: Seen): boolean => chars < 160;
const isPlain = ({ signals }: Seen): boolean =>
  !signals.fenced && !signals.trace && !signals.notation && signals.codeLines === 0 && signals.traits.proof === 0;

const isFactual = (seen: Seen): boolean => seen.task === 'chat' && isPlain(seen) && seen.signals.traits.analysis === 0;

const toolFaults = (request: ChatRequest): number =>
  request.messages.filter((message) => message.role === 'tool' && message.isError).length;

const FEATURES: readonly Feature[] = [
  { says: 'asks for a proof or a derivation', weight: 0.32, amount: ({ signals }) => upTo(signals.traits.proof, 1) },
  { says: 'uses terms of an advanced subject', weight: 0.3, amount: ({ signals }) => upTo(signals.traits.advanced, 2) },
  {
    says: 'asks to design or optimise something',
    weight: 0.22,
    amount: ({ signals }) => upTo(signals.traits.design, 2),
  },
  {
    says: 'asks to explain, compare or judge',
    weight: 0.12,
    amount: ({ signals }) => upTo(signals.traits.analysis, 2),
  },
  { says: 'is about something that fails', weight: 0.1, amount: ({ signals }) => upTo(signals.traits.diagnosis, 2) },
  { says: 'touches law, money or health', weight: 0.1, amount: ({ signals }) => upTo(signals.traits.stakes, 2) },
  { says: 'sets conditions', weight: 0.2, amount: ({ signals }) => upTo(signals.traits.constraint, 4) },
  { says: 'asks for a fine hand with words', weight: 0.14, amount: ({ signals }) => upTo(signals.traits.craft, 3) },
  { says: 'lists several points', weight: 0.08, amount: ({ signals }) => upTo(signals.listItems, 6) },
  { says: 'asks several questions', weight: 0.06, amount: ({ signals }) => upTo(signals.questions - 1, 3) },
  { says: 'is long', weight: 0.2, amount: ({ chars }) => lengthOf(chars, 140, 8_000) },
  {
    says: 'carries code',
    weight: 0.1,
    amount: ({ signals }) => upTo(signals.codeLines + (signals.fenced ? 3 : 0), 12),
  },
  { says: 'carries a stack trace or an exception', weight: 0.05, amount: ({ signals }) => (signals.trace ? 1 : 0) },
  { says: 'uses mathematical notation', weight: 0.14, amount: ({ signals }) => (signals.notation ? 1 : 0) },
  { says: 'offers answers to choose from', weight: 0.06, amount: ({ signals }) => upTo(signals.choices, 4) },
  { says: 'has many tools to choose from', weight: 0.06, amount: ({ request }) => upTo(request.tools.length, 12) },
  {
    says: 'is in the middle of tool calls',
    weight: 0.08,
    amount: ({ request }) => (toolPlay(request) === 'called' ? 1 : 0),
  },
  { says: 'follows tool calls that failed', weight: 0.1, amount: ({ request }) => upTo(toolFaults(request), 2) },
  {
    says: 'comes late in a long conversation',
    weight: 0.08,
    amount: ({ request }) => upTo(request.messages.length - 8, 32),
  },
  { says: 'shows images', weight: 0.06, amount: ({ vision }) => (vision ? 1 : 0) },
  {
    says: 'is in a language models know less well',
    weight: 0.06,
    amount: ({ language }) => (WELL_SERVED.has(language) ? 0 : 1),
  },
  {
    says: 'asks for a short or simple answer',
    weight: -0.08,
    amount: ({ signals }) => upTo(signals.traits.brevity, 1),
  },
  {
    says: 'is small talk',
    weight: -0.14,
    amount: (seen) => (isShort(seen) ? upTo(seen.signals.traits.smalltalk, 1) : 0),
  },
  {
    says: 'asks for one fact',
    weight: -0.1,
    amount: (seen) => (isShort(seen) && isFactual(seen) ? upTo(seen.signals.traits.lookup, 1) : 0),
  },
  {
    says: 'is one short sentence',
    weight: -0.06,
    amount: (seen) => (isPlain(seen) ? 1 - lengthOf(seen.chars, 60, 160) : 0),
  },
];

export type Difficulty = { readonly difficulty: number; readonly band: Band; readonly reasons: readonly string[] };

export const bandOf = (difficulty: number): Band =>
  difficulty < MEDIUM_FROM ? 'easy' : difficulty < HARD_FROM ? 'medium' : 'hard';

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

/** The sum of the table, clipped to [0,1]; reasons strongest first, each with what it added: "asks for a proof or a derivation +0.32". */
export const difficultyOf = (seen: Seen): Difficulty => {
  const { effort } = seen.request;
  const parts: { readonly says: string; readonly adds: number }[] = [];
  let sum = BASE;
  const count = (says: string, adds: number): void => {
    if (Math.abs(adds) < LEAST_REASON) return;
    parts.push({ says, adds });
    sum += adds;
  };
  for (const { says, weight, amount } of FEATURES) count(says, weight * amount(seen));
  count(`is of the kind "${seen.task}"`, BY_TASK[seen.task]);
  if (effort !== undefined) count(`asks for ${effort} effort`, EFFORT[effort]);
  const difficulty = Math.round(Math.min(1, Math.max(0, sum)) * 1000) / 1000;
  return {
    difficulty,
    band: bandOf(difficulty),
    reasons: parts
      .sort((a, b) => Math.abs(b.adds) - Math.abs(a.adds))
      .map(({ says, adds }) => `${says} ${signed(adds)}`),
  };
};

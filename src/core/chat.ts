// The canonical conversation: what every dialect is parsed into and written from.
import type { DialectName, Feature } from './dialect.ts';
import type { FailureCause } from './failure.ts';
import { mergeUsage, type Usage } from './price.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json | undefined };

export type ImageSource =
  | { readonly from: 'url'; readonly url: string }
  | { readonly from: 'base64'; readonly mediaType: string; readonly data: string };

export type Part =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly source: ImageSource; readonly detail?: string };

/** `arguments` is the JSON text as the model wrote it; it may not parse. */
export type ToolCall = { readonly id: string; readonly name: string; readonly arguments: string };

export type Message =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly parts: readonly Part[] }
  | { readonly role: 'assistant'; readonly text: string; readonly toolCalls: readonly ToolCall[] }
  | {
      readonly role: 'tool';
      readonly callId: string;
      readonly name: string;
      readonly text: string;
      readonly isError: boolean;
    };

export type Tool = {
  readonly name: string;
  readonly description?: string;
  readonly parameters: JsonObject;
  readonly strict?: boolean;
};

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export type OutputFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'json' }
  | { readonly kind: 'schema'; readonly name: string; readonly schema: JsonObject; readonly strict: boolean };

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high';

export type ChatRequest = {
  /** The dialect the client spoke. */
  readonly dialect: DialectName;
  /** As the client asked: auto, auto/<policy>, author/name or provider:author/name. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly output: OutputFormat;
  /** Per choice. */
  readonly maxOutputTokens?: number;
  /** Answers asked for side by side; absent: one. */
  readonly choices?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop: readonly string[];
  readonly seed?: number;
  readonly effort?: Effort;
  readonly stream: boolean;
  /** The last message is the beginning of the answer, to be gone on with. Only ever set by the router. */
  readonly continues?: true;
  /** The client of a stream asked for the usage chunk. */
  readonly includeUsage: boolean;
  readonly features: readonly Feature[];
  /** The client's body as parsed: passed through, with what must change changed, where the provider speaks the same dialect. */
  readonly body: JsonObject;
  /** Size of the body in bytes. */
  readonly bytes: number;
};

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** What happens in an answer, in order. Tool calls are numbered from 0; their argument text comes in pieces. */
export type ChatEvent =
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'reasoning-delta'; readonly text: string }
  | { readonly type: 'refusal-delta'; readonly text: string }
  | { readonly type: 'tool-call-start'; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: 'tool-call-delta'; readonly index: number; readonly arguments: string }
  | { readonly type: 'usage'; readonly usage: Usage; readonly billedUsd?: number; readonly tier?: string }
  | { readonly type: 'finish'; readonly reason: FinishReason }
  | { readonly type: 'failure'; readonly cause: FailureCause };

export type UsageEvent = Extract<ChatEvent, { type: 'usage' }>;
/** What two tellings of one answer's usage come to. */
export const mergeUsageEvents = (before: UsageEvent | undefined, now: UsageEvent): UsageEvent =>
  before ? { ...before, ...now, usage: mergeUsage(before.usage, now.usage) } : now;

/** One upstream message (an SSE event or a whole body): what it means, and its JSON for a client of the same dialect. */
export type Frame = {
  readonly events: readonly ChatEvent[];
  readonly wire?: { readonly dialect: DialectName; readonly json: JsonObject };
};

/** Content a caller would notice: after the first of these the offer can no longer change unseen. */
export const isContent = (event: ChatEvent): boolean =>
  event.type === 'text-delta' ||
  event.type === 'reasoning-delta' ||
  event.type === 'refusal-delta' ||
  event.type === 'tool-call-start' ||
  event.type === 'tool-call-delta';

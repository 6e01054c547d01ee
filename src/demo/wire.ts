// What a simulated server must know of a wire dialect: hear a request, say an answer, say what went wrong.
import type { IncomingHttpHeaders } from 'node:http';
import type { Json, JsonObject } from '../core/chat.ts';
import type { DialectName } from '../core/dialect.ts';
import type { Heard, Script } from './answer.ts';

/** What the path and headers say; the rest stands in the body. */
export type CallHead = {
  readonly key: string | undefined;
  readonly wireId?: string;
  readonly stream?: boolean;
};

export type Problem =
  | { readonly kind: 'credential' | 'unknown_path' | 'server_error' | 'overloaded' }
  | { readonly kind: 'unknown_model'; readonly wireId: string }
  | { readonly kind: 'bad_request'; readonly message: string }
  | { readonly kind: 'context'; readonly tokens: number; readonly context: number }
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number };

export type WireError = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
};

export type Stamp = { readonly wireId: string /** Epoch ms. */; readonly at: number; readonly includeUsage: boolean };

/** One server-sent event, and how many tokens are made before it can be sent. */
export type Chunk = { readonly frame: string; readonly tokens: number };

export type Wire = {
  readonly dialect: DialectName;
  /** Undefined for a path that is no generation call. */
  callOf(url: URL, headers: IncomingHttpHeaders): CallHead | undefined;
  /** A sentence where the body is not a request of this dialect. */
  hear(body: Json, head: CallHead): { readonly wireId: string; readonly heard: Heard } | string;
  whole(script: Script, stamp: Stamp): JsonObject;
  stream(script: Script, stamp: Stamp): Iterable<Chunk>;
  error(problem: Problem): WireError;
};

export const messageOf = (problem: Problem): string => {
  switch (problem.kind) {
    case 'credential':
      return 'Incorrect API key provided.';
    case 'unknown_path':
      return 'There is nothing at this path.';
    case 'server_error':
      return 'The server had an error while processing your request.';
    case 'overloaded':
      return 'The model is overloaded. Please try again later.';
    case 'unknown_model':
      return `The model ${problem.wireId} does not exist.`;
    case 'bad_request':
      return problem.message;
    case 'context':
      return `The prompt has ${problem.tokens} tokens; this model's context is ${problem.context}.`;
    case 'rate_limited':
      return 'Rate limit reached. Please slow down.';
    default:
      return problem satisfies never;
  }
};

/** Tokens made before the n-th of some pieces, so that they arrive evenly. */
export const evenly = (tokens: number, pieces: number): number => (pieces === 0 ? 0 : tokens / pieces);

export const sse = (data: JsonObject, event?: string): string =>
  `${event ? `event: ${event}\n` : ''}data: ${JSON.stringify(data)}\n\n`;

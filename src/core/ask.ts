// A request at the door of the pipeline: who asks for what.
import type { ChatRequest } from './chat.ts';
import type { SpendLimit } from './policy.ts';

export type Caller = {
  /** Public id of the key, or "local" when no key is configured. */
  readonly id: string;
  /** Policies this caller may name; empty: all. */
  readonly policies: readonly string[];
  /** On what this key may spend, whatever the policy. */
  readonly spend?: SpendLimit;
};

export type Ask = {
  readonly requestId: string;
  readonly request: ChatRequest;
  readonly caller: Caller;
  /** Keep this request out of exploration and the holdout. */
  readonly explore: 'allowed' | 'never';
  /** The text of the answer is kept until it has ended, for a judge. Only ever set by the router. */
  readonly keepsText?: true;
  /** A shorter deadline the client asked for. */
  readonly deadlineMs?: number;
  /** Fires when the client has gone. */
  readonly signal: AbortSignal;
};

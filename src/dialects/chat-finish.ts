// Why an answer ended: the words we believe, the words that mean one of them, and everything else as a failure.
import type { FinishReason } from '../core/chat.ts';
import type { FailureCause, FailurePhase } from '../core/failure.ts';

export type Finish =
  | { readonly kind: 'finish'; readonly reason: FinishReason }
  | { readonly kind: 'failure'; readonly cause: FailureCause };

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
  // Other words for the same, as compatible servers spell them.
  function_call: 'tool_calls',
  tool_use: 'tool_calls',
  eos: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  model_length: 'length',
  max_tokens: 'length',
};

/** DeepSeek stops in the middle when it has no machine left. */
const NO_CAPACITY = 'insufficient_system_resource';

/** @param word a finish_reason that is set; an empty one is not an end (some servers send it in every chunk) */
export const finishOf = (word: string, phase: FailurePhase): Finish => {
  const reason = Object.hasOwn(REASONS, word) ? REASONS[word] : undefined;
  if (reason !== undefined) return { kind: 'finish', reason };
  if (word === NO_CAPACITY)
    return {
      kind: 'failure',
      cause: { sort: 'inband', phase, status: 503, code: NO_CAPACITY, message: 'the provider ran out of capacity' },
    };
  if (word === 'error')
    return {
      kind: 'failure',
      cause: { sort: 'inband', phase, message: 'the provider ended the answer with an error' },
    };
  return { kind: 'failure', cause: { sort: 'malformed', phase, message: 'the answer ended for an unknown reason' } };
};

// Anthropic's counts and endings in our words: disjoint meters, four reasons to finish.
import type { FinishReason, JsonObject } from '../core/chat.ts';
import type { Usage } from '../core/price.ts';
import { countOf, objectOf, textOf, used } from './loose.ts';

/** Counts grow while a stream runs and later ones may be partial: what is said last of each field counts, silence and null change nothing. */
export const mergeCounts = (before: JsonObject, now: JsonObject | undefined): JsonObject => {
  if (!now) return before;
  const said = Object.entries(now).filter(([, value]) => value !== null && value !== undefined);
  return { ...before, ...Object.fromEntries(said) };
};

/**
 * `input_tokens` leaves out what was read from and written to the cache; `output_tokens` includes thinking, which newer models tell apart.
 * Writes without a split by lifetime are the five-minute kind, the API's default. Undefined where there are no counts at all.
 */
export const readMessagesUsage = (counts: JsonObject): Usage | undefined => {
  const input = countOf(counts['input_tokens']);
  const output = countOf(counts['output_tokens']);
  if (input === undefined && output === undefined) return undefined;
  const split = objectOf(counts['cache_creation']);
  const hourWrites = countOf(split?.['ephemeral_1h_input_tokens']) ?? 0;
  const writes = Math.max(
    countOf(counts['cache_creation_input_tokens']) ?? 0,
    hourWrites + (countOf(split?.['ephemeral_5m_input_tokens']) ?? 0),
  );
  const thought = countOf(objectOf(counts['output_tokens_details'])?.['thinking_tokens']) ?? 0;
  return used({
    input: input ?? 0,
    cached_input: countOf(counts['cache_read_input_tokens']) ?? 0,
    cache_write_5m: writes - hourWrites,
    cache_write_1h: hourWrites,
    output: Math.max(0, (output ?? 0) - thought),
    reasoning: Math.min(thought, output ?? 0),
    search: countOf(objectOf(counts['server_tool_use'])?.['web_search_requests']) ?? 0,
  });
};

/** The tier that served. Fast mode has a price of its own, so it is not passed off as standard. */
export const tierOf = (counts: JsonObject): string | undefined =>
  counts['speed'] === 'fast' ? 'fast' : textOf(counts['service_tier']);

const FINISH: ReadonlyMap<string, FinishReason> = new Map(
  Object.entries({
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    tool_use: 'tool_calls',
    refusal: 'content_filter',
    // A long turn of server-side tools was paused: the answer is not whole, and the caller may ask for the rest.
    pause_turn: 'length',
  } as const),
);

/** Undefined: a reason we do not know, which is no success. */
export const messagesFinish = (reason: string): FinishReason | undefined => FINISH.get(reason);

// Usage as chat providers report it (totals with parts inside) into disjoint meters, and back for our clients.
import type { JsonObject, UsageEvent } from '../core/chat.ts';
import { inputTokensOf, outputTokensOf, type Usage } from '../core/price.ts';
import { billedUsdOf } from './chat-billed.ts';
import type { ChatQuirks } from './chat-quirks.ts';
import { countOf, objectOf, textOf, used } from './loose.ts';

/** Prompt tokens include what was read from and written to a cache; a part larger than its whole must lie outside it. */
const inputMeters = (usage: JsonObject) => {
  const prompt = countOf(usage['prompt_tokens']) ?? 0;
  const details = objectOf(usage['prompt_tokens_details']);
  const cached =
    countOf(details?.['cached_tokens']) ??
    countOf(usage['prompt_cache_hit_tokens']) ??
    countOf(usage['cached_tokens']) ??
    0;
  const written = countOf(details?.['cache_write_tokens']) ?? countOf(details?.['cache_creation_tokens']) ?? 0;
  const audio = countOf(details?.['audio_tokens']) ?? 0;
  const inside = cached + written <= prompt ? prompt - cached - written : prompt;
  const audioInside = Math.min(audio, inside);
  return {
    input: inside - audioInside,
    cached_input: cached,
    cache_write_5m: written,
    audio_input: audioInside,
  };
};

/** Reasoning lies inside completion_tokens nearly everywhere. Where the total shows that it was added (xAI), it lies outside. */
const outputMeters = (usage: JsonObject) => {
  const completion = countOf(usage['completion_tokens']) ?? 0;
  const details = objectOf(usage['completion_tokens_details']);
  const reasoning = countOf(details?.['reasoning_tokens']) ?? countOf(usage['reasoning_tokens']) ?? 0;
  const audio = countOf(details?.['audio_tokens']) ?? 0;
  const total = countOf(usage['total_tokens']);
  const prompt = countOf(usage['prompt_tokens']) ?? 0;
  const isOutside = reasoning > completion || (reasoning > 0 && total === prompt + completion + reasoning);
  const inside = isOutside ? completion : completion - reasoning;
  const audioInside = Math.min(audio, inside);
  return { output: inside - audioInside, reasoning, audio_output: audioInside };
};

/**
 * @param answer a whole answer or a chunk; its service_tier belongs to the usage
 * @returns undefined where it carries no counts
 */
export const readChatUsage = (answer: JsonObject, billed: ChatQuirks['billed']): UsageEvent | undefined => {
  // Groq puts it under its own name in streams.
  const usage = objectOf(answer['usage']) ?? objectOf(objectOf(answer['x_groq'])?.['usage']);
  if (!usage || (countOf(usage['prompt_tokens']) === undefined && countOf(usage['completion_tokens']) === undefined))
    return undefined;
  const searches =
    countOf(objectOf(usage['server_tool_use'])?.['web_search_requests']) ?? countOf(usage['num_sources_used']) ?? 0;
  const billedUsd = billedUsdOf(answer, billed);
  const tier = textOf(answer['service_tier']) ?? textOf(usage['service_tier']);
  return {
    type: 'usage',
    usage: used({ ...inputMeters(usage), ...outputMeters(usage), search: searches }),
    ...(billedUsd === undefined ? {} : { billedUsd }),
    ...(tier === undefined ? {} : { tier }),
  };
};

/**
 * OpenAI's usage object: prompt tokens include cached ones, completion tokens include reasoning.
 * @param extras fields of our own beside the counts, such as cost_usd
 */
export const writeChatUsage = (usage: Usage, extras: JsonObject = {}): JsonObject => {
  const prompt = inputTokensOf(usage);
  const completion = outputTokensOf(usage);
  const written = (usage.cache_write_5m ?? 0) + (usage.cache_write_1h ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: usage.cached_input ?? 0,
      audio_tokens: usage.audio_input ?? 0,
      ...(written === 0 ? {} : { cache_write_tokens: written }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning ?? 0,
      audio_tokens: usage.audio_output ?? 0,
    },
    ...extras,
  };
};

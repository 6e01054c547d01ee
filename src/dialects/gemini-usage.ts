// Gemini's counts and endings in our words: disjoint meters, four reasons to finish.
import type { FinishReason, JsonObject } from '../core/chat.ts';
import type { Usage } from '../core/price.ts';
import { countOf, type Loose, objectsOf, textOf, used } from './loose.ts';

const ofModality = (details: Loose, modality: string): number =>
  objectsOf(details)
    .filter((detail) => detail['modality'] === modality)
    .reduce((sum, detail) => sum + (countOf(detail['tokenCount']) ?? 0), 0);

/**
 * `promptTokenCount` includes what was cached and every modality; `candidatesTokenCount` leaves thoughts out. Audio has a price of its own;
 * images and video that go in are priced as text by Google ("text / image / video"), so they stay `input`. Undefined without an output count:
 * early chunks of a stream count only the prompt.
 */
export const readGeminiUsage = (counts: JsonObject): Usage | undefined => {
  const prompt = countOf(counts['promptTokenCount']);
  const candidates = countOf(counts['candidatesTokenCount']);
  const thoughts = countOf(counts['thoughtsTokenCount']);
  if (prompt === undefined && candidates === undefined && thoughts === undefined) return undefined;
  const cached = Math.min(countOf(counts['cachedContentTokenCount']) ?? 0, prompt ?? 0);
  const heard = ofModality(counts['promptTokensDetails'], 'AUDIO') - ofModality(counts['cacheTokensDetails'], 'AUDIO');
  const audio = Math.min(Math.max(0, heard), (prompt ?? 0) - cached);
  const drawn = Math.min(ofModality(counts['candidatesTokensDetails'], 'IMAGE'), candidates ?? 0);
  const spoken = Math.min(ofModality(counts['candidatesTokensDetails'], 'AUDIO'), (candidates ?? 0) - drawn);
  return used({
    input: (prompt ?? 0) - cached - audio + (countOf(counts['toolUsePromptTokenCount']) ?? 0),
    cached_input: cached,
    audio_input: audio,
    output: (candidates ?? 0) - drawn - spoken,
    reasoning: thoughts ?? 0,
    image_output: drawn,
    audio_output: spoken,
  });
};

/** The tier that served, where the response says it. */
export const geminiTier = (counts: JsonObject): string | undefined => textOf(counts['serviceTier'])?.toLowerCase();

const FINISH: ReadonlyMap<string, FinishReason> = new Map(
  Object.entries({
    STOP: 'stop',
    MAX_TOKENS: 'length',
    // The cap of one request was reached and the model would go on if asked.
    CONTINUATION: 'length',
    SAFETY: 'content_filter',
    RECITATION: 'content_filter',
    LANGUAGE: 'content_filter',
    BLOCKLIST: 'content_filter',
    PROHIBITED_CONTENT: 'content_filter',
    SPII: 'content_filter',
    MODEL_ARMOR: 'content_filter',
    IMAGE_SAFETY: 'content_filter',
    IMAGE_PROHIBITED_CONTENT: 'content_filter',
    IMAGE_RECITATION: 'content_filter',
  } as const),
);

/** Undefined for what is no success: MALFORMED_FUNCTION_CALL, UNEXPECTED_TOOL_CALL, OTHER, and reasons we do not know. */
export const geminiFinish = (reason: string): FinishReason | undefined => FINISH.get(reason);

// Gemini's answers as frames. A stream is a row of whole responses, so one reader serves both: a whole answer is a stream of one.
import type { ChatEvent, Frame, JsonObject } from '../core/chat.ts';
import type { FailureCause } from '../core/failure.ts';
import { ANSWER_TOOL } from './answer-tool.ts';
import type { UpstreamDialect } from './dialect.ts';
import { geminiErrorIn, geminiPromisedErrorCause } from './gemini-errors.ts';
import { geminiFinish, geminiTier, readGeminiUsage } from './gemini-usage.ts';
import { type Loose, objectOf, objectsOf, parseLoose, textOf } from './loose.ts';
import { scrubWord } from './scrub.ts';
import { createSkips } from './skips.ts';

type Phase = 'body' | 'stream';
type State = { calls: number; counts: JsonObject; counted: boolean; ended: boolean };

const freshState = (): State => ({ calls: 0, counts: {}, counted: false, ended: false });

const failureOf = (cause: FailureCause): ChatEvent => ({ type: 'failure', cause });

/** Calls come whole: a start and one piece of arguments. Where the model gives no id its number in the answer is one. */
const callEvents = (state: State, call: JsonObject): readonly ChatEvent[] => {
  const written = JSON.stringify(call['args'] ?? {});
  if (call['name'] === ANSWER_TOOL) return [{ type: 'text-delta', text: written }];
  const index = state.calls++;
  return [
    { type: 'tool-call-start', index, id: textOf(call['id']) || `call_${index}`, name: textOf(call['name']) ?? '' },
    { type: 'tool-call-delta', index, arguments: written },
  ];
};

/** Code the provider ran itself and files it made say nothing to a client of another dialect. */
const partEvents = (state: State, part: JsonObject): readonly ChatEvent[] => {
  const call = objectOf(part['functionCall']);
  if (call) return callEvents(state, call);
  const text = textOf(part['text']);
  if (!text) return [];
  return [{ type: part['thought'] === true ? 'reasoning-delta' : 'text-delta', text }];
};

/** Counts grow from chunk to chunk and the cached share may come late, so only the last ones are disjoint: they are given once. */
const usageEvents = (state: State): readonly ChatEvent[] => {
  const usage = readGeminiUsage(state.counts);
  if (!usage || state.counted) return [];
  state.counted = true;
  const tier = geminiTier(state.counts);
  return [{ type: 'usage', usage, ...(tier === undefined ? {} : { tier }) }];
};

const finishEvent = (state: State, reason: string, phase: Phase): ChatEvent => {
  const known = geminiFinish(reason);
  if (!known) {
    const code = scrubWord(reason);
    const message = 'the model did not finish its answer properly';
    return failureOf({ sort: 'malformed', phase, ...(code === undefined ? {} : { code }), message });
  }
  return { type: 'finish', reason: known === 'stop' && state.calls > 0 ? 'tool_calls' : known };
};

/** Why it ended: the candidate's own reason, or the prompt having been blocked before there was a candidate. */
const endOf = (json: JsonObject, candidate: JsonObject | undefined): string | undefined => {
  const reason = textOf(candidate?.['finishReason']);
  if (reason && reason !== 'FINISH_REASON_UNSPECIFIED') return reason;
  const blocked = textOf(objectOf(json['promptFeedback'])?.['blockReason']);
  return blocked && !blocked.endsWith('UNSPECIFIED') ? 'PROHIBITED_CONTENT' : undefined;
};

/** One answer is asked for, so there is one candidate. */
const contentEvents = (state: State, json: JsonObject): readonly ChatEvent[] => {
  const candidate = objectsOf(json['candidates'])[0];
  return objectsOf(objectOf(candidate?.['content'])?.['parts']).flatMap((part) => partEvents(state, part));
};

const responseEvents = (state: State, json: JsonObject, phase: Phase): readonly ChatEvent[] => {
  const candidate = objectsOf(json['candidates'])[0];
  const content = contentEvents(state, json);
  state.counts = { ...state.counts, ...objectOf(json['usageMetadata']) };
  const reason = endOf(json, candidate);
  if (reason === undefined) return content;
  state.ended = true;
  return [...content, ...usageEvents(state), finishEvent(state, reason, phase)];
};

const readResponse = (state: State, value: Loose, phase: Phase): Frame => {
  const error = geminiErrorIn(value);
  const json = objectOf(value);
  const wire = json ? { wire: { dialect: 'gemini', json } as const } : {};
  if (error) {
    state.ended = true;
    const sort = phase === 'stream' ? 'inband' : 'http';
    return { events: [...partialUsage(state), failureOf(geminiPromisedErrorCause(error, { sort, phase }))], ...wire };
  }
  if (json) return { events: responseEvents(state, json, phase), ...wire };
  state.ended = true;
  return { events: [failureOf({ sort: 'malformed', phase, message: 'the answer is not a JSON object' })] };
};

/** Of a stream that breaks, the counts so far are what was made so far, once they count output at all. */
const partialUsage = (state: State): readonly ChatEvent[] =>
  state.counts['candidatesTokenCount'] === undefined ? [] : usageEvents(state);

export const readGeminiAnswer = (body: string): Frame => {
  const state = freshState();
  const frame = readResponse(state, parseLoose(body), 'body');
  if (state.ended) return frame;
  const missing = failureOf({ sort: 'malformed', phase: 'body', message: 'the answer has no finish reason' });
  return { ...frame, events: [...frame.events, missing] };
};

export const createGeminiStreamReader: UpstreamDialect['createStreamReader'] = () => {
  const state = freshState();
  const skips = createSkips();
  /** Counts may come after the finish, where it came without any; and more of the answer, from models that say STOP in every chunk. */
  const readAfterEnd = (value: Loose): Frame | undefined => {
    const json = objectOf(value);
    if (!json || geminiErrorIn(json)) return undefined;
    const more = contentEvents(state, json);
    const counts = objectOf(json['usageMetadata']);
    if (more.length === 0 && !counts) return undefined;
    if (more.length > 0) state.counted = false;
    state.counts = { ...state.counts, ...counts };
    return { events: [...more, ...(counts ? usageEvents(state) : [])], wire: { dialect: 'gemini', json } };
  };
  return {
    read: ({ data }) => {
      const value = parseLoose(data);
      if (state.ended) return readAfterEnd(value);
      const isReadable = objectOf(value) !== undefined || geminiErrorIn(value) !== undefined;
      // Calls come whole, so none is ever half read.
      if (!isReadable && skips.one(false)) return undefined;
      return readResponse(state, value, 'stream');
    },
    end: () => {
      if (state.ended) return undefined;
      state.ended = true;
      const cause: FailureCause = { sort: 'cut', phase: 'stream', message: 'the stream ended before the answer did' };
      return { events: [...partialUsage(state), failureOf(cause)] };
    },
  };
};

// What a simulated provider answers: text, tool call or JSON, its tokens, its timing, or its failure, all from the words it was sent.
import type { JsonObject } from '../core/chat.ts';
import { simModel } from './cast.ts';
import { drawsFor, hashOf, logNormal, pick } from './draw.ts';
import { instanceOf } from './instance.ts';
import type { SimOffer } from './stalls.ts';
import { promptTokens, type Subject, type Tokens, type Truth } from './truth.ts';

/** A request as any dialect says it. */
export type Heard = {
  readonly system: string;
  readonly turns: readonly { readonly role: 'user' | 'assistant' | 'tool'; readonly text: string }[];
  readonly tools: readonly { readonly name: string; readonly parameters: JsonObject }[];
  readonly callTools: 'may' | 'never' | { readonly name: string };
  readonly schema?: JsonObject;
  readonly maxTokens?: number;
  readonly stop: readonly string[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** The provider may keep this prompt in its cache; `writes` are billed where the dialect bills them. */
  readonly cache: 'implicit' | 'asked' | 'off';
};

export type Script = {
  readonly id: string;
  /** In wire order; empty for a tool call. */
  readonly pieces: readonly string[];
  readonly toolCall?: { readonly id: string; readonly name: string; readonly arguments: readonly string[] };
  readonly finish: 'stop' | 'length' | 'tool_calls';
  readonly tokens: Tokens;
  readonly firstTokenMs: number;
  readonly tokenMs: number;
};

/** Tokens in one piece of a stream. */
const TOKENS_PER_PIECE = 20;
/** Prompts shorter than this are not cached (providers say 1 024; the demo's prompts are short). */
const LEAST_CACHED_TOKENS = 32;
const SPREAD = { firstToken: 0.3, token: 0.15 } as const;

const WORDS = `
  the a one each this that which so then here first next last more answer part
  step case line point value reason order week price way plan is has
  takes gives shows keeps needs follows means holds moves stays clear short plain open small right useful simple late fair whole and of`
  .trim()
  .split(/\s+/);

const prose = (tokens: number, ...keys: readonly (string | number)[]): string => {
  const rng = drawsFor('prose', ...keys);
  return Array.from({ length: tokens }, () => pick(rng, WORDS)).join(' ');
};

const chop = (text: string, count: number): readonly string[] => {
  const size = Math.max(1, Math.ceil(text.length / Math.max(1, count)));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
};

/** Cut where the first stop sequence begins. */
const stopAt = (text: string, stops: readonly string[]): string => {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return ends.length > 0 ? text.slice(0, Math.min(...ends)) : text;
};

/** The words that decide the answer: what the last person said. */
export const questionOf = (heard: Heard): string => heard.turns.findLast((turn) => turn.role === 'user')?.text ?? '';

/** Tool definitions and schemas are read as well. */
const charactersOf = ({ system, turns, tools, schema }: Heard): number =>
  turns.reduce((sum, turn) => sum + turn.text.length, system.length) +
  (tools.length > 0 ? JSON.stringify(tools).length : 0) +
  (schema ? JSON.stringify(schema).length : 0);

/** Prompt tokens of the request without its last `dropped` turns. */
export const heardTokens = (heard: Heard, offer: SimOffer, dropped = 0): number => {
  const turns = dropped > 0 ? heard.turns.slice(0, -dropped) : heard.turns;
  return promptTokens(offer.model, { characters: charactersOf({ ...heard, turns }), messages: turns.length });
};

/** A conversation up to some turn, as a cache key. */
export const prefixOf = (heard: Heard, turns: number): string =>
  hashOf(heard.system, ...heard.turns.slice(0, turns).map((turn) => `${turn.role}:${turn.text}`)).toString(36);

/** What of the prompt is read from the cache, given that the conversation is known up to `knownTurns` turns. */
const cachedTokens = (heard: Heard, offer: SimOffer, knownTurns: number): number => {
  if (knownTurns === 0 || heard.cache === 'off') return 0;
  const tokens = heardTokens(heard, offer, heard.turns.length - knownTurns);
  return tokens >= LEAST_CACHED_TOKENS ? tokens : 0;
};

const toolOf = (heard: Heard): Heard['tools'][number] | undefined => {
  const { callTools, tools } = heard;
  if (callTools === 'never' || heard.turns.at(-1)?.role === 'tool') return undefined;
  return callTools === 'may' ? tools[0] : tools.find((tool) => tool.name === callTools.name);
};

export type AnswerInput = {
  readonly heard: Heard;
  readonly offer: SimOffer;
  readonly subject: Subject;
  readonly truth: Truth;
  readonly seed: number;
  readonly knownTurns: number;
  /** How often this offer has been asked exactly this before. */
  readonly repeat: number;
};

/** What this call costs in tokens: the provider's bill, and what another offer's would have been. */
export const tokensOf = ({
  heard,
  offer,
  subject,
  truth,
  knownTurns,
}: Omit<AnswerInput, 'seed' | 'repeat'>): Tokens => {
  const prompt = heardTokens(heard, offer);
  const cached = cachedTokens(heard, offer, knownTurns);
  const cacheWrite = heard.cache === 'asked' && prompt >= LEAST_CACHED_TOKENS ? prompt - cached : 0;
  const wanted = truth.answerTokens(offer.model, subject);
  const reasoning = Math.min(wanted.reasoning, heard.maxTokens ?? wanted.reasoning);
  const room = heard.maxTokens === undefined ? wanted.text : heard.maxTokens - reasoning;
  return { input: prompt - cached - cacheWrite, cached, cacheWrite, text: Math.min(wanted.text, room), reasoning };
};

export const composeAnswer = (input: AnswerInput): Script => {
  const { heard, offer, subject, truth, seed, repeat } = input;
  const tokens = tokensOf(input);
  const capped = tokens.text < truth.answerTokens(offer.model, subject).text;
  const key = [seed, offer.key, prefixOf(heard, heard.turns.length), repeat] as const;
  const rng = drawsFor('timing', ...key);
  const tool = toolOf(heard);
  const count = Math.ceil(tokens.text / TOKENS_PER_PIECE);
  const id = hashOf('answer', ...key)
    .toString(36)
    .padStart(7, '0');
  const timing = {
    firstTokenMs: logNormal(rng, { median: offer.firstTokenMs, sigma: SPREAD.firstToken }),
    tokenMs: logNormal(rng, { median: offer.tokenMs, sigma: SPREAD.token }),
  };
  if (tool && simModel(offer.model).capabilities.tools) {
    const text = JSON.stringify(instanceOf(tool.parameters, { seed, hint: questionOf(heard) }));
    const toolCall = { id: `call_${id}`, name: tool.name, arguments: chop(text, count) };
    return { id, pieces: [], toolCall, finish: 'tool_calls', tokens, ...timing };
  }
  const whole = heard.schema
    ? JSON.stringify(instanceOf(heard.schema, { seed, hint: questionOf(heard) }))
    : prose(Math.ceil(tokens.text * 0.8), seed, offer.model, subject.id);
  const text = stopAt(capped && heard.schema ? whole.slice(0, tokens.text * 2) : whole, heard.stop);
  return { id, pieces: chop(text, count), finish: capped ? 'length' : 'stop', tokens, ...timing };
};

// How a provider's JSON is read: only what is needed, nothing assumed, never a throw. What we define ourselves is read strictly, elsewhere.
import type { Json, JsonObject } from '../core/chat.ts';

export type Loose = Json | undefined;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The text as a JSON value, or undefined where it is none. */
export const parseLoose = (text: string): Loose => {
  try {
    // A byte order mark is no JSON, and some servers begin with one.
    const value: Json = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
    return value;
  } catch {
    return undefined;
  }
};

export const objectOf = (value: Loose): JsonObject | undefined => (isObject(value) ? value : undefined);

const NOTHING: readonly Json[] = [];
const isList = (value: Loose): value is readonly Json[] => Array.isArray(value);
/** The items, or none where it is no list. */
export const itemsOf = (value: Loose): readonly Json[] => (isList(value) ? value : NOTHING);

/** The objects among the items. */
export const objectsOf = (value: Loose): readonly JsonObject[] =>
  itemsOf(value)
    .map(objectOf)
    .filter((item) => item !== undefined);

export const textOf = (value: Loose): string | undefined => (typeof value === 'string' ? value : undefined);

/** No call uses more of anything: beyond this a number is nonsense, and money would no longer add up exactly. */
const MAX_COUNT = 1_000_000_000;

/** A count of tokens or the like: whole, 0 to a thousand million, or undefined. */
export const countOf = (value: Loose): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= MAX_COUNT ? Math.round(value) : undefined;

/** The object a tool's argument text stands for. A model may have written something else: it is kept under one key, not lost. */
export const argumentsOf = (text: string): JsonObject => {
  if (text.trim() === '') return {};
  return objectOf(parseLoose(text)) ?? { arguments: text };
};

/** The meters that were used at all: a meter that is not named was not used. */
export const used = <Meter extends string>(meters: Readonly<Record<Meter, number>>): { [M in Meter]?: number } => {
  const found: { [M in Meter]?: number } = {};
  for (const name in meters) if (meters[name] > 0) found[name] = meters[name];
  return found;
};

// The smallest plausible value a JSON schema allows: what a simulated model puts into tool arguments and structured answers.
import type { Json, JsonObject } from '../core/chat.ts';
import { drawsFor, pick } from './draw.ts';

/** Nesting beyond this is answered with null; real schemas are far shallower. */
const MAX_DEPTH = 12;

type Context = {
  readonly seed: number;
  /** The question: strings are words of it, numbers are numbers of it, where there are any. */
  readonly hint: string;
};

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

const typeOf = (schema: JsonObject): string => {
  const { type } = schema;
  if (typeof type === 'string') return type.toLowerCase();
  const first = listOf(type).find((entry) => entry !== 'null');
  if (typeof first === 'string') return first.toLowerCase();
  if (schema['properties']) return 'object';
  return schema['items'] ? 'array' : 'string';
};

const limit = (schema: JsonObject, name: string, fallback: number): number => {
  const value = schema[name];
  return typeof value === 'number' ? value : fallback;
};

const numberFor = (schema: JsonObject, { hint }: Context): number => {
  const said = Number(/\d+/.exec(hint)?.[0] ?? 1);
  const least = limit(schema, 'minimum', limit(schema, 'exclusiveMinimum', -Infinity) + 1);
  const most = limit(schema, 'maximum', limit(schema, 'exclusiveMaximum', Infinity) - 1);
  return Math.min(most, Math.max(least, said));
};

const textFor = (schema: JsonObject, { seed, hint }: Context, name: string): string => {
  const words = hint.match(/[A-Za-z]{4,}/g) ?? ['value'];
  const word = pick(drawsFor(seed, 'instance', name, hint), words);
  const long = word.padEnd(limit(schema, 'minLength', 0), 'x');
  return long.slice(0, limit(schema, 'maxLength', long.length));
};

const objectFor = (schema: JsonObject, context: Context, depth: number): JsonObject => {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = new Set(listOf(schema['required']));
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => required.has(name))
      .map(([name, inner]) => [name, valueFor(isObject(inner) ? inner : {}, { context, name, depth: depth + 1 })]),
  );
};

type Place = { readonly context: Context; readonly name: string; readonly depth: number };

const valueFor = (schema: JsonObject, { context, name, depth }: Place): Json => {
  if (depth > MAX_DEPTH) return null;
  if (schema['const'] !== undefined) return schema['const'];
  const choices = listOf(schema['enum']);
  if (choices.length > 0) return pick(drawsFor(context.seed, 'instance', name, context.hint), choices);
  const [variant] = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])].filter(isObject);
  if (variant) return valueFor(variant, { context, name, depth: depth + 1 });
  switch (typeOf(schema)) {
    case 'object':
      return objectFor(schema, context, depth);
    case 'array': {
      const items = isObject(schema['items']) ? schema['items'] : {};
      const length = Math.min(Math.max(1, limit(schema, 'minItems', 1)), limit(schema, 'maxItems', Infinity));
      return Array.from({ length }, () => valueFor(items, { context, name, depth: depth + 1 }));
    }
    case 'integer':
      return Math.round(numberFor(schema, context));
    case 'number':
      return numberFor(schema, context);
    case 'boolean':
      return context.hint.length % 2 === 0;
    case 'null':
      return null;
    default:
      return textFor(schema, context, name);
  }
};

/** Knows object, array, string, number, integer, boolean, null, enum, const, anyOf and oneOf; formats and patterns are not looked at. */
export const instanceOf = (schema: JsonObject, context: Context): Json =>
  valueFor(schema, { context, name: '', depth: 0 });

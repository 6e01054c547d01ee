// Whether a value fits a JSON schema, as far as can be told cheaply: the keywords that shape an answer. What is not known passes.
import type { Json, JsonObject } from '../core/chat.ts';

/** Values looked at in one check; a schema that asks for more is believed. */
const MOST_STEPS = 20_000;
const DEEPEST = 64;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeOf = (value: Json): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

const isOfType = (value: Json, type: Json): boolean =>
  type === 'integer' ? Number.isInteger(value) : type === typeOf(value);

const sameJson = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

const numberIn = (schema: JsonObject, name: string): number | undefined => {
  const value = schema[name];
  return typeof value === 'number' ? value : undefined;
};

const isWithin = (size: number, least: number | undefined, most: number | undefined): boolean =>
  size >= (least ?? Number.NEGATIVE_INFINITY) && size <= (most ?? Number.POSITIVE_INFINITY);

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

/** Bounds of plain values. */
const isInBounds = (schema: JsonObject, value: Json): boolean => {
  if (typeof value === 'number')
    return (
      isWithin(value, numberIn(schema, 'minimum'), numberIn(schema, 'maximum')) &&
      value > (numberIn(schema, 'exclusiveMinimum') ?? Number.NEGATIVE_INFINITY) &&
      value < (numberIn(schema, 'exclusiveMaximum') ?? Number.POSITIVE_INFINITY)
    );
  if (typeof value === 'string')
    return isWithin(Array.from(value).length, numberIn(schema, 'minLength'), numberIn(schema, 'maxLength'));
  if (Array.isArray(value)) return isWithin(value.length, numberIn(schema, 'minItems'), numberIn(schema, 'maxItems'));
  return true;
};

type Check = (schema: Json | undefined, value: Json, depth: number) => boolean;

const fitsObject = (
  schema: JsonObject,
  value: JsonObject,
  inner: (schema: Json | undefined, value: Json) => boolean,
) => {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const others = schema['additionalProperties'];
  return (
    listOf(schema['required']).every((name) => typeof name !== 'string' || Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, part]) =>
      Object.hasOwn(properties, name)
        ? inner(properties[name], part ?? null)
        : schema['patternProperties'] !== undefined || inner(others, part ?? null),
    )
  );
};

const fitsUnions = (schema: JsonObject, value: Json, inner: (schema: Json | undefined, value: Json) => boolean) => {
  const any = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
  return (
    (any.length === 0 || any.some((option) => inner(option, value))) &&
    listOf(schema['allOf']).every((part) => inner(part, value))
  );
};

/** `#/$defs/name`, within the schema itself. */
const resolved = (root: JsonObject, reference: string): Json | undefined =>
  reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .reduce<Json | undefined>((at, part) => (isObject(at) ? at[part] : undefined), root);

/** Never throws. References outside the schema, patterns and formats are believed. */
export const fitsSchema = (root: JsonObject, answer: Json): boolean => {
  let steps = 0;
  const check: Check = (schema, value, depth) => {
    steps += 1;
    if (steps > MOST_STEPS || depth > DEEPEST || schema === undefined || schema === true) return true;
    if (schema === false) return false;
    if (!isObject(schema)) return true;
    const inner = (of: Json | undefined, part: Json): boolean => check(of, part, depth + 1);
    const { $ref: reference, type, enum: options, items } = schema;
    if (typeof reference === 'string' && !inner(resolved(root, reference), value)) return false;
    if (type !== undefined && ![type].flat().some((each) => isOfType(value, each))) return false;
    if (Array.isArray(options) && !options.some((option) => sameJson(option, value))) return false;
    if (Object.hasOwn(schema, 'const') && !sameJson(schema['const'], value)) return false;
    if (!isInBounds(schema, value) || !fitsUnions(schema, value, inner)) return false;
    if (Array.isArray(value)) return value.every((part) => inner(items, part));
    return !isObject(value) || fitsObject(schema, value, inner);
  };
  return check(root, answer, 0);
};

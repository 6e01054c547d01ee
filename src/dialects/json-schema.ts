// A caller's JSON schema as a provider takes it: keywords it refuses become words in the description, so the model still knows of them.
import type { Json, JsonObject } from '../core/chat.ts';
import { itemsOf, type Loose, objectOf, textOf } from './loose.ts';

export type SchemaRules = {
  /** Keywords taken as they are. Those with schemas inside are narrowed too. */
  readonly keep: ReadonlySet<string>;
  /** String formats taken; undefined: all. */
  readonly formats?: ReadonlySet<string>;
  /** Every object is closed (additionalProperties: false). */
  readonly closed: boolean;
  /** `const` is not known, a list of one is. */
  readonly constAsEnum: boolean;
};

/** Schemas nested deeper are cut to "anything": a bound, not a limit anyone meets. */
const MAX_DEPTH = 64;

const ONE = new Set(['items', 'additionalProperties', 'contains', 'not', 'if', 'then', 'else']);
const LISTS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const MAPS = new Set(['properties', '$defs', 'definitions', 'patternProperties']);
/** They constrain nothing: not worth words. */
const SILENT = new Set(['$schema', '$id', '$comment', 'additionalProperties', 'default', 'examples', 'deprecated']);

const withWords = (description: Loose, words: readonly string[]): string | undefined => {
  const said = textOf(description);
  if (words.length === 0) return said;
  return [...(said ? [said] : []), `(${words.join('; ')})`].join(' ');
};

/** An allOf of one says nothing more than its member; generators write it around references. */
const unwrapped = (schema: JsonObject): JsonObject => {
  const members = itemsOf(schema['allOf']);
  const only = members.length === 1 ? objectOf(members[0]) : undefined;
  if (!only) return schema;
  const { allOf: _, ...rest } = schema;
  return { ...only, ...rest };
};

const narrowValue = (name: string, value: Json, narrow: (inner: Json) => Json): Json => {
  if (ONE.has(name)) return Array.isArray(value) ? itemsOf(value).map(narrow) : narrow(value);
  if (LISTS.has(name)) return itemsOf(value).map(narrow);
  const map = MAPS.has(name) ? objectOf(value) : undefined;
  if (!map) return value;
  return Object.fromEntries(Object.entries(map).map(([key, inner]) => [key, narrow(inner ?? {})]));
};

const renamed = (name: string, rules: SchemaRules): string => {
  // Where only one of several may hold, "any of them" is the nearest that decoders enforce.
  if (name === 'oneOf' && !rules.keep.has('oneOf')) return 'anyOf';
  if (name === 'definitions' && !rules.keep.has('definitions')) return '$defs';
  return name;
};

const narrowAt = (schema: JsonObject, rules: SchemaRules, depth: number): JsonObject => {
  const narrow = (inner: Json): Json => {
    const object = objectOf(inner);
    return object && depth < MAX_DEPTH ? narrowAt(object, rules, depth + 1) : typeof inner === 'boolean' ? inner : {};
  };
  const source = unwrapped(schema);
  const result: Record<string, Json> = {};
  const words: string[] = [];
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined || name === 'description') continue;
    const known = renamed(name, rules);
    if (known === 'const' && rules.constAsEnum) result['enum'] = [value];
    else if (known === 'format' && rules.formats && !rules.formats.has(textOf(value) ?? ''))
      words.push(`format: ${JSON.stringify(value)}`);
    else if (rules.keep.has(known)) result[known] = narrowValue(known, value, narrow);
    else if (!SILENT.has(known)) words.push(`${name}: ${JSON.stringify(value)}`);
  }
  if (rules.closed && (source['type'] === 'object' || source['properties'] !== undefined))
    result['additionalProperties'] = false;
  // Siblings of a reference are ignored or refused; only definitions may stand beside it.
  if (result['$ref'] !== undefined) {
    const { $ref, $defs } = result;
    return $defs === undefined ? { $ref } : { $ref, $defs };
  }
  const description = withWords(source['description'], words);
  return description === undefined ? result : { ...result, description };
};

/** Pure; the caller's schema is not touched. Definitions named `definitions` move to `$defs`, and references follow. */
export const narrowSchema = (schema: JsonObject, rules: SchemaRules): JsonObject => {
  if (schema['definitions'] === undefined || rules.keep.has('definitions')) return narrowAt(schema, rules, 0);
  const moved = objectOf(followDefinitions(schema, 0)) ?? schema;
  return narrowAt(moved, rules, 0);
};

const followDefinitions = (value: Json, depth: number): Json => {
  if (depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return itemsOf(value).map((item) => followDefinitions(item, depth + 1));
  const object = objectOf(value);
  if (!object) return value;
  const entries = Object.entries(object).map(([key, inner]): [string, Json | undefined] => [
    key,
    key === '$ref' && typeof inner === 'string'
      ? inner.replace(/^#\/definitions\//, '#/$defs/')
      : inner === undefined
        ? inner
        : followDefinitions(inner, depth + 1),
  ]);
  return Object.fromEntries(entries);
};

/** References to one definition are counted at every use, so a small schema can be a large grammar: beyond this many nodes we stop. */
const MAX_NODES = 5_000;
const SHAPES = ['type', 'properties', 'enum', 'const', 'anyOf', 'oneOf', 'allOf'] as const;

const isOpen = (node: JsonObject): boolean => {
  const more = node['additionalProperties'];
  if (more !== undefined && more !== false) return true;
  if (node['type'] === 'object' && node['properties'] === undefined) return true;
  return SHAPES.every((shape) => node[shape] === undefined);
};

const childrenOf = (node: JsonObject): readonly Loose[] =>
  Object.entries(node).flatMap(([name, child]): readonly Loose[] => {
    if (name === 'properties') return Object.values(objectOf(child) ?? {});
    if (LISTS.has(name)) return itemsOf(child);
    return name === 'items' ? (Array.isArray(child) ? itemsOf(child) : [child]) : [];
  });

/**
 * Optional properties of the whole schema, references followed; infinite where a grammar built ahead cannot say it at all: references to an
 * enclosing schema, objects that admit any property, values of any kind.
 */
export const optionalProperties = (schema: JsonObject): number => {
  const definitions = objectOf(schema['$defs']) ?? objectOf(schema['definitions']) ?? {};
  let nodes = 0;
  const count = (value: Loose, trail: readonly string[], depth: number): number => {
    const node = objectOf(value);
    if (!node) return value === true ? Number.POSITIVE_INFINITY : 0;
    nodes += 1;
    if (nodes > MAX_NODES || depth > MAX_DEPTH) return Number.POSITIVE_INFINITY;
    const reference = textOf(node['$ref']);
    if (reference !== undefined) {
      const name = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(reference)?.[1];
      if (name === undefined || trail.includes(name)) return Number.POSITIVE_INFINITY;
      return count(definitions[name], [...trail, name], depth + 1);
    }
    if (isOpen(node)) return Number.POSITIVE_INFINITY;
    const required = itemsOf(node['required']);
    const optional = Object.keys(objectOf(node['properties']) ?? {}).filter((name) => !required.includes(name)).length;
    return childrenOf(node).reduce<number>((sum, child) => sum + count(child, trail, depth + 1), optional);
  };
  return count(schema, [], 0);
};

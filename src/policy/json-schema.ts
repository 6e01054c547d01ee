// The language as JSON schema: for editors, for the list of fields in the docs, for the neighbours of a misspelt one.
import { z } from 'zod';
import { DEFAULT_PLAN } from './defaults.ts';
import { type Printed, printPlan } from './print.ts';
import type { Path } from './resolve.ts';
import { PolicyFile } from './schema.ts';

/** What of JSON schema our language uses. */
export type SchemaNode = {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  /** Of a map with names of one's own: what stands under each. */
  readonly additionalProperties?: SchemaNode | boolean;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
};

const isMap = (value: Printed): value is { readonly [key: string]: Printed } =>
  typeof value === 'object' && !Array.isArray(value);

/** The defaults are those of the policy itself; in a rule what is not named stays the policy's. */
const withDefaults = (node: SchemaNode, defaults: Printed): SchemaNode => {
  if (!node.properties || !isMap(defaults)) return { ...node, default: defaults };
  const properties = Object.entries(node.properties).map(([name, inner]) => {
    const value = defaults[name];
    return [name, value === undefined ? inner : withDefaults(inner, value)] as const;
  });
  return { ...node, properties: Object.fromEntries(properties) };
};

const DEFAULTS: Printed = { ...printPlan(DEFAULT_PLAN), rules: [], store: { prompts: 'never' }, examples: [] };

const build = (): SchemaNode => {
  const schema: SchemaNode = z.toJSONSchema(PolicyFile, { io: 'input', target: 'draft-7' }) as SchemaNode;
  return { ...withDefaults(schema, DEFAULTS), title: 'A Bourse policy' } as SchemaNode;
};

export const POLICY_SCHEMA: SchemaNode = build();

const branches = (node: SchemaNode): readonly SchemaNode[] => [node, ...(node.anyOf ?? []).flatMap(branches)];

const within = (nodes: readonly SchemaNode[], part: string | number): readonly SchemaNode[] =>
  nodes.flatMap(branches).flatMap((node) => {
    if (typeof part === 'number') return node.items ? [node.items] : [];
    const inner = node.properties && Object.hasOwn(node.properties, part) ? node.properties[part] : undefined;
    return [inner ?? node.additionalProperties].filter((each) => typeof each === 'object');
  });

/** Names of the fields that exist at a place in a file of that language. */
export const fieldsIn = (language: SchemaNode, path: Path): readonly string[] => {
  let nodes: readonly SchemaNode[] = [language];
  for (const part of path) nodes = within(nodes, part);
  return nodes.flatMap(branches).flatMap((node) => Object.keys(node.properties ?? {}));
};

export const fieldsAt = (path: Path): readonly string[] => fieldsIn(POLICY_SCHEMA, path);

export type Field = {
  /** Dotted; `rules[]` is an entry of the list. */
  readonly name: string;
  readonly node: SchemaNode;
};

/** Every field of the language, in the order of the schema, each before what is inside it. */
export const policyFields = (node: SchemaNode = POLICY_SCHEMA, prefix = ''): readonly Field[] =>
  branches(node).flatMap((branch) => [
    ...Object.entries(branch.properties ?? {}).flatMap(([name, inner]) => [
      { name: `${prefix}${name}`, node: inner },
      ...policyFields(inner, `${prefix}${name}.`),
    ]),
    ...(branch.items ? policyFields(branch.items, `${prefix.replace(/\.$/, '')}[].`) : []),
  ]);

const LINE = 120;

/** JSON as the formatter of this repository writes it: short lists on one line, maps never. */
const written = (value: unknown, indent: string, before: number): string => {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const flat = `[${value.map((entry) => JSON.stringify(entry)).join(', ')}]`;
    const isFlat = value.every((entry) => entry === null || typeof entry !== 'object');
    if (value.length === 0 || (isFlat && before + flat.length < LINE)) return flat;
    return `[\n${value.map((entry) => `${deeper}${written(entry, deeper, deeper.length)}`).join(',\n')}\n${indent}]`;
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, inner]) => {
    const start = `${deeper}${JSON.stringify(key)}: `;
    return `${start}${written(inner, deeper, start.length)}`;
  });
  return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${indent}}`;
};

/** The contents of policies/schema.json. */
export const policySchemaText = (): string => `${written(POLICY_SCHEMA, '', 0)}\n`;

// A YAML file a person wrote, as what it means or what is wrong with it and at which line. Used for policies and for bourse.yaml.
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { faultsOf } from './faults.ts';
import { fieldsIn, type SchemaNode } from './json-schema.ts';
import type { Fault, Path } from './resolve.ts';

export type Problem = {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Dotted place in the file; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
};

export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export type Understood<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** What a file's content means. `lineOf` says where a part of it stands. */
export type Understand<Value> = (content: unknown, lineOf: (path: Path) => number) => Understood<Value>;

/** Aliases may repeat a part, but not blow a small file up into a large one. */
const MOST_ALIASES = 20;
const MOST_PROBLEMS = 50;
const MOST_CHARACTERS = 256 * 1024;

/** file:line:column  path  message */
export const formatProblem = ({ file, line, column, path, message }: Problem): string =>
  [`${file}:${line}:${column}`, path, message].filter((part) => part !== '').join('  ');

type Pair = { readonly key: unknown; readonly value: unknown };

const pairNamed = (pairs: readonly Pair[], name: string): Pair | undefined =>
  pairs.find(({ key }) => String(isScalar(key) ? key.value : key) === name);

const childOf = (document: Document, node: unknown, part: string | number): Pair | undefined => {
  const target = isAlias(node) ? node.resolve(document) : node;
  if (isMap(target)) return pairNamed(target.items, String(part));
  const item = isSeq(target) ? target.items[Number(part)] : undefined;
  return item === undefined ? undefined : { key: undefined, value: item };
};

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

/** Where a part of the document begins, or as much of the way to it as exists. */
const offsetOf = (document: Document, { path, at }: Pick<Fault, 'path' | 'at'>): number => {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, part] of path.entries()) {
    const child = childOf(document, node, part);
    if (!child) break;
    const isNamed = at === 'key' && index === path.length - 1;
    offset = startOf(isNamed ? child.key : child.value) ?? offset;
    node = child.value;
  }
  return offset;
};

/** rules[0].when.task */
const dotted = (path: Path): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');

const problemAt = (
  { file, lines }: { readonly file: string; readonly lines: LineCounter },
  offset: number,
  said: { path: string; message: string },
) => {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1), ...said };
};

const byPlace = (a: Problem, b: Problem): number => a.line - b.line || a.column - b.column;

const wholeFile = (file: string, message: string): Problem[] => [{ file, line: 1, column: 1, path: '', message }];

/** Pure, and total: whatever the text, a value or problems. `file` is only for messages. */
export const readDocument = <Value>(text: string, file: string, understand: Understand<Value>): Read<Value> => {
  if (text.length > MOST_CHARACTERS)
    return { ok: false, problems: wholeFile(file, `longer than ${MOST_CHARACTERS} characters`) };
  const lines = new LineCounter();
  try {
    const options = { lineCounter: lines, prettyErrors: false, stringKeys: true, logLevel: 'error' } as const;
    const document = parseDocument(text, options);
    const faults = [...document.errors, ...document.warnings].slice(0, MOST_PROBLEMS);
    if (faults.length > 0) {
      const problems = faults.map(({ pos, code, message }) => {
        const said = code === 'DUPLICATE_KEY' ? 'this field stands here twice' : message;
        return problemAt({ file, lines }, pos[0], { path: '', message: said });
      });
      return { ok: false, problems };
    }
    if (document.contents === null) return { ok: false, problems: wholeFile(file, 'the file is empty') };
    const lineOf = (path: Path): number => lines.linePos(offsetOf(document, { path })).line;
    const understood = understand(document.toJS({ maxAliasCount: MOST_ALIASES }), lineOf);
    if (understood.ok) return understood;
    const problems = understood.faults
      .slice(0, MOST_PROBLEMS)
      .map((fault) =>
        problemAt({ file, lines }, offsetOf(document, fault), { path: dotted(fault.path), message: fault.message }),
      )
      .sort(byPlace);
    return { ok: false, problems };
  } catch (error) {
    // The parser gives up by throwing on nesting or aliases that would exhaust the process.
    const why = error instanceof Error ? error.message : 'unknown fault';
    return { ok: false, problems: wholeFile(file, `cannot be read as YAML: ${why}`) };
  }
};

/** A file that is what its schema says and no more. */
export const readYaml = <Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
): Read<z.output<Schema>> =>
  readDocument(text, file, (content) => {
    const read = schema.safeParse(content, { reportInput: true });
    if (read.success) return { ok: true, value: read.data };
    const node: SchemaNode = z.toJSONSchema(schema, {
      io: 'input',
      target: 'draft-7',
      unrepresentable: 'any',
    }) as SchemaNode;
    return { ok: false, faults: faultsOf(read.error.issues, (path) => fieldsIn(node, path)) };
  });

// The rules of the house as a test: who may import whom, how long things may be, where the outside world may be touched.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { type Node, parseSync, Visitor } from 'oxc-parser';
import { describe, expect, it } from 'vitest';

/** Room → rooms it may import (besides itself, packages and node:). The table of docs/architecture.md. */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | 'anything'>> = {
  core: [],
  policy: ['core'],
  classify: ['core'],
  market: ['core'],
  learn: ['core'],
  dispatch: ['core'],
  ledger: ['core'],
  reports: ['core', 'ledger'],
  auth: ['core'],
  dialects: ['core'],
  adapters: ['core', 'dialects'],
  store: ['core'],
  http: ['core', 'auth', 'dialects', 'reports'],
  'route.ts': ['core', 'policy', 'classify', 'market', 'learn', 'dispatch', 'ledger'],
  demo: ['core', 'dialects'],
  'world.ts': ['core'],
  'app.ts': 'anything',
  'main.ts': 'anything',
  'config.ts': 'anything',
  app: 'anything',
  commands: 'anything',
  config: 'anything',
};

/** Files that may touch what the rest is handed. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'process.env': ['config.ts'],
  'Date.now': ['world.ts'],
  'performance.now': ['world.ts'],
  'Math.random': ['world.ts'],
  console: ['main.ts'],
};

const FILE_LINES = 200;
const FUNCTION_LINES = 60;

type SourceFile = {
  readonly path: string;
  readonly text: string;
  readonly room: string;
  readonly imports: readonly Import[];
};
type Import = { readonly target: string; readonly typeOnly: boolean };

const root = join(import.meta.dirname, '../src');
const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

const roomOf = (path: string): string => path.split('/')[0] ?? path;

const importsOf = (path: string, text: string): Import[] => {
  const { module } = parseSync(path, text);
  const found = module.staticImports.map((entry) => ({
    target: entry.moduleRequest.value,
    typeOnly: entry.entries.length > 0 && entry.entries.every((name) => name.isType),
  }));
  const reexports = module.staticExports.flatMap((entry) =>
    entry.entries.flatMap((name) =>
      name.moduleRequest ? [{ target: name.moduleRequest.value, typeOnly: name.isType }] : [],
    ),
  );
  return [...found, ...reexports]
    .filter((entry) => entry.target.startsWith('.'))
    .map((entry) => ({ ...entry, target: normalize(join(dirname(path), entry.target)) }));
};

const files: readonly SourceFile[] = paths.map((path) => {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, room: roomOf(path), imports: importsOf(path, text) };
});

const mayImport = (file: SourceFile, { target, typeOnly }: Import): boolean => {
  const to = roomOf(target);
  const allowed = MAY_IMPORT[file.room];
  if (allowed === 'anything' || to === file.room) return true;
  // The door knows the pipeline's type, never the pipeline.
  if (file.room === 'http' && target === 'route.ts') return typeOnly;
  return allowed?.includes(to) ?? false;
};

const cyclesIn = (all: readonly SourceFile[]): string[] => {
  const graph = new Map(all.map((file) => [file.path, file.imports.map((entry) => entry.target)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (trail.includes(path) || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
};

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

const longFunctions = (file: SourceFile): string[] => {
  const found: string[] = [];
  const check = (node: Node): void => {
    const from = lineOf(file.text, node.start);
    const lines = lineOf(file.text, node.end) - from + 1;
    if (lines > FUNCTION_LINES) found.push(`${file.path}:${from} ${lines} lines`);
  };
  const { program } = parseSync(file.path, file.text);
  new Visitor({ ArrowFunctionExpression: check, FunctionExpression: check, FunctionDeclaration: check }).visit(program);
  return found;
};

const anyTypes = (file: SourceFile): string[] => {
  const found: string[] = [];
  const { program } = parseSync(file.path, file.text);
  new Visitor({ TSAnyKeyword: (node) => found.push(`${file.path}:${lineOf(file.text, node.start)}`) }).visit(program);
  return found;
};

const worldTouches = (file: SourceFile): string[] => {
  const found: string[] = [];
  const see = (name: string, start: number): void => {
    const allowed = ALLOWED[name];
    if (allowed && !allowed.includes(file.path)) found.push(`${file.path}:${lineOf(file.text, start)} ${name}`);
  };
  const { program } = parseSync(file.path, file.text);
  new Visitor({
    MemberExpression: (node) => {
      if (node.object.type !== 'Identifier') return;
      see(node.object.name, node.start);
      if (node.property.type === 'Identifier') see(`${node.object.name}.${node.property.name}`, node.start);
    },
  }).visit(program);
  return found;
};

describe('the house is tidy', () => {
  it('has a room for every file', () => {
    expect(files.filter((file) => !(file.room in MAY_IMPORT)).map((file) => file.path)).toEqual([]);
  });

  it('imports only what the table allows', () => {
    const broken = files.flatMap((file) =>
      file.imports.filter((entry) => !mayImport(file, entry)).map((entry) => `${file.path} → ${entry.target}`),
    );
    expect(broken).toEqual([]);
  });

  it('catches a planted import, a planted cycle, a planted clock', () => {
    const planted = (path: string, text: string): SourceFile => ({
      path,
      text,
      room: roomOf(path),
      imports: importsOf(path, text),
    });
    const toHttp = planted('store/memory.ts', "import { createHttp } from '../http/server.ts';");
    expect(toHttp.imports.every((entry) => mayImport(toHttp, entry))).toBe(false);
    const ring = [planted('core/a.ts', "import './b.ts';"), planted('core/b.ts', "import './a.ts';")];
    expect(cyclesIn(ring)).toEqual(['core/a.ts → core/b.ts → core/a.ts']);
    expect(worldTouches(planted('learn/x.ts', 'const now = Date.now();'))).toHaveLength(1);
    expect(anyTypes(planted('learn/x.ts', 'const x: any = 1;'))).toHaveLength(1);
  });

  it('has no import cycles', () => expect(cyclesIn(files)).toEqual([]));

  it(`has no file over ${FILE_LINES} lines`, () => {
    expect(files.filter((file) => file.text.split('\n').length - 1 > FILE_LINES).map((file) => file.path)).toEqual([]);
  });

  it(`has no function over ${FUNCTION_LINES} lines`, () => expect(files.flatMap(longFunctions)).toEqual([]));

  it('has no any', () => expect(files.flatMap(anyTypes)).toEqual([]));

  it('touches the world only where it may', () => expect(files.flatMap(worldTouches)).toEqual([]));

  it('has no drawer', () => {
    const drawer = /(^|\/)(utils?|helpers?|common|misc|shared|index)(\/|\.ts$)/;
    expect(files.map((file) => file.path).filter((path) => drawer.test(path))).toEqual([]);
  });

  it('opens every file with a sentence that says what it decides', () => {
    expect(
      files.filter((file) => !file.text.startsWith('//') && !file.text.startsWith('#!')).map((file) => file.path),
    ).toEqual([]);
  });

  it('documents the same import table', () => {
    const page = readFileSync(join(root, '../docs/architecture.md'), 'utf8');
    for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
      const cell = allowed === 'anything' ? 'anything' : allowed.length === 0 ? 'nothing' : allowed.join(', ');
      expect(page, `docs/architecture.md names ${relative('.', room)}`).toContain(`| ${room} | ${cell} |`);
    }
  });
});

// Which files of a directory are policies, and what they say together: read with bounds, every fault with its place.
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Policy } from '../core/policy.ts';
import { FILE_ENDING, type Parsed, parsePolicy } from './parse.ts';
import { type Problem } from './yaml-file.ts';

export type { Problem } from './yaml-file.ts';

export type Policies = {
  readonly policies: ReadonlyMap<string, Policy>;
  readonly problems: readonly Problem[];
};

const MOST_FILES = 200;
const MOST_BYTES = 64 * 1024;

const problemWith = (file: string, message: string): Problem => ({ file, line: 1, column: 1, path: '', message });

const refused = (file: string, message: string): Parsed => ({ ok: false, problems: [problemWith(file, message)] });

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown fault';

const readPolicy = async (file: string): Promise<Parsed> => {
  if (extname(file) === '.yml') return refused(file, `policies end in ${FILE_ENDING}: rename it`);
  try {
    const { size } = await stat(file);
    if (size > MOST_BYTES) return refused(file, `larger than ${MOST_BYTES} bytes`);
    return parsePolicy(await readFile(file, 'utf8'), file);
  } catch (error) {
    return refused(file, `cannot be read (${codeOf(error)})`);
  }
};

/** Hidden entries are passed over: editors and mounted configuration keep their own there. */
const policyFiles = async (directory: string): Promise<readonly string[]> => {
  const names = await readdir(directory);
  return names
    .filter((name) => !name.startsWith('.') && [FILE_ENDING, '.yml'].includes(extname(name)))
    .sort()
    .map((name) => join(directory, name));
};

/** Never rejects: what cannot be read is a problem. Policies with problems are left out. */
export const readPolicies = async (directory: string): Promise<Policies> => {
  try {
    const files = await policyFiles(directory);
    if (files.length > MOST_FILES) throw new RangeError(`more than ${MOST_FILES} files`);
    const read: readonly Parsed[] = await Promise.all(files.map(readPolicy));
    return {
      policies: new Map(read.flatMap((parsed) => (parsed.ok ? [[parsed.policy.name, parsed.policy] as const] : []))),
      problems: read.flatMap((parsed) => (parsed.ok ? [] : parsed.problems)),
    };
  } catch (error) {
    const message = error instanceof RangeError ? error.message : `cannot be read (${codeOf(error)})`;
    return { policies: new Map(), problems: [problemWith(directory, message)] };
  }
};

// Which policies hold right now: read at start and after every change, swapped whole, the last good version kept.
import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Policy } from '../core/policy.ts';
import { readPolicies } from './load.ts';
import { FILE_ENDING } from './parse.ts';
import { formatProblem, type Problem } from './yaml-file.ts';

export type PoliciesDeps = {
  readonly directory: string;
  /** After a swap, with every policy that holds from now on. */
  readonly onChange: (policies: readonly Policy[]) => void;
  /** After every reading that found problems; what they are in keeps its last good version. */
  readonly onProblems: (problems: readonly Problem[]) => void;
};

export type LivePolicies = {
  get(name: string): Policy | undefined;
  /** By name. */
  list(): readonly Policy[];
  /** Of the last reading; empty when all is well. */
  problems(): readonly Problem[];
  /** Called after every swap, with what held before it. */
  swapped(hear: (before: readonly Policy[]) => void): void;
  /** Reads the directory now, for file systems that tell of no changes. */
  reload(): Promise<void>;
  close(): void;
};

/** An editor writes a file in several steps; they are over when nothing has moved for this long. */
const SETTLE_MS = 100;

const sorted = (policies: ReadonlyMap<string, Policy>): readonly Policy[] =>
  [...policies.values()].sort((a, b) => (a.name < b.name ? -1 : 1));

type Held = ReadonlyMap<string, Policy>;

/** What is read replaces what is held, except where a file, or the whole directory, cannot be read. */
const keepLastGood = (held: Held, read: Awaited<ReturnType<typeof readPolicies>>, directory: string): Held => {
  const files = new Set(read.problems.map(({ file }) => file));
  if (files.has(directory)) return held;
  const next = new Map(read.policies);
  for (const file of files) {
    const last = held.get(basename(file, FILE_ENDING));
    if (last && !next.has(last.name)) next.set(last.name, last);
  }
  return next;
};

/**
 * Requests keep the policy object they got, so a swap touches none that is under way.
 * Rejects when anything is wrong at start: a router must not run on half of its rules.
 */
export const createPolicies = async ({ directory, onChange, onProblems }: PoliciesDeps): Promise<LivePolicies> => {
  const first = await readPolicies(directory);
  if (first.problems.length > 0) throw new Error(first.problems.map(formatProblem).join('\n'));
  let held: Held = first.policies;
  let problems: readonly Problem[] = [];
  let closed = false;
  const ears: ((before: readonly Policy[]) => void)[] = [];

  const reload = async (): Promise<void> => {
    const read = await readPolicies(directory);
    if (closed) return;
    const next = keepLastGood(held, read, directory);
    const before = sorted(held);
    const changed = !isDeepStrictEqual(before, sorted(next));
    held = next;
    problems = read.problems;
    if (problems.length > 0) onProblems(problems);
    if (!changed) return;
    onChange(sorted(held));
    for (const hear of ears) hear(before);
  };

  // One reading at a time, and one more for whatever moved meanwhile.
  let last = Promise.resolve();
  const reloadInTurn = (): Promise<void> => (last = last.then(reload));

  let settling: NodeJS.Timeout | undefined;
  const watcher: FSWatcher = watch(directory, { persistent: false }, () => {
    clearTimeout(settling);
    settling = setTimeout(() => void reloadInTurn(), SETTLE_MS).unref();
  });
  watcher.on('error', () => void reloadInTurn());

  return {
    get: (name) => held.get(name),
    list: () => sorted(held),
    problems: () => problems,
    swapped: (hear) => void ears.push(hear),
    reload: reloadInTurn,
    close: () => {
      closed = true;
      clearTimeout(settling);
      watcher.close();
    },
  };
};

// What one policy file means, or what is wrong with it and at which line.
import { basename } from 'node:path';
import type { Policy } from '../core/policy.ts';
import { faultsOf } from './faults.ts';
import { fieldsAt } from './json-schema.ts';
import { resolvePolicy } from './resolve.ts';
import { PolicyFile } from './schema.ts';
import { type Problem, readDocument, type Understand } from './yaml-file.ts';

export type Parsed =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A policy stands in <name>.yaml. */
export const FILE_ENDING = '.yaml';

/** anyName: the file need not be called what its policy is, as one that is only tried need not. */
export type ParseTerms = { readonly anyName?: boolean };

const understand =
  (file: string, { anyName = false }: ParseTerms): Understand<Policy> =>
  (content, lineOf) => {
    const read = PolicyFile.safeParse(content, { reportInput: true });
    if (!read.success) return { ok: false, faults: faultsOf(read.error.issues, fieldsAt) };
    const { policy, faults } = resolvePolicy(read.data, lineOf);
    if (faults.length > 0) return { ok: false, faults };
    const stem = basename(file, FILE_ENDING);
    if (anyName || policy.name === stem) return { ok: true, value: policy };
    const message = `the file is called ${stem}: give both one name, as in auto/${policy.name}`;
    return { ok: false, faults: [{ path: ['name'], message }] };
  };

/** Pure, and total: whatever the text, a policy or problems. `file` is only for messages and the policy's name. */
export const parsePolicy = (text: string, file: string, terms: ParseTerms = {}): Parsed => {
  const read = readDocument(text, file, understand(file, terms));
  return read.ok ? { ok: true, policy: read.value } : read;
};

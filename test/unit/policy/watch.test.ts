import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Policy } from '../../../src/core/policy.ts';
import { createPolicies, type LivePolicies } from '../../../src/policy/watch.ts';
import type { Problem } from '../../../src/policy/yaml-file.ts';
import { policyText } from './texts.ts';

let directory = '';
let live: LivePolicies | undefined;
let changes: (readonly Policy[])[] = [];
let reported: Problem[] = [];

const write = (name: string, added = '') => writeFile(join(directory, `${name}.yaml`), policyText(added, name));
const open = async (): Promise<LivePolicies> => {
  live = await createPolicies({
    directory,
    onChange: (policies) => changes.push(policies),
    onProblems: (problems) => reported.push(...problems),
  });
  return live;
};
const deadlineOf = (policies: LivePolicies, name: string) => policies.get(name)?.plan.limits.deadlineMs;
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'policies-'));
  changes = [];
  reported = [];
  await write('a', 'limits: { deadline: 1s }');
});
afterEach(async () => {
  live?.close();
  await rm(directory, { recursive: true, force: true });
});

describe('live policies', () => {
  it('hold what the directory says, by name', async () => {
    await write('b');
    const policies = await open();
    expect(policies.list().map(({ name }) => name)).toEqual(['a', 'b']);
    expect(policies.get('a')?.name).toBe('a');
    expect(policies.get('nobody')).toBeUndefined();
    expect(policies.problems()).toEqual([]);
  });

  it('refuse to start on a bad file, and say where it is bad', async () => {
    await write('bad', 'limits: { deadline: 60 }');
    await expect(open()).rejects.toThrow('bad.yaml:4:21  limits.deadline  a bare 60 has no unit: write 60s');
  });

  it('follow a file that is written over', async () => {
    const policies = await open();
    await write('a', 'limits: { deadline: 2s }');
    await eventually(() => expect(deadlineOf(policies, 'a')).toBe(2000));
    expect(changes.at(-1)?.map(({ name }) => name)).toEqual(['a']);
  });

  it('follow a file that another is renamed to, as editors and deployments do', async () => {
    const policies = await open();
    await writeFile(join(directory, '.a.tmp'), policyText('limits: { deadline: 3s }', 'a'));
    await rename(join(directory, '.a.tmp'), join(directory, 'a.yaml'));
    await eventually(() => expect(deadlineOf(policies, 'a')).toBe(3000));
  });

  it('gain a new policy and lose a deleted one', async () => {
    const policies = await open();
    await write('b');
    await eventually(() => expect(policies.get('b')).toBeDefined());
    await rm(join(directory, 'a.yaml'));
    await eventually(() => expect(policies.list().map(({ name }) => name)).toEqual(['b']));
  });
});

// What happens on a change, without waiting for the file system to tell of it.
describe('a reading', () => {
  it('keeps the last good version of a file that went bad, and takes it up again once mended', async () => {
    const policies = await open();
    await write('a', 'limits: { deadline: 60 }');
    await write('b');
    await policies.reload();
    expect(deadlineOf(policies, 'a')).toBe(1000);
    expect(policies.get('b')).toBeDefined();
    expect(policies.problems()).toEqual([expect.objectContaining({ path: 'limits.deadline' })]);
    expect(reported).toContainEqual(expect.objectContaining({ path: 'limits.deadline' }));
    await write('a', 'limits: { deadline: 4s }');
    await policies.reload();
    expect(deadlineOf(policies, 'a')).toBe(4000);
    expect(policies.problems()).toEqual([]);
  });

  it('leaves a new file that is bad out', async () => {
    const policies = await open();
    await write('b', 'limits: { deadline: 60 }');
    await policies.reload();
    expect(policies.list().map(({ name }) => name)).toEqual(['a']);
  });

  it('keeps everything when the whole directory is gone', async () => {
    const policies = await open();
    await rm(directory, { recursive: true });
    await policies.reload();
    expect(policies.get('a')).toBeDefined();
    expect(policies.problems()).toEqual([expect.objectContaining({ message: 'cannot be read (ENOENT)' })]);
  });

  it('never changes a policy somebody holds', async () => {
    const policies = await open();
    const held = policies.get('a');
    await write('a', 'limits: { deadline: 5s }');
    await policies.reload();
    expect(held?.plan.limits.deadlineMs).toBe(1000);
    expect(deadlineOf(policies, 'a')).toBe(5000);
  });

  it('tells of no change where only the layout moved', async () => {
    const policies = await open();
    await write('a', 'limits:\n  deadline: 1000ms # the same');
    await policies.reload();
    expect(changes).toEqual([]);
  });

  it('changes nothing once closed', async () => {
    const policies = await open();
    policies.close();
    await write('a', 'limits: { deadline: 6s }');
    await policies.reload();
    expect(deadlineOf(policies, 'a')).toBe(1000);
    expect(changes).toEqual([]);
  });
});

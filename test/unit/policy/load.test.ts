import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPolicies } from '../../../src/policy/load.ts';
import { policyText } from './texts.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'policies-'));
});
afterEach(() => rm(directory, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(directory, name), text);
const problems = async () =>
  (await readPolicies(directory)).problems.map(({ file, message }) => [file.slice(directory.length + 1), message]);

describe('reading a directory of policies', () => {
  it('reads every policy in it and nothing else', async () => {
    await write('a.yaml', policyText('', 'a'));
    await write('b.yaml', policyText('', 'b'));
    await write('schema.json', '{}');
    await write('.a.yaml.swp', 'not a policy');
    await write('.hidden.yaml', 'not a policy');
    const { policies, problems } = await readPolicies(directory);
    expect(problems).toEqual([]);
    expect([...policies.keys()]).toEqual(['a', 'b']);
  });

  it('leaves a file with problems out and keeps the others', async () => {
    await write('a.yaml', policyText('', 'a'));
    await write('bad.yaml', policyText('limits: { deadline: 60 }', 'bad'));
    const { policies, problems } = await readPolicies(directory);
    expect([...policies.keys()]).toEqual(['a']);
    expect(problems).toEqual([
      {
        file: join(directory, 'bad.yaml'),
        line: 4,
        column: 21,
        path: 'limits.deadline',
        message: 'a bare 60 has no unit: write 60s',
      },
    ]);
  });

  it('lets no second file take a name', async () => {
    await write('a.yaml', policyText('', 'a'));
    await write('b.yaml', policyText('', 'a'));
    const { policies } = await readPolicies(directory);
    expect([...policies.keys()]).toEqual(['a']);
    expect(await problems()).toEqual([['b.yaml', 'the file is called b: give both one name, as in auto/a']]);
  });

  it('asks for the one ending', async () => {
    await write('a.yml', policyText('', 'a'));
    expect(await problems()).toEqual([['a.yml', 'policies end in .yaml: rename it']]);
  });

  it('refuses a file over 64 KiB without reading it', async () => {
    await write('a.yaml', `${policyText('', 'a')}#${'x'.repeat(64 * 1024)}`);
    expect(await problems()).toEqual([['a.yaml', 'larger than 65536 bytes']]);
  });

  it('refuses more than 200 files', async () => {
    await Promise.all(Array.from({ length: 201 }, (_, index) => write(`p${index}.yaml`, policyText('', `p${index}`))));
    expect(await problems()).toEqual([['', 'more than 200 files']]);
  });

  it('reports a link to nowhere and a directory that is not there', async () => {
    await symlink(join(directory, 'gone'), join(directory, 'a.yaml'));
    expect(await problems()).toEqual([['a.yaml', 'cannot be read (ENOENT)']]);
    const gone = await readPolicies(join(directory, 'gone'));
    expect(gone.problems.map(({ message }) => message)).toEqual(['cannot be read (ENOENT)']);
  });
});
